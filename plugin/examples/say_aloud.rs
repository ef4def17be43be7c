//! Somebody says something aloud, without a window; how well face and sound keep step is told at the end.
//!
//! ```sh
//! cargo run --example say_aloud -- "Hello, traveller. See that peak?" tomas
//! cargo run --example say_aloud -- "Hello." mara --drops     # every 20th frame is 100 ms late
//! ```

use bevy::{
    app::{ScheduleRunnerPlugin, TaskPoolPlugin},
    log::LogPlugin,
    prelude::*,
};
use bevy_reverie::prelude::*;
use std::time::Duration;

const FRAME: Duration = Duration::from_micros(16_667);
const DROP: Duration = Duration::from_millis(100);
const FRAMES_TO_DROP: u32 = 20;

#[derive(Resource)]
struct Options {
    text: String,
    drops: bool,
}

fn main() -> AppExit {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let drops = words.iter().any(|word| word == "--drops");
    words.retain(|word| word != "--drops");
    let mut words = words.into_iter();
    let text = words.next().unwrap_or_else(|| "Hello, traveller. See that peak?".to_owned());
    let who = words.next().unwrap_or_else(|| "mara".to_owned());
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
        .insert_resource(Options { text, drops })
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
        commands.entity(entity).trigger(Say::new(options.text.clone()));
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
    speakers: Query<&SpeechState>,
    mut ended: MessageReader<SpeechEnded>,
    mut lags: Local<Vec<f64>>,
    mut exit: MessageWriter<AppExit>,
) {
    lags.extend(speakers.iter().filter(|state| state.is_speaking()).map(|s| s.lag_secs().abs()));
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
