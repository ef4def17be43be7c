//! Speech in Apps without a window: what a game writes, what it hears, and sound that is pulled sample
//! by sample.

mod sounds;

use bevy::{app::TaskPoolPlugin, asset::AssetPlugin, prelude::*, time::TimeUpdateStrategy};
use bevy_reverie::{
    behavior::{Act, Gesture, PhraseEnd, Speech, Target},
    prelude::*,
    speech::{SayOrder, SpeechSink, SpeechTap, SpokenSound},
};
use std::{path::Path, time::Duration};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);
const RATE_HZ: u32 = 48_000;
/// Frames that a device asks for at a time.
const BATCH: usize = 512;
const HELLO: &str = "Hello, traveller. See that peak?";

fn app(sink: SpeechSink) -> App {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins.set(TaskPoolPlugin::default()),
        AssetPlugin { file_path: assets.display().to_string(), ..default() },
        TransformPlugin,
        AvatarPlugin,
        SpeechPlugin { sink },
    ))
    .insert_resource(ReverieSettings { lockstep: true, ..default() })
    .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME));
    keep::<SpeechStarted>(&mut app);
    keep::<WordSpoken>(&mut app);
    keep::<PhraseEnded>(&mut app);
    keep::<SpeechEnded>(&mut app);
    app.finish();
    app.cleanup();
    app
}

/// All messages of a kind, also those of frames ago.
#[derive(Resource)]
struct Kept<M>(Vec<M>);

fn keep<M: Message + Clone>(app: &mut App) {
    let keep = |mut new: MessageReader<M>, mut kept: ResMut<Kept<M>>| {
        kept.0.extend(new.read().cloned());
    };
    app.insert_resource(Kept::<M>(Vec::new())).add_systems(Last, keep);
}

fn person(app: &mut App) -> Entity {
    let entity = app.world_mut().spawn(Avatar::preset("mara").with_seed(7)).id();
    app.update();
    assert!(app.world().get::<AvatarLife>(entity).is_some());
    entity
}

fn tell<E>(app: &mut App, entity: Entity, event: impl FnOnce(Entity) -> E)
where
    E: for<'t> EntityEvent<Trigger<'t>: Default>,
{
    app.world_mut().commands().entity(entity).trigger(event);
    app.world_mut().flush();
}

fn drain<M: Message>(app: &mut App) -> Vec<M> {
    std::mem::take(&mut app.world_mut().resource_mut::<Kept<M>>().0)
}

fn words(app: &mut App) -> Vec<String> {
    drain::<WordSpoken>(app).into_iter().map(|word| word.word).collect()
}

fn state(app: &App, entity: Entity) -> &SpeechState {
    app.world().get(entity).expect("avatars can speak")
}

fn jaw(app: &App, entity: Entity) -> f32 {
    app.world().get::<AvatarLife>(entity).expect("it lives").pose().face[FaceShape::JawOpen]
}

/// Steps until nothing is said any more; the widest the mouth was open.
fn to_the_end(app: &mut App, entity: Entity) -> f32 {
    let mut widest: f32 = 0.0;
    for _ in 0..1200 {
        app.update();
        widest = widest.max(jaw(app, entity));
        if !state(app, entity).is_busy() {
            return widest;
        }
    }
    panic!("it never ends");
}

#[test]
fn one_line_is_all_that_a_game_writes() {
    let mut app = app(SpeechSink::Silent);
    let entity = person(&mut app);
    assert!(jaw(&app, entity) < 0.05);
    tell(&mut app, entity, Say::new(HELLO));
    app.update();
    assert!(state(&app, entity).is_speaking());
    let mut said_at = Vec::new();
    let mut now = 0.0;
    while state(&app, entity).is_busy() {
        let heard = state(&app, entity).heard_secs();
        said_at.extend(drain::<WordSpoken>(&mut app).into_iter().map(|word| (heard, word)));
        app.update();
        now += FRAME.as_secs_f64();
        assert!(now < 10.0, "it ends");
    }
    let said: Vec<&str> = said_at.iter().map(|(_, word)| &HELLO[word.bytes.clone()]).collect();
    assert_eq!(said, ["Hello", "traveller", "See", "that", "peak"]);
    assert!(said_at.windows(2).all(|pair| pair[0].0 < pair[1].0), "one after another");
    assert!(said_at.iter().all(|(_, word)| (0.05..1.2).contains(&word.duration_secs)));
    let started = drain::<SpeechStarted>(&mut app);
    assert_eq!(started.len(), 1);
    assert_eq!(&*started[0].text, HELLO);
    let phrases = drain::<PhraseEnded>(&mut app);
    assert_eq!(phrases.last().map(|phrase| phrase.ending), Some(PhraseEnd::Question));
    let ended = drain::<SpeechEnded>(&mut app);
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].line, &ended[0].cause), (started[0].line, &SpeechEnd::Finished));

    tell(&mut app, entity, Say::new("Wow, how far away are all our hopes now?"));
    assert!(to_the_end(&mut app, entity) > 0.25, "its mouth opens");
    for _ in 0..60 {
        app.update();
    }
    assert!(jaw(&app, entity) < 0.08, "and closes: {}", jaw(&app, entity));
}

#[test]
fn some_are_livelier_than_others() {
    let strokes = |name: &str| {
        let mut app = app(SpeechSink::Silent);
        let entity = app.world_mut().spawn(Avatar::preset(name).with_seed(7)).id();
        app.update();
        let text = "You take the long road over the hill, then two bridges and the old mill, and by \
                    noon you will see the harbour. Nobody ever comes back before the evening.";
        tell(&mut app, entity, Say::new(text));
        to_the_end(&mut app, entity);
        let life = app.world().get::<AvatarLife>(entity).expect("it lives");
        let say = |act: &Act| match act {
            Act::Say(say) => say.gestures.len(),
            _ => 0,
        };
        life.timeline().events().iter().map(|event| say(&event.act)).sum::<usize>()
    };
    let (calm, lively) = (strokes("joseph"), strokes("amara"));
    assert!(calm >= 1 && lively > calm, "{calm} strokes, and {lively}");
}

#[test]
fn lines_wait_interrupt_and_are_taken_up_again() {
    let mut app = app(SpeechSink::Silent);
    let entity = person(&mut app);
    tell(&mut app, entity, Say::new("First this."));
    tell(&mut app, entity, Say::new("Second that."));
    assert_eq!(state(&app, entity).waiting(), 2);
    to_the_end(&mut app, entity);
    assert_eq!(words(&mut app), ["First", "this", "Second", "that"]);

    let long = "[whisper] One two three four five six seven, and eight nine ten eleven.";
    tell(&mut app, entity, Say::new(long));
    tell(&mut app, entity, Say::new("Never said."));
    for _ in 0..60 {
        app.update();
    }
    let before = words(&mut app);
    assert!((2..7).contains(&before.len()), "{before:?}");
    tell(&mut app, entity, Say::now("Stop!"));
    app.update();
    drain::<SpeechStarted>(&mut app);
    let ended = drain::<SpeechEnded>(&mut app);
    let SpeechEnd::Interrupted { said_bytes } = ended.last().expect("it was broken off").cause
    else {
        panic!("{ended:?}")
    };
    assert!(long[..said_bytes].ends_with(before.last().expect("some").as_str()));
    to_the_end(&mut app, entity);
    assert_eq!(words(&mut app), ["Stop"]);

    // Held in the second phrase: that phrase is said again, and what waited.
    tell(&mut app, entity, Say::new(long));
    tell(&mut app, entity, Say::new("The end."));
    let mut said = Vec::new();
    while said.last().is_none_or(|word| word != "nine") {
        app.update();
        said.extend(words(&mut app));
    }
    tell(&mut app, entity, Hush::hold);
    for _ in 0..60 {
        app.update();
    }
    assert!(!state(&app, entity).is_busy());
    assert_eq!(words(&mut app), [""; 0]);
    assert!(jaw(&app, entity) < 0.08);
    tell(&mut app, entity, Resume::from);
    to_the_end(&mut app, entity);
    assert_eq!(words(&mut app), ["and", "eight", "nine", "ten", "eleven", "The", "end"]);
    // Forgotten is forgotten.
    tell(&mut app, entity, Say::new("Gone with the wind."));
    app.update();
    tell(&mut app, entity, Hush::forget);
    tell(&mut app, entity, Resume::from);
    app.update();
    assert!(!state(&app, entity).is_busy());
}

/// A device that asks for samples in its own time, whatever the frames do.
struct Device {
    tap: SpeechTap,
    now: Duration,
    next_batch: Duration,
    batches: u64,
    heard: Vec<f32>,
}

impl Device {
    fn new(tap: &SpeechTap) -> Self {
        let (now, next_batch) = (Duration::ZERO, Duration::ZERO);
        Self { tap: tap.clone(), now, next_batch, batches: 0, heard: Vec::new() }
    }

    fn batch() -> Duration {
        Duration::from_secs_f64(BATCH as f64 / f64::from(RATE_HZ))
    }

    /// A frame of the game that lasts so long; the device goes on meanwhile, if it is there.
    fn frame(&mut self, app: &mut App, lasts: Duration, is_there: bool) {
        self.now += lasts;
        loop {
            // It asks up to 6 ms late.
            self.batches += 1;
            let late = Duration::from_micros(self.batches * 7907 % 6000);
            if self.next_batch + late >= self.now {
                self.batches -= 1;
                break;
            }
            if is_there {
                let mut out = [0.0; 2 * BATCH];
                self.tap.pull(self.next_batch + late, &mut out);
                self.heard.extend_from_slice(&out);
            } else {
                self.heard.extend_from_slice(&[0.0; 2 * BATCH]);
            }
            self.next_batch += Self::batch();
        }
        app.insert_resource(TimeUpdateStrategy::ManualDuration(lasts));
        app.update();
    }

    /// Loudest sample of the last so many seconds.
    fn peak(&self, secs: f64) -> f32 {
        let count = (2.0 * secs * f64::from(RATE_HZ)) as usize;
        let from = self.heard.len().saturating_sub(count);
        self.heard[from..].iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
    }
}

fn listening(app: &mut App, from: Vec3, to: Vec3) -> Entity {
    app.world_mut()
        .spawn((SpeechListener, Transform::from_translation(from).looking_at(to, Vec3::Y)))
        .id()
}

/// A tone that is there from its first sample on.
fn tone(secs: f32) -> SpokenSound {
    let rate_hz = 24_000;
    let count = (secs * rate_hz as f32) as usize;
    let wave = |at: usize| 0.5 * (at as f32 * 500.0 * std::f32::consts::TAU / rate_hz as f32).cos();
    let speech = Speech { duration_secs: secs, ..Speech::default() };
    let words = vec![bevy_reverie::behavior::TimedWord {
        text: "hum".to_owned(),
        start_secs: 0.0,
        end_secs: secs,
    }];
    let speech = Speech { words, ..speech };
    SpokenSound {
        samples: (0..count).map(wave).collect(),
        rate_hz,
        speech: Some(speech),
        text: "hum".into(),
    }
}

#[test]
fn lips_and_sound_keep_step_under_frame_drops() {
    let tap = SpeechTap::new(RATE_HZ);
    let mut app = app(SpeechSink::Tap(tap.clone()));
    let entity = person(&mut app);
    listening(&mut app, Vec3::new(0.0, 1.6, -1.0), Vec3::new(0.0, 1.6, 0.0));
    let mut device = Device::new(&tap);
    // The game's clock is that of the device.
    device.now = app.world().resource::<Time>().elapsed();
    device.next_batch = device.now;
    tell(&mut app, entity, Say::line(Line::sound(tone(20.0)), SayOrder::Queue));
    let mut skews = Vec::new();
    let mut begun_secs = None;
    for frame in 0u64..900 {
        // 60 Hz with a jitter, every 23rd frame late by 90 ms.
        let jitter = (frame * 7919 % 13) as f64 * 4e-4;
        let late = if frame % 23 == 22 { 0.09 } else { 0.0 };
        device.frame(&mut app, Duration::from_secs_f64(1.0 / 60.0 + jitter + late), true);
        let first = device.heard.iter().position(|sample| sample.abs() > 1e-3);
        let (Some(first), true) = (first, state(&app, entity).is_speaking()) else { continue };
        // A batch is heard when the one before it has been.
        let delay_secs = Device::batch().as_secs_f64();
        let first_secs = (first / 2) as f64 / f64::from(RATE_HZ);
        let origin_secs =
            device.next_batch.as_secs_f64() - (device.heard.len() / 2) as f64 / f64::from(RATE_HZ);
        let truth = device.now.as_secs_f64() - origin_secs - delay_secs - first_secs;
        let life = app.world().get::<AvatarLife>(entity).expect("it lives");
        let say = life.timeline().events().iter().find(|event| matches!(event.act, Act::Say(_)));
        let say_secs = *begun_secs.get_or_insert(say.expect("it performs").at_secs);
        // What the mouth shows is where its life is.
        skews.push((life.secs() - say_secs - truth).abs());
    }
    assert!(skews.len() > 700, "{}", skews.len());
    skews.sort_by(f64::total_cmp);
    let (p99, worst) = (skews[skews.len() * 99 / 100], skews[skews.len() - 1]);
    println!("skew: p99 {:.1} ms, at most {:.1} ms", p99 * 1e3, worst * 1e3);
    assert!(p99 < 0.016, "p99 {p99}, at most {worst}");
    assert!(worst < 0.045, "{worst}");
}

#[test]
fn a_device_that_goes_and_comes_back_finds_speech_in_step() {
    let tap = SpeechTap::new(RATE_HZ);
    let mut app = app(SpeechSink::Tap(tap.clone()));
    let entity = person(&mut app);
    listening(&mut app, Vec3::new(0.0, 1.6, -1.0), Vec3::new(0.0, 1.6, 0.0));
    let mut device = Device::new(&tap);
    device.now = app.world().resource::<Time>().elapsed();
    device.next_batch = device.now;
    let text = "One two three four five six seven eight nine ten eleven twelve thirteen.";
    tell(&mut app, entity, Say::new(text));
    let mut said = Vec::new();
    for frame in 0..400 {
        device.frame(&mut app, FRAME, !(60..150).contains(&frame));
        said.extend(words(&mut app));
        if frame == 59 {
            assert!(device.peak(0.5) > 0.02, "it is heard");
        }
        if frame == 148 {
            assert!(said.len() > 5, "time goes on without a device: {said:?}");
        }
        if frame == 185 && state(&app, entity).is_speaking() {
            assert!(device.peak(0.3) > 0.02, "it is heard again");
            assert!(state(&app, entity).lag_secs().abs() < 0.016);
        }
    }
    assert_eq!(said.len(), 13, "every word once: {said:?}");
    assert!(!state(&app, entity).is_busy());
}

#[test]
fn silence_comes_within_50_ms() {
    let tap = SpeechTap::new(RATE_HZ);
    let mut app = app(SpeechSink::Tap(tap.clone()));
    let entity = person(&mut app);
    listening(&mut app, Vec3::new(0.0, 1.6, -1.0), Vec3::new(0.0, 1.6, 0.0));
    let mut device = Device::new(&tap);
    device.now = app.world().resource::<Time>().elapsed();
    device.next_batch = device.now;
    tell(&mut app, entity, Say::line(Line::sound(tone(5.0)), SayOrder::Queue));
    for _ in 0..60 {
        device.frame(&mut app, FRAME, true);
    }
    assert!(device.peak(0.1) > 0.1, "{}", device.peak(0.1));
    tell(&mut app, entity, Hush::forget);
    let before = device.heard.len();
    for _ in 0..12 {
        device.frame(&mut app, FRAME, true);
    }
    let after = &device.heard[before..];
    let last = after.iter().rposition(|sample| sample.abs() > 1e-3).unwrap_or(0);
    let secs = (last / 2) as f64 / f64::from(RATE_HZ);
    assert!(secs < 0.05, "{secs} s");
}

#[test]
fn voices_are_where_mouths_are() {
    let level = |from: Vec3, to: Vec3, gain_db: f32| {
        let tap = SpeechTap::new(RATE_HZ);
        let mut app = app(SpeechSink::Tap(tap.clone()));
        let entity = person(&mut app);
        app.world_mut().get_mut::<AvatarVoice>(entity).expect("a voice").gain_db = gain_db;
        listening(&mut app, from, to);
        let mut device = Device::new(&tap);
        device.now = app.world().resource::<Time>().elapsed();
        device.next_batch = device.now;
        tell(&mut app, entity, Say::line(Line::sound(tone(3.0)), SayOrder::Queue));
        for _ in 0..90 {
            device.frame(&mut app, FRAME, true);
        }
        let half = device.heard.len() / 2;
        let power = |side: usize| {
            let samples = device.heard[half..].iter().skip(side).step_by(2);
            10.0 * (samples.map(|s| f64::from(s * s)).sum::<f64>() / (half / 2) as f64).log10()
        };
        (power(0), power(1))
    };
    // Mara faces -Z.
    let mouth = Vec3::new(0.0, 1.5, 0.0);
    let ahead = |metres: f32| mouth - metres * Vec3::Z;
    let (near, _) = level(ahead(1.0), mouth, 0.0);
    let (far, _) = level(ahead(4.0), mouth, 0.0);
    assert!((near - far - 12.0).abs() < 1.5, "{near} dB at 1 m, {far} at 4 m");
    let (behind, _) = level(mouth + Vec3::Z, mouth, 0.0);
    // The mouth is at the front of the head.
    assert!((6.0..11.0).contains(&(near - behind)), "{near} dB in front, {behind} behind");
    let (ducked, _) = level(ahead(1.0), mouth, -18.0);
    assert!((near - ducked - 18.0).abs() < 1.0, "{near} dB, ducked {ducked}");
    // She stands to the left of somebody who looks past her.
    let (left, right) = level(ahead(1.5), ahead(1.5) + Vec3::NEG_X, 0.0);
    assert!(left > right + 3.0, "left {left} dB, right {right}");
}

#[test]
fn what_is_named_is_pointed_at() {
    let mut app = app(SpeechSink::Silent);
    let entity = person(&mut app);
    let world = app.world_mut();
    let tower = world.spawn((Transform::from_xyz(9.0, 4.0, -30.0), Landmark::new(["tower"]))).id();
    let well = world.spawn((Transform::from_xyz(-3.0, 0.0, -4.0), Name::new("Well"))).id();
    tell(
        &mut app,
        entity,
        Say::new("Behind the tower {point:well} is water. {look:nowhere} {nod} Yes."),
    );
    to_the_end(&mut app, entity);
    let life = app.world().get::<AvatarLife>(entity).expect("it lives");
    let mut pointed = Vec::new();
    let mut nods = 0;
    for event in life.timeline().events() {
        let Act::Say(say) = &event.act else { continue };
        for gesture in &say.gestures {
            match gesture.gesture {
                Gesture::Point { target: Target::Entity(id), .. } => pointed.push(id),
                Gesture::Nod(_) => nods += 1,
                _ => {}
            }
        }
    }
    let id = bevy_reverie::avatar::entity_id;
    assert_eq!(pointed, [id(tower), id(well)]);
    assert_eq!(nods, 1);
}

#[test]
fn what_cannot_be_said_is_told() {
    let mut app = app(SpeechSink::Silent);
    let entity = person(&mut app);
    let nobody = app.world_mut().spawn_empty().id();
    let long = "a ".repeat(50_000);
    let sound = |rate_hz: u32, samples: Vec<f32>| {
        Line::sound(SpokenSound { samples: samples.into(), rate_hz, ..tone(0.1) })
    };
    let bad = [
        (entity, Line::text(""), "nothing"),
        (entity, Line::text("  \n\t "), "nothing"),
        (entity, Line::text("\u{1}\u{7}\u{fffd}"), "nothing"),
        (entity, Line::text(long), "100000 bytes"),
        (entity, sound(4_000, vec![0.0; 100]), "rate_hz"),
        (entity, sound(24_000, vec![f32::NAN]), "samples"),
        (nobody, Line::text("Hello."), "no avatar"),
    ];
    for (who, line, needle) in bad {
        let id = line.id();
        let text = line.as_text().chars().take(10).collect::<String>();
        tell(&mut app, who, Say::line(line, SayOrder::Queue));
        for _ in 0..30 {
            app.update();
        }
        let ended = drain::<SpeechEnded>(&mut app);
        let cause = ended.iter().find(|ended| ended.line == id).map(|ended| &ended.cause);
        assert!(
            matches!(cause, Some(SpeechEnd::Failed(error)) if error.contains(needle)),
            "{text:?}: {ended:?}"
        );
    }
    // What can be said of a mixture is said.
    tell(&mut app, entity, Say::new("Good 你好 morning\u{1}."));
    to_the_end(&mut app, entity);
    assert_eq!(drain::<SpeechEnded>(&mut app)[0].cause, SpeechEnd::Finished);
    let said = words(&mut app);
    assert!(said.contains(&"Good".to_owned()) && said.len() >= 2, "{said:?}");
}

#[test]
fn the_same_frames_give_the_same_speech() {
    let run = || {
        let mut app = app(SpeechSink::Silent);
        let entity = person(&mut app);
        tell(&mut app, entity, Say::new("[happy] Is this not the same as before? {wave} It is!"));
        let mut faces = Vec::new();
        for _ in 0..200 {
            app.update();
            let pose = app.world().get::<AvatarLife>(entity).expect("it lives").pose();
            faces.extend(FaceShape::ALL.map(|shape| pose.face[shape].to_bits()));
        }
        faces
    };
    assert!(run() == run());
}
