//! Texts become sound and timing, piece by piece.

use crate::fixture::voice;
use reverie_behavior::{Act, PhraseEnd, Say, Speech, Timeline};
use reverie_voice::text::Cue;
use reverie_voice::{Chunk, SAMPLE_RATE_HZ, Script, Speaker, VoiceSpec};

fn speaker() -> Speaker {
    Speaker::new(voice(), VoiceSpec::default()).unwrap()
}

fn said(text: &str) -> (Vec<f32>, Speech) {
    speaker().say(&Script::new(text)).whole()
}

/// Whether the avatar's side takes it: everything in order and within its bounds.
fn check(speech: &Speech) {
    let say = Say { speech: speech.clone(), ..Say::default() };
    Timeline::default().insert(0.0, Act::Say(Box::new(say))).unwrap();
}

#[test]
fn pieces_follow_each_other_without_gaps() {
    let speaker = speaker();
    let text = "One moment, please. [pause 0.7] Is anybody there? I thought so!";
    let script = Script::new(text);
    let chunks: Vec<Chunk> = speaker.say(&script).collect();
    let mut at = 0;
    for chunk in &chunks {
        let secs = at as f64 / f64::from(SAMPLE_RATE_HZ);
        assert!((chunk.start_secs - secs).abs() < 1e-9, "{} {secs}", chunk.start_secs);
        if let Some(sentence) = &chunk.sentence {
            assert!((sentence.start_secs - secs).abs() < 1e-9);
            assert!(chunk.samples.is_empty());
            check(&sentence.speech);
        }
        at += chunk.samples.len();
    }
    let sentences: Vec<_> = chunks.iter().filter_map(|c| c.sentence.as_ref()).collect();
    let places: Vec<&str> = sentences.iter().map(|s| text[s.bytes.clone()].trim()).collect();
    assert_eq!(places, ["One moment, please.", "Is anybody there?", "I thought so!"]);
    // Sound lasts exactly as long as what is said about it, and the pause as long as was asked for.
    let spoken: f64 = sentences.iter().map(|s| f64::from(s.speech.duration_secs)).sum();
    let all = at as f64 / f64::from(SAMPLE_RATE_HZ);
    assert!((all - spoken - 0.7).abs() < 1e-3, "{all} {spoken}");
    let gap = sentences[1].start_secs - f64::from(sentences[0].speech.duration_secs);
    assert!((gap - 0.7).abs() < 1e-3, "{gap}");
}

#[test]
fn a_seed_decides_about_breath_and_nothing_else() {
    let script = Script::new("The same words again.");
    let with = |seed| speaker().with_seed(seed).say(&script).whole();
    let (one, other) = (with(1), with(2));
    assert_eq!(one, with(1));
    assert_eq!(one.1, other.1);
    assert!(one.0 != other.0);
    let power = |x: &[f32]| x.iter().map(|x| f64::from(x * x)).sum::<f64>();
    let difference: Vec<f32> = one.0.iter().zip(&other.0).map(|(a, b)| a - b).collect();
    assert!(power(&difference) < 0.02 * power(&one.0));
}

#[test]
fn nothing_said_is_no_sound() {
    for text in ["", "   \n\n", "[happy]", "\u{0}\u{1}\u{2}", "{nod}"] {
        let (samples, speech) = said(text);
        assert!(samples.is_empty(), "{text:?}");
        assert!(speech.phonemes.is_empty());
    }
    let (samples, _) = speaker().say_phonemes("").whole();
    assert!(samples.is_empty());
    let (samples, _) = speaker().say_phonemes("漢字").whole();
    assert!(samples.is_empty());
}

#[test]
fn sounds_words_and_phrases_have_their_times() {
    let (samples, speech) = said("Really? No! Yes, and then we went home.");
    check(&speech);
    let secs = samples.len() as f32 / SAMPLE_RATE_HZ as f32;
    assert!((speech.duration_secs - secs).abs() < 1e-3);
    let words: Vec<&str> = speech.words.iter().map(|w| w.text.as_str()).collect();
    assert_eq!(words, ["Really", "No", "Yes", "and", "then", "we", "went", "home"]);
    let endings: Vec<PhraseEnd> = speech.phrases.iter().map(|p| p.ending).collect();
    use PhraseEnd::{Continuation, Exclamation, Question, Statement};
    assert_eq!(endings, [Question, Exclamation, Continuation, Statement]);
    for pair in speech.words.windows(2) {
        assert!(pair[0].end_secs <= pair[1].start_secs + 1e-4);
    }
    // There is sound within words, and hardly any before the first and after the last.
    let level = |from: f32, to: f32| {
        let at = |secs: f32| (secs * SAMPLE_RATE_HZ as f32) as usize;
        crate::measure::rms(&samples[at(from)..at(to)])
    };
    let (first, last) = (&speech.words[0], &speech.words[7]);
    let loud = level(first.start_secs, last.end_secs);
    assert!(level(0.0, first.start_secs - 0.1) < 0.05 * loud);
    for word in &speech.words {
        assert!(level(word.start_secs, word.end_secs) > 0.2 * loud, "{}", word.text);
    }
    // Stress marks, length marks and spaces are no sounds; the flap has its usual sign.
    assert!(speech.phonemes.iter().all(|p| !"ˈˌː T".contains(p.phoneme)));
    assert!(speech.phonemes.iter().all(|p| p.end_secs > p.start_secs));
    assert!(speech.phonemes.iter().any(|p| p.stress == 2));
}

#[test]
fn accents_fall_on_stressed_syllables() {
    let (_, speech) = said("I told you that the elephant was in the kitchen, not in the garden.");
    assert!((2..=7).contains(&speech.accents.len()), "{:?}", speech.accents);
    let inside = |at: f32| {
        speech.phonemes.iter().any(|p| p.stress > 0 && p.start_secs <= at && at <= p.end_secs)
    };
    for accent in &speech.accents {
        assert!(inside(accent.at_secs), "{accent:?}");
        assert!((0.0..=1.0).contains(&accent.strength));
    }
    assert!(speech.accents.iter().any(|accent| accent.strength > 0.4));
}

#[test]
fn cues_come_with_the_word_behind_them() {
    let speaker = speaker();
    let script = Script::new("Hello there, {wave} my friend. {nod:2} Yes.");
    let sentences: Vec<_> = speaker.say(&script).filter_map(|c| c.sentence).collect();
    assert_eq!(sentences.len(), 2);
    let [(secs, Cue::Wave)] = sentences[0].cues.as_slice() else {
        panic!("{:?}", sentences[0].cues)
    };
    assert!((secs - sentences[0].speech.words[2].start_secs).abs() < 1e-4);
    let [(secs, Cue::Nod(2))] = sentences[1].cues.as_slice() else {
        panic!("{:?}", sentences[1].cues)
    };
    assert!((secs - sentences[1].speech.words[0].start_secs).abs() < 1e-4);
}

#[test]
fn bad_texts_are_said_as_far_as_they_can() {
    let long = "word ".repeat(600);
    let letters = "x".repeat(3000);
    let texts =
        ["\u{7}bell\u{0}", "漢字 and Ελλάδα 🎉", long.as_str(), letters.as_str(), "?!?!", "(((("];
    for text in texts {
        let speaker = speaker();
        let script = Script::new(text);
        // The first seconds show it: all of it would take the test too long.
        let mut secs = 0.0;
        for chunk in speaker.say(&script) {
            assert!(chunk.samples.iter().all(|x| x.is_finite() && x.abs() < 1.0), "{text:.20}");
            secs += chunk.samples.len() as f32 / SAMPLE_RATE_HZ as f32;
            if secs > 6.0 {
                break;
            }
        }
    }
}
