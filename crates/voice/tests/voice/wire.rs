//! How many bits a second of speech takes on the way to other players.

use crate::fixture::voice;
use reverie_behavior::{Manner, Say, wire::Line};
use reverie_voice::{Script, Speaker, VoiceSpec};

/// Ordinary talk of several kinds.
const TEXTS: [&str; 9] = [
    "Good morning, traveller, you have come a long way today.",
    "Do you see that tower behind the trees? Nobody has lived there for years.",
    "No.",
    "The market opens at 7:30 and closes when the bell rings twice, unless it rains!",
    "Well... I never thought about it like that; perhaps you are right.",
    "Extraordinarily complicated administrative responsibilities notwithstanding, we proceeded.",
    "One, two, three, four, five, six, seven, eight, nine, ten.",
    "Come here, come here, come here, quick, quick, quick!",
    "[gasp] You again! Haha, [chuckle] come in. [sigh] It was a long day.",
];

#[test]
fn a_second_of_speech_takes_less_than_a_kilobit() {
    for (pace, limit) in [(1.0, 700.0), (1.6, 1000.0)] {
        let speaker = Speaker::new(voice(), VoiceSpec { pace, ..VoiceSpec::default() }).unwrap();
        let (mut bits, mut bare_bits, mut secs) = (0.0, 0.0, 0.0);
        for text in TEXTS {
            let (_, speech) = speaker.say(&Script::new(text)).whole();
            let say = Say { speech, manner: Manner::default(), gestures: Vec::new() };
            let mut line = Line { say, seed: 0x1234_5678, points: Vec::new() };
            let bytes = line.encode().unwrap();
            let back = Line::decode(&bytes).unwrap().say.speech;
            assert_eq!(back.words.len(), line.say.speech.words.len());
            for (a, b) in line.say.speech.phonemes.iter().zip(&back.phonemes) {
                assert_eq!((a.phoneme, a.stress), (b.phoneme, b.stress));
                assert!((a.start_secs - b.start_secs).abs() < 1.3e-3);
            }
            assert_eq!(back.vocals.len(), line.say.speech.vocals.len());
            for (a, b) in line.say.speech.vocals.iter().zip(&back.vocals) {
                // The same calls wherever it is read.
                assert_eq!(a.calls().count(), b.calls().count());
            }
            secs += f64::from(line.say.speech.duration_secs);
            bits += 8.0 * bytes.len() as f64;
            line.say.speech.words.clear();
            bare_bits += 8.0 * line.encode().unwrap().len() as f64;
        }
        let (mean, bare) = (bits / secs, bare_bits / secs);
        println!("pace {pace}: {mean:.0} bits a second, {bare:.0} without words, {secs:.1} s");
        assert!(mean < limit, "{mean:.0} bits a second at {pace} times the pace");
        assert!(bare < mean);
    }
}
