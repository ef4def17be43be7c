//! Somebody says something aloud, without a window; how well face and sound keep step is told at the end.
//!
//! ```sh
//! cargo run --example say_aloud -- "Hello, traveller. See that peak?" tomas
//! cargo run --example say_aloud -- "Hello." mara --drops     # every 20th frame is 100 ms late
//! cargo run --example say_aloud -- --log times.csv           # unix time, heard and shown seconds, a frame a line
//! cargo run --example say_aloud -- --microphone              # speaks as you do, until ctrl-C
//! ```

use bevy::{
    app::{ScheduleRunnerPlugin, TaskPoolPlugin},
    log::LogPlugin,
    prelude::*,
};
use bevy_reverie::{prelude::*, speech::SayOrder};
use std::{
    fs::File,
    io::Write as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const FRAME: Duration = Duration::from_micros(16_667);
const DROP: Duration = Duration::from_millis(100);
const FRAMES_TO_DROP: u32 = 20;

#[derive(Resource, Default)]
struct Options {
    text: String,
    drops: bool,
    microphone: bool,
    log: Option<File>,
}

fn main() -> AppExit {
    let mut options = Options::default();
    let mut words = std::env::args().skip(1);
    let mut plain = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--drops" => options.drops = true,
            "--microphone" => options.microphone = true,
            "--log" => match File::create(words.next().unwrap_or_default()) {
                Ok(file) => options.log = Some(file),
                Err(error) => {
                    eprintln!("--log: {error}");
                    return AppExit::from_code(2);
                }
            },
            _ => plain.push(word),
        }
    }
    let mut plain = plain.into_iter();
    options.text = plain.next().unwrap_or_else(|| "Hello, traveller. See that peak?".to_owned());
    let who = plain.next().unwrap_or_else(|| "mara".to_owned());
    App::new()
        .add_plugins((
            MinimalPlugins
                .set(TaskPoolPlugin::default())
                .set(ScheduleRunnerPlugin::run_loop(FRAME)),
            LogPlugin::default(),
            AssetPlugin::default(),
            TransformPlugin,
            AvatarPlugin,
            SpeechPlugin::default(),
        ))
        .insert_resource(options)
        .add_systems(Startup, move |mut commands: Commands| {
            commands.spawn(Avatar::preset(who.clone()));
            let place = Transform::from_xyz(0.0, 1.6, -1.5).looking_at(Vec3::Y * 1.6, Vec3::Y);
            commands.spawn((SpeechListener, place));
        })
        .add_systems(Update, (speak, drop_frames, tell))
        .add_systems(Last, measure)
        .run()
}

fn speak(mut commands: Commands, options: Res<Options>, there: Query<Entity, Added<AvatarLife>>) {
    for entity in &there {
        let line = match options.microphone {
            true => Line::microphone(),
            false => Line::text(options.text.clone()),
        };
        commands.entity(entity).trigger(Say::line(line, SayOrder::Queue));
    }
}

fn drop_frames(options: Res<Options>, mut frame: Local<u32>) {
    *frame += 1;
    if options.drops && frame.is_multiple_of(FRAMES_TO_DROP) {
        std::thread::sleep(DROP);
    }
}

fn tell(mut words: MessageReader<WordSpoken>) {
    for word in words.read() {
        println!("{}", word.word);
    }
}

/// By how much what is seen is behind what is heard, frame by frame.
fn measure(
    speakers: Query<(&SpeechState, &AvatarLife)>,
    mut options: ResMut<Options>,
    mut ended: MessageReader<SpeechEnded>,
    mut lags: Local<Vec<f64>>,
    mut exit: MessageWriter<AppExit>,
) {
    for (state, life) in speakers.iter().filter(|(state, _)| state.is_speaking()) {
        lags.push(state.lag_secs().abs());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let jaw = life.pose().face[FaceShape::JawOpen];
        let (heard, shown) = (state.heard_secs(), state.heard_secs() - state.lag_secs());
        if let Some(log) = &mut options.log
            && let Err(error) = writeln!(log, "{now:.6},{heard:.6},{shown:.6},{jaw:.4}")
        {
            eprintln!("--log: {error}");
            options.log = None;
        }
    }
    for ended in ended.read() {
        lags.sort_by(f64::total_cmp);
        let at = |part: f64| lags.get((lags.len() as f64 * part) as usize).copied().unwrap_or(0.0);
        println!(
            "{:?}: {} frames, lag median {:.1} ms, p99 {:.1} ms",
            ended.cause,
            lags.len(),
            at(0.5) * 1e3,
            at(0.99) * 1e3
        );
        exit.write(AppExit::Success);
    }
}
