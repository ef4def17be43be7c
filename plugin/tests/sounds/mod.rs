//! Voices that are no text: recordings, sound that comes live, microphones.

use super::*;
use bevy_reverie::speech::LiveVoice;
use reverie_behavior::Viseme;
use reverie_inference::ModelStore;
use reverie_voice::{Script, Speaker, Voice, text::Accent};

const TEXT: &str = "My mum bought Bob a big map, and maybe he may go home by boat.";
const VOICE_HZ: u32 = 24_000;

/// What somebody says, and when each sound of it is.
fn recorded() -> (Vec<f32>, Speech) {
    let store = ModelStore::open().expect("the models are there");
    let voice = Voice::load(&store, Accent::American).expect("a voice");
    let speaker = Speaker::new(&voice, VoiceSpec::default()).expect("good");
    let script = Script::new(TEXT);
    speaker.say(&script).whole()
}

fn wav(samples: &[f32], rate_hz: u32) -> Vec<u8> {
    let data = 2 * samples.len() as u32;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend([1, 0, 1, 0]);
    bytes.extend(rate_hz.to_le_bytes());
    bytes.extend((2 * rate_hz).to_le_bytes());
    bytes.extend([2, 0, 16, 0]);
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|s| ((s * 32_000.0) as i16).to_le_bytes()));
    bytes
}

/// What a mouth did, a frame after the other, from the beginning of a line on.
#[derive(Default)]
struct Mouth {
    jaw: Vec<f32>,
    /// How near the lips are to each other, 1 if closed.
    closed: Vec<f32>,
}

impl Mouth {
    fn look(&mut self, app: &App, entity: Entity) {
        let face = &app.world().get::<AvatarLife>(entity).expect("it lives").pose().face;
        self.jaw.push(face[FaceShape::JawOpen]);
        self.closed.push(face[FaceShape::MouthPressLeft] / 0.5);
    }

    /// How many of a speech's closures are there, give or take 60 ms.
    fn closures(&self, truth: &Speech) -> (usize, usize) {
        let lips = truth.phonemes.iter().filter(|p| Viseme::of(p.phoneme).0 == Viseme::PP);
        let found = lips.clone().filter(|sound| {
            let at = (0.5 * (sound.start_secs + sound.end_secs) * 60.0) as usize;
            let near = at.saturating_sub(4)..(at + 5).min(self.closed.len());
            self.closed[near].iter().any(|closed| *closed > 0.8)
        });
        (found.count(), lips.count())
    }

    fn largest_step(&self) -> f32 {
        self.jaw.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }
}

/// Steps to the end of what is being said.
fn watched(app: &mut App, entity: Entity, mut each: impl FnMut(&mut App)) -> Mouth {
    let mut mouth = Mouth::default();
    for _ in 0..1500 {
        each(app);
        app.update();
        if state(app, entity).is_speaking() {
            mouth.look(app, entity);
        }
        if !state(app, entity).is_busy() {
            return mouth;
        }
    }
    panic!("it never ends");
}

/// Steps until so much was heard; how much.
fn watched_until(app: &mut App, entity: Entity, secs: f32) -> f32 {
    while (state(app, entity).heard_secs() as f32) < secs {
        app.update();
    }
    state(app, entity).heard_secs() as f32
}

fn beats(app: &App, entity: Entity) -> usize {
    let life = app.world().get::<AvatarLife>(entity).expect("it lives");
    let said = life.timeline().events().iter().filter_map(|event| match &event.act {
        Act::Say(say) => Some(say.gestures.len()),
        _ => None,
    });
    said.sum()
}

#[test]
fn a_recording_is_performed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("said.wav");
    let (samples, truth) = recorded();
    std::fs::write(&path, wav(&samples, VOICE_HZ)).expect("written");
    let mut app = app(SpeechSink::Silent);
    let entity = person(&mut app);

    // Of sound alone lips, brows and hands are known.
    tell(&mut app, entity, Say::line(Line::file(&path, ""), SayOrder::Queue));
    let mouth = watched(&mut app, entity, |_| {});
    let secs = mouth.jaw.len() as f32 / 60.0;
    assert!((secs - truth.duration_secs).abs() < 0.1, "{secs} of {}", truth.duration_secs);
    let (found, all) = mouth.closures(&truth);
    println!("closures of a recording: {found} of {all}, largest step {}", mouth.largest_step());
    assert!(all >= 9 && found * 10 >= all * 8, "{found} of {all} closures");
    assert!(mouth.jaw.iter().any(|jaw| *jaw > 0.25), "it opens");
    assert!(mouth.largest_step() < 0.2, "{}", mouth.largest_step());
    assert!(beats(&app, entity) > 0, "hands take part");
    assert_eq!(words(&mut app), [""; 0]);
    assert!(!drain::<PhraseEnded>(&mut app).is_empty());
    assert_eq!(drain::<SpeechEnded>(&mut app)[0].cause, SpeechEnd::Finished);

    // With its text it has words, and each closure is there.
    tell(&mut app, entity, Say::line(Line::file(&path, TEXT), SayOrder::Queue));
    let mouth = watched(&mut app, entity, |_| {});
    let (found, all) = mouth.closures(&truth);
    assert_eq!(found, all, "all closures");
    let said = words(&mut app);
    assert_eq!((said.len(), said[0].as_str(), said[14].as_str()), (15, "My", "boat"));
    // Broken off, it goes on with its second phrase.
    for text in [TEXT, ""] {
        tell(&mut app, entity, Say::line(Line::file(&path, text), SayOrder::Queue));
        let before = watched_until(&mut app, entity, 0.7 * truth.duration_secs);
        tell(&mut app, entity, Hush::hold);
        app.update();
        assert!(!state(&app, entity).is_busy());
        let first = words(&mut app);
        tell(&mut app, entity, Resume::from);
        let rest = watched(&mut app, entity, |_| {}).jaw.len() as f32 / 60.0;
        let again = words(&mut app);
        assert!(before + rest < 1.7 * truth.duration_secs, "{before} s and {rest} s");
        assert!(before + rest > truth.duration_secs - 0.1, "{before} s and {rest} s");
        if text == TEXT {
            assert!(first.starts_with(&said[..4]) && said.ends_with(&again), "{first:?} {again:?}");
            assert!(again.len() < said.len() && first.len() + again.len() >= said.len());
        }
        drain::<SpeechEnded>(&mut app);
    }
    // The same from memory.
    let sound = SpokenSound::new(samples, VOICE_HZ).with_text(TEXT);
    tell(&mut app, entity, Say::line(Line::sound(sound), SayOrder::Queue));
    to_the_end(&mut app, entity);
    assert_eq!(words(&mut app), said);
    drain::<SpeechEnded>(&mut app);

    std::fs::write(folder.path().join("cut.wav"), &wav(&[0.5; 4000], VOICE_HZ)[..3000])
        .expect("written");
    std::fs::write(folder.path().join("silent.wav"), wav(&[0.0; 4800], VOICE_HZ)).expect("written");
    for (file, needle) in [("none.wav", "none.wav"), ("cut.wav", "cut.wav: is damaged")] {
        let line = Line::file(folder.path().join(file), "");
        tell(&mut app, entity, Say::line(line, SayOrder::Queue));
        app.update();
        app.update();
        let ended = drain::<SpeechEnded>(&mut app);
        let failed = |ended: &SpeechEnded| matches!(&ended.cause, SpeechEnd::Failed(e) if e.contains(needle));
        assert!(ended.first().is_some_and(failed), "{file}: {ended:?}");
    }
    tell(
        &mut app,
        entity,
        Say::line(Line::file(folder.path().join("silent.wav"), ""), SayOrder::Queue),
    );
    to_the_end(&mut app, entity);
    assert_eq!(drain::<SpeechEnded>(&mut app)[0].cause, SpeechEnd::Finished, "silence is silent");
}

/// Pushes sound in step with frames.
struct Caller {
    voice: Option<LiveVoice>,
    samples: Vec<f32>,
    at: usize,
    per_frame: usize,
}

impl Caller {
    fn frame(&mut self) {
        let Some(voice) = &mut self.voice else { return };
        let room = voice.room();
        let end = (self.at + self.per_frame).min(self.samples.len());
        assert_eq!(voice.push(&self.samples[self.at..end]), end - self.at);
        self.at = end;
        // Whoever hears it has taken it before time goes on, as with a game that runs.
        for _ in 0..2000 {
            if voice.room() >= room || voice.is_over() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if end == self.samples.len() {
            self.voice = None;
        }
    }
}

#[test]
fn a_live_voice_is_performed_while_it_comes() {
    let (samples, truth) = recorded();
    let mut app = app(SpeechSink::Silent);
    let entity = person(&mut app);
    let (voice, line) = Line::live(VOICE_HZ);
    let again = line.clone();
    let per_frame = (VOICE_HZ / 60) as usize;
    let mut caller = Caller { voice: Some(voice), samples: samples.clone(), at: 0, per_frame };
    tell(&mut app, entity, Say::line(line, SayOrder::Queue));
    // The first one that is read takes longest: the network comes from its file.
    app.update();
    std::thread::sleep(Duration::from_millis(500));
    let mut begun = None;
    let mouth = watched(&mut app, entity, |app| {
        caller.frame();
        if begun.is_none() && state(app, entity).is_speaking() {
            begun = Some(caller.at as f32 / VOICE_HZ as f32);
        }
    });
    let delay_secs = begun.expect("it begins");
    let (found, all) = mouth.closures(&truth);
    println!(
        "live: {delay_secs:.2} s later, closures {found} of {all}, step {}",
        mouth.largest_step()
    );
    assert!((0.7..1.1).contains(&delay_secs), "{delay_secs} s");
    assert!(found * 10 >= all * 8, "{found} of {all} closures");
    assert!(mouth.largest_step() < 0.2, "{}", mouth.largest_step());
    assert_eq!(drain::<SpeechEnded>(&mut app)[0].cause, SpeechEnd::Finished);
    tell(&mut app, entity, Say::line(again, SayOrder::Queue));
    app.update();
    app.update();
    let ended = drain::<SpeechEnded>(&mut app);
    assert!(matches!(&ended[0].cause, SpeechEnd::Failed(e) if e.contains("once")), "{ended:?}");

    // Broken off, whoever pushes is told.
    let (mut voice, line) = Line::live(VOICE_HZ);
    tell(&mut app, entity, Say::line(line, SayOrder::Queue));
    assert_eq!(voice.push(&samples), samples.len().min(30 * VOICE_HZ as usize));
    assert_eq!(voice.push(&[f32::NAN; 100]), 100, "nonsense is silence");
    for _ in 0..2000 {
        app.update();
        if state(&app, entity).is_speaking() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(state(&app, entity).is_speaking(), "what comes at once is heard at once");
    tell(&mut app, entity, Hush::forget);
    for _ in 0..2000 {
        if voice.is_over() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it goes on for nobody");
}

#[test]
fn a_microphone_speaks_or_says_why_not() {
    let mut app = app(SpeechSink::Silent);
    let entity = person(&mut app);
    tell(&mut app, entity, Say::line(Line::microphone(), SayOrder::Queue));
    for _ in 0..500 {
        app.update();
        if state(&app, entity).is_speaking() {
            break;
        }
        if let Some(ended) = drain::<SpeechEnded>(&mut app).first() {
            let told =
                matches!(&ended.cause, SpeechEnd::Failed(e) if e.starts_with("microphone: "));
            assert!(told, "{ended:?}");
            assert!(!state(&app, entity).is_busy());
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    tell(&mut app, entity, Hush::forget);
    assert!(!state(&app, entity).is_busy());
}
