//! Lines to say, sent and read.

use glam::Vec3;
use proptest::{collection::vec, prelude::*};
use reverie_behavior::{
    wire::{Line, MAX_BYTES, STEP_SECS, WireError},
    *,
};

const SOUNDS: [char; 12] = ['h', 'ə', 'l', 'O', 'ʤ', 'ɚ', 'ŋ', 'A', 'θ', 'ø', 'ß', '語'];

prop_compose! {
    fn span()(gap in 0.0f32..0.3, length in 0.0f32..0.4) -> (f32, f32) { (gap, length) }
}

fn laid(spans: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut at = 0.0;
    spans
        .iter()
        .map(|(gap, length)| {
            // Most things follow one another at once.
            let start = at + if *gap < 0.2 { 0.0 } else { *gap };
            at = start + length;
            (start, at)
        })
        .collect()
}

prop_compose! {
    fn lines()(
        sounds in vec((span(), 0..SOUNDS.len(), 0u8..3), 0..60),
        words in vec((span(), "[a-zA-Z'é]{0,12}"), 0..20),
        phrases in vec((span(), 0..4usize), 0..6),
        accents in vec((span(), 0.0f32..=1.0), 0..20),
        gestures in vec((span(), 1u8..=5), 0..4),
        points in vec((span(), any::<u64>(), -100f32..100.0), 0..4),
        vocals in vec((span(), 0..5usize, 0.0f32..=1.0, 0u8..=40, any::<u8>()), 0..4),
        manner in (0.0f32..=1.5, 0.0f32..=2.0),
        seed: u64,
    ) -> Line {
        let times = |spans: Vec<(f32, f32)>| laid(&spans);
        let phonemes: Vec<_> = times(sounds.iter().map(|s| s.0).collect()).into_iter().zip(&sounds)
            .map(|((start_secs, end_secs), (_, sound, stress))| TimedPhoneme {
                phoneme: SOUNDS[*sound], stress: *stress, start_secs, end_secs,
            }).collect();
        let words: Vec<_> = times(words.iter().map(|w| w.0).collect()).into_iter().zip(&words)
            .map(|((start_secs, end_secs), (_, text))| TimedWord {
                text: text.clone(), start_secs, end_secs,
            }).collect();
        const ENDINGS: [PhraseEnd; 4] = [PhraseEnd::Statement, PhraseEnd::Question,
            PhraseEnd::Continuation, PhraseEnd::Exclamation];
        let phrases: Vec<_> = times(phrases.iter().map(|p| p.0).collect()).into_iter().zip(&phrases)
            .map(|((start_secs, end_secs), (_, ending))| Phrase {
                start_secs, end_secs, ending: ENDINGS[*ending],
            }).collect();
        let accents: Vec<_> = times(accents.iter().map(|a| a.0).collect()).into_iter().zip(&accents)
            .map(|((_, at_secs), (_, strength))| Accent { at_secs, strength: *strength }).collect();
        let gestures: Vec<_> = times(gestures.iter().map(|g| g.0).collect()).into_iter()
            .zip(&gestures)
            .map(|((start_secs, _), (_, times))| TimedGesture {
                start_secs, gesture: Gesture::Nod(*times),
            }).collect();
        let points: Vec<_> = times(points.iter().map(|p| p.0).collect()).into_iter().zip(&points)
            .map(|((at, _), (_, id, x))| (at, match id % 3 {
                0 => Target::Entity(EntityId(*id)),
                1 => Target::Point(Vec3::new(*x, 1.0, 0.5)),
                _ => Target::Direction(Vec3::new(*x, 1.0, 0.5)),
            })).collect();
        let vocals: Vec<_> = times(vocals.iter().map(|v| v.0).collect()).into_iter().zip(&vocals)
            .map(|((start_secs, end_secs), (_, kind, strength, calls, variant))| Vocal {
                kind: VocalKind::ALL[*kind], start_secs, end_secs, strength: *strength,
                calls: *calls, variant: *variant,
            }).collect();
        let ends = [
            vocals.last().map(|v| v.end_secs),
            phonemes.last().map(|p| p.end_secs), words.last().map(|w| w.end_secs),
            phrases.last().map(|p| p.end_secs), accents.last().map(|a| a.at_secs),
            gestures.last().map(|g| g.start_secs), points.last().map(|p| p.0),
        ];
        let duration_secs = ends.into_iter().flatten().fold(0.1, f32::max);
        let speech = Speech { phonemes, words, accents, phrases, vocals, duration_secs };
        let manner = Manner { articulation: manner.0, liveliness: manner.1 };
        Line { say: Say { speech, manner, gestures }, seed, points }
    }
}

fn close(a: f32, b: f32, what: &str) {
    assert!((a - b).abs() <= STEP_SECS / 2.0 + 1e-6, "{what}: {a} and {b} s");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_line_comes_back_but_for_rounding(line in lines()) {
        let bytes = line.encode().expect("a good line");
        let back = Line::decode(&bytes).expect("its own bytes");
        // Rounded once, the same for ever: whoever sends it can perform what the others read.
        prop_assert_eq!(&back.encode().expect("still good"), &bytes);
        prop_assert_eq!(back.seed, line.seed);
        let (ours, theirs) = (&line.say.speech, &back.say.speech);
        close(ours.duration_secs, theirs.duration_secs, "duration");
        prop_assert_eq!(ours.phonemes.len(), theirs.phonemes.len());
        for (a, b) in ours.phonemes.iter().zip(&theirs.phonemes) {
            prop_assert_eq!((a.phoneme, a.stress), (b.phoneme, b.stress));
            close(a.start_secs, b.start_secs, "phonemes");
            close(a.end_secs, b.end_secs, "phonemes");
        }
        prop_assert_eq!(ours.words.len(), theirs.words.len());
        for (a, b) in ours.words.iter().zip(&theirs.words) {
            prop_assert_eq!(&a.text, &b.text);
            close(a.start_secs, b.start_secs, "words");
            close(a.end_secs, b.end_secs, "words");
        }
        prop_assert_eq!(ours.phrases.len(), theirs.phrases.len());
        for (a, b) in ours.phrases.iter().zip(&theirs.phrases) {
            prop_assert_eq!(a.ending, b.ending);
            close(a.start_secs, b.start_secs, "phrases");
            close(a.end_secs, b.end_secs, "phrases");
        }
        prop_assert_eq!(ours.accents.len(), theirs.accents.len());
        for (a, b) in ours.accents.iter().zip(&theirs.accents) {
            prop_assert!((a.strength - b.strength).abs() < 0.0051);
            close(a.at_secs, b.at_secs, "accents");
        }
        prop_assert_eq!(ours.vocals.len(), theirs.vocals.len());
        prop_assert_eq!(bytes[0], if ours.vocals.is_empty() { 1 } else { 2 });
        for (a, b) in ours.vocals.iter().zip(&theirs.vocals) {
            prop_assert_eq!((a.kind, a.calls, a.variant), (b.kind, b.calls, b.variant));
            prop_assert!((a.strength - b.strength).abs() < 0.0051);
            close(a.start_secs, b.start_secs, "vocals");
            close(a.end_secs, b.end_secs, "vocals");
        }
        prop_assert!((line.say.manner.articulation - back.say.manner.articulation).abs() < 0.0051);
        prop_assert!((line.say.manner.liveliness - back.say.manner.liveliness).abs() < 0.0051);
        prop_assert_eq!(line.say.gestures.len(), back.say.gestures.len());
        for (a, b) in line.say.gestures.iter().zip(&back.say.gestures) {
            prop_assert_eq!(a.gesture, b.gesture);
            close(a.start_secs, b.start_secs, "gestures");
        }
        prop_assert_eq!(line.points.len(), back.points.len());
        for (a, b) in line.points.iter().zip(&back.points) {
            prop_assert_eq!(a.1, b.1);
            close(a.0, b.0, "points");
        }
        // What is read can be performed.
        let mut timeline = Timeline::new();
        timeline.say(0.0, back.say, Activity::Idle).expect("within the bounds of timelines");
    }

    #[test]
    fn random_bytes_are_no_line_or_a_good_one(mut bytes in vec(any::<u8>(), 0..400)) {
        if let Some(version) = bytes.first_mut() {
            *version = if *version < 200 { 1 + *version % 2 } else { *version };
        }
        if let Ok(line) = Line::decode(&bytes) {
            line.encode().expect("what is read is good");
        }
    }

    #[test]
    fn broken_lines_are_refused_or_good(line in lines(), at: prop::sample::Index, to: u8, cut: bool) {
        let mut bytes = line.encode().expect("a good line");
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(Line::decode(&bytes).is_err());
        } else {
            bytes[at] = to;
            if let Ok(line) = Line::decode(&bytes) {
                line.encode().expect("what is read is good");
            }
        }
    }
}

#[test]
fn what_is_wrong_is_said() {
    let good = Line::default().encode().expect("nothing to say");
    assert_eq!(Line::decode(&good), Ok(Line::default()));
    assert_eq!(good[0], 1, "the version");
    let mut other = good.clone();
    other[0] = 3;
    assert_eq!(Line::decode(&other), Err(WireError::Version(3)));
    assert!(matches!(Line::decode(&[]), Err(WireError::Bytes(_))));
    let longer = [&good[..], &[0]].concat();
    assert!(matches!(Line::decode(&longer), Err(WireError::Bytes(_))));
    assert_eq!(Line::decode(&vec![1; MAX_BYTES + 1]), Err(WireError::TooLong(MAX_BYTES + 1)));
    let field = |line: &Line| match line.encode() {
        Err(WireError::Value { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let mut line = Line::default();
    line.say.manner.articulation = f32::NAN;
    assert_eq!(field(&line), "articulation");
    line = Line { points: vec![(1.0, Target::Entity(EntityId(1)))], ..Line::default() };
    assert_eq!(field(&line), "points");
    line.say.speech.duration_secs = 2.0;
    line.points[0].1 = Target::Point(Vec3::NAN);
    assert_eq!(field(&line), "target");
    line.say.speech.words = vec![TimedWord { text: String::new(), start_secs: 1.0, end_secs: 0.5 }];
    assert_eq!(field(&line), "words");
}

#[test]
fn vocals_cost_little_and_lines_without_are_as_before() {
    // A line of version 1: one sound of 80 steps within 160.
    let before = [1, 0, 100, 100, 160, 1, 1, 13, 80, 0, 0, 0, 0, 0, 0];
    let line = Line::decode(&before).expect("a line of version 1");
    assert_eq!(line.say.speech.vocals, []);
    assert_eq!(line.encode().expect("good"), before);
    let laugh = Vocal {
        kind: VocalKind::Laugh,
        start_secs: 0.0,
        end_secs: 1.9,
        strength: 1.0,
        calls: 6,
        variant: 3,
    };
    let mut laughs = line.clone();
    laughs.say.speech.duration_secs = 2.0;
    laughs.say.speech.vocals = vec![laugh];
    let more = laughs.encode().expect("good").len() - before.len();
    assert!(more <= 10, "{more} bytes for a laugh");
    let mut bad = laughs.clone();
    bad.say.speech.vocals[0].strength = 1.5;
    assert!(matches!(bad.encode(), Err(WireError::Value { field: "strength", .. })));
    bad = laughs.clone();
    bad.say.speech.vocals[0].calls = MAX_CALLS + 1;
    assert!(matches!(bad.encode(), Err(WireError::Value { field: "calls", .. })));
    bad = laughs;
    bad.say.speech.vocals.push(laugh);
    assert!(matches!(bad.encode(), Err(WireError::Value { field: "vocals", .. })));
}

proptest! {
    #[test]
    fn calls_are_in_order_apart_and_within(
        kind in 0..5usize, secs in 0.0f32..10.0, calls: u8, variant: u8, start_secs in 0.0f32..5.0,
    ) {
        let kind = VocalKind::ALL[kind];
        let end_secs = start_secs + secs;
        let vocal = Vocal { kind, start_secs, end_secs, strength: 1.0, calls, variant };
        let all: Vec<Call> = vocal.calls().collect();
        prop_assert!(all.len() <= usize::from(calls.min(MAX_CALLS)));
        let mut at = 0.0;
        for call in all {
            prop_assert!(call.start_secs >= at, "{call:?} after {at}");
            prop_assert!((0.0..=1.0).contains(&call.level) && (0.0..=1.0).contains(&call.place));
            at = call.start_secs + call.secs;
        }
        prop_assert!(at <= vocal.bout_secs() + 1e-4);
    }
}

#[test]
fn laughter_has_four_to_five_calls_a_second() {
    for secs in [1.2, 1.9, 3.0, 5.0] {
        let calls = VocalKind::Laugh.usual_calls(secs);
        let laugh = Vocal {
            kind: VocalKind::Laugh,
            start_secs: 0.0,
            end_secs: secs,
            strength: 1.0,
            calls,
            variant: 1,
        };
        let all: Vec<Call> = laugh.calls().collect();
        assert_eq!(all.len(), usize::from(calls));
        let rate = f32::from(calls) / laugh.bout_secs();
        assert!((4.0..=5.1).contains(&rate), "{rate} calls a second of {secs} s");
        assert!(all.iter().all(|call| (0.07..=0.14).contains(&call.secs)), "{all:?}");
        assert!(all[all.len() - 1].level < 0.7 * all[1].level);
    }
    assert_eq!(VocalKind::Sigh.usual_calls(2.0), 0);
}
