//! Laughter, sighs and breaths, measured on their samples.

use crate::fixture::{shipped, voice};
use crate::measure::{pitch_hz, rms};
use reverie_behavior::{Act, Say, Speech, Timeline, Vocal, VocalKind};
use reverie_voice::text::{MarkKind, markup};
use reverie_voice::{Chunk, SAMPLE_RATE_HZ, Script, Speaker, VoiceSpec};

const TAGS: [(&str, VocalKind); 5] = [
    ("[laugh]", VocalKind::Laugh),
    ("[chuckle]", VocalKind::Chuckle),
    ("[sigh]", VocalKind::Sigh),
    ("[breath]", VocalKind::Breath),
    ("[gasp]", VocalKind::Gasp),
];

fn of(preset: &str) -> Speaker {
    let path = shipped(&format!("voices/presets/{preset}.ron"));
    Speaker::new(voice(), VoiceSpec::read(&path).unwrap()).unwrap()
}

fn said(speaker: &Speaker, text: &str) -> (Vec<f32>, Speech) {
    speaker.say(&Script::new(text)).whole()
}

fn at(secs: f32) -> usize {
    (secs * SAMPLE_RATE_HZ as f32).round() as usize
}

fn db(part: f32) -> f32 {
    20.0 * part.max(1e-9).log10()
}

/// The level every 2 ms over windows of 30 ms, and the times of its peaks that stand 4 dB above both dips beside
/// them and within 16 dB of the highest.
fn envelope_peaks(samples: &[f32]) -> Vec<f32> {
    let (window, hop) = (at(0.03), at(0.002));
    let starts = (0..samples.len().saturating_sub(window)).step_by(hop);
    let levels: Vec<f32> = starts.map(|s| db(rms(&samples[s..s + window]))).collect();
    let top = levels.iter().copied().fold(f32::MIN, f32::max);
    let mut peaks = Vec::new();
    let (mut high, mut low, mut climbing) = ((0, f32::MIN), f32::MAX, true);
    for (index, level) in levels.iter().copied().enumerate() {
        if climbing {
            if level > high.1 {
                high = (index, level);
            } else if level < high.1 - 4.0 {
                if high.1 > top - 16.0 {
                    peaks.push((high.0 * hop + window / 2) as f32 / SAMPLE_RATE_HZ as f32);
                }
                (climbing, low) = (false, level);
            }
        } else if level < low {
            low = level;
        } else if level > low + 4.0 {
            (climbing, high) = (true, (index, level));
        }
    }
    peaks
}

#[test]
fn tags_and_spelt_laughter_are_found_and_the_rest_stays_text() {
    let kinds = |text: &str| -> Vec<(VocalKind, bool, String)> {
        let marked = markup(text);
        assert_eq!(marked.plain.len(), text.len());
        let vocals = marked.marks.iter().filter_map(|mark| match mark.kind {
            MarkKind::Vocal { kind, secs } => {
                Some((kind, secs.is_some(), text[mark.bytes.clone()].to_owned()))
            }
            _ => None,
        });
        vocals.collect()
    };
    for (tag, kind) in TAGS {
        assert_eq!(kinds(tag), [(kind, false, tag.to_owned())]);
        let timed = tag.replace(']', " 1.0]");
        assert_eq!(kinds(&timed), [(kind, true, timed.clone())]);
    }
    use VocalKind::{Breath, Chuckle, Gasp, Laugh, Sigh};
    let found = [
        ("haha", Laugh, "haha"),
        ("That is funny, hahaha!", Laugh, "hahaha!"),
        ("HAHA you", Laugh, "HAHA"),
        ("Ha ha ha, no.", Laugh, "Ha ha ha,"),
        ("ha-ha", Laugh, "ha-ha"),
        ("Ahahaha... well", Laugh, "Ahahaha..."),
        ("hehe", Chuckle, "hehe"),
        ("Heh heh.", Chuckle, "Heh heh."),
        ("Oh, hee hee!", Chuckle, "hee hee!"),
        ("*laughs* Sure", Laugh, "*laughs*"),
        ("*chuckles softly*", Chuckle, "*chuckles softly*"),
        ("(sighs)", Sigh, "(sighs)"),
        ("(Sighs deeply) Well", Sigh, "(Sighs deeply)"),
        ("*gasps*!", Gasp, "*gasps*!"),
        ("[laughs]", Laugh, "[laughs]"),
        ("*takes a deep breath*", Breath, "*takes a deep breath*"),
        ("“haha”", Laugh, "haha"),
    ];
    for (text, kind, bytes) in found {
        let all = kinds(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        assert_eq!((all[0].0, all[0].2.as_str()), (kind, bytes), "{text}");
    }
    for text in [
        "Ha!",
        "aha",
        "he he did",
        "Did he? He he",
        "Hahaburg",
        "haha.com",
        "www.haha.com",
        "haha's",
        "me@haha",
        "Omaha Ha",
        "[haha](/hˈɑhɑ/)",
        "[laugh](/lˈæf/)",
        "[Laugh loud]",
        "[laugh ]",
        "[laugh 99]",
        "[laugh 0]",
        "[laugh -1]",
        "[laugh 1e0]",
        "[laugh nan]",
        "[ laugh]",
        "[laugh",
        "**laughs**",
        "* laughs *",
        "2*laughs*3",
        "(he laughs)",
        "(laughs at me)",
        "[a link](laughs)",
        "hahä",
        "She laughs.",
        "phew",
    ] {
        assert_eq!(kinds(text), [], "{text}");
        let marks = markup(text).marks;
        assert!(marks.is_empty(), "{text}: {marks:?}");
    }
}

#[test]
fn vocals_are_announced_before_they_sound_and_stand_in_order() {
    let speaker = of("mara");
    let text = "Well, [sigh] I know. [laugh 1.5] Haha! {nod} Really.";
    let script = Script::new(text);
    let chunks: Vec<Chunk> = speaker.say(&script).collect();
    let mut count = 0;
    let mut kinds = Vec::new();
    for chunk in &chunks {
        let secs = count as f64 / f64::from(SAMPLE_RATE_HZ);
        assert!((chunk.start_secs - secs).abs() < 1e-9);
        if let Some(sentence) = &chunk.sentence {
            assert!(chunk.samples.is_empty());
            for vocal in &sentence.speech.vocals {
                kinds.push((vocal.kind, &text[sentence.bytes.clone()]));
                assert!(vocal.end_secs > vocal.start_secs);
                assert!(vocal.end_secs <= sentence.speech.duration_secs + 1e-4);
            }
        }
        count += chunk.samples.len();
    }
    use VocalKind::{Laugh, Sigh};
    assert_eq!(kinds, [(Sigh, "[sigh]"), (Laugh, "[laugh 1.5]"), (Laugh, "Haha!")]);
    let (samples, speech) = speaker.say(&script).whole();
    assert_eq!(samples.len(), count);
    assert_eq!(speech.vocals.len(), 3);
    assert!((speech.vocals[1].secs() - 1.5).abs() < 0.02);
    let words: Vec<&str> = speech.words.iter().map(|w| w.text.as_str()).collect();
    assert_eq!(words, ["Well", "I", "know", "Really"]);
    let say = Say { speech, ..Say::default() };
    Timeline::default().insert(0.0, Act::Say(Box::new(say))).unwrap();
}

#[test]
fn a_seed_decides_and_the_same_seed_the_same() {
    let speaker = of("joseph");
    for (tag, _) in TAGS {
        let with = |seed| speaker.clone().with_seed(seed).say(&Script::new(tag)).whole();
        let one = with(1);
        assert_eq!(one, with(1));
        assert!(one.0 != with(2).0);
        // Stopped early, it was the same so far.
        let script = Script::new(tag);
        let speaker = speaker.clone().with_seed(1);
        let first = speaker.say(&script).find(|chunk| !chunk.samples.is_empty()).unwrap();
        assert_eq!(first.samples, one.0[..first.samples.len()]);
    }
}

/// Calls of a laugh by its samples: how many, and how often.
fn calls_of(samples: &[f32], laugh: &Vocal) -> Vec<f32> {
    envelope_peaks(&samples[..at(laugh.bout_secs())])
}

#[test]
fn laughter_is_bouts_of_voiced_calls_above_the_pitch_of_speech() {
    for preset in ["mara", "joseph", "amara", "kenji"] {
        let speaker = of(preset);
        let (speech, _) = said(&speaker, "There is a village behind the hill over there.");
        let spoken_hz = pitch_hz(&speech);
        let (samples, timing) = said(&speaker, "[laugh 2.4]");
        let laugh = timing.vocals[0];
        let peaks = calls_of(&samples, &laugh);
        let rate = (peaks.len() - 1) as f32 / (peaks[peaks.len() - 1] - peaks[0]);
        let hz = pitch_hz(&samples[..at(laugh.bout_secs())]);
        let semitones = 12.0 * (hz / spoken_hz).log2();
        let loudest = samples.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        let above = db(rms(&samples[..at(laugh.bout_secs())]) / rms(&speech));
        let calls: Vec<_> = laugh.calls().collect();
        // When its call is heard.
        let off =
            calls.iter().zip(&peaks).map(|(call, peak)| peak - call.start_secs - 0.5 * call.secs);
        let off: f32 = off.sum::<f32>() / peaks.len() as f32;
        println!(
            "{preset}: {} of {} calls heard, {rate:.2} a second, {off:.3} s late, {spoken_hz:.0} Hz spoken, {hz:.0} Hz \
             laughed ({semitones:.1} semitones), peak {loudest:.2}, {above:.1} dB against speech",
            peaks.len(),
            calls.len(),
        );
        assert_eq!(peaks.len(), calls.len(), "{preset}");
        assert!((4.0..=5.2).contains(&rate), "{preset}: {rate} calls a second");
        assert!((3.0..=12.0).contains(&semitones), "{preset}: {semitones} semitones");
        assert!(loudest < 0.95 && (-8.0..6.0).contains(&above), "{preset}: {loudest} {above}");
        assert!(off.abs() < 0.03, "{preset}: {off}");
        // The first calls are louder than the last one, and a breath in follows.
        let level = |call: &reverie_behavior::Call| {
            rms(&samples[at(call.start_secs)..at(call.start_secs + call.secs)])
        };
        let (first, last) = (level(&calls[1]), level(&calls[calls.len() - 1]));
        assert!(last < 0.6 * first, "{preset}: {first} {last}");
        let breath = rms(&samples[at(laugh.bout_secs() + 0.15)..at(laugh.end_secs - 0.1)]);
        let breath_db = db(breath / rms(&speech));
        assert!((-35.0..-8.0).contains(&breath_db), "{preset}: breath {breath_db}");
    }
}

#[test]
fn breaths_have_sensible_levels_and_no_voice() {
    for preset in ["mara", "joseph"] {
        let speaker = of(preset);
        let loud = rms(&said(&speaker, "There is a village behind the hill.").0);
        for (tag, least, most) in
            [("[breath]", -34.0, -14.0), ("[gasp]", -24.0, -6.0), ("[sigh]", -26.0, -6.0)]
        {
            let (samples, timing) = said(&speaker, tag);
            let level = db(rms(&samples) / loud);
            println!("{preset} {tag}: {level:.1} dB, {:.2} s", timing.duration_secs);
            assert!((least..most).contains(&level), "{preset} {tag}: {level} dB");
            if tag != "[sigh]" {
                let clear = crate::measure::periodicity(&samples);
                assert!(clear < 0.6, "{preset} {tag}: {clear}");
            }
        }
    }
}

#[test]
fn any_voice_and_style_stays_within_full_scale() {
    let specs = [
        VoiceSpec { pitch_hz: 60.0, tract_length: 1.3, loudness_db: 12.0, ..VoiceSpec::default() },
        VoiceSpec {
            pitch_hz: 450.0,
            tract_length: 0.72,
            loudness_db: 12.0,
            ..VoiceSpec::default()
        },
        VoiceSpec { breathiness: 1.0, roughness: 1.0, tremor: 1.0, ..VoiceSpec::default() },
    ];
    for spec in specs {
        let speaker = Speaker::new(voice(), spec).unwrap();
        for style in ["", "[shout] ", "[whisper] ", "[sad] "] {
            for (tag, _) in TAGS {
                let (samples, speech) = said(&speaker, &format!("{style}{tag}"));
                // The loudest are pressed below 1, and not cut off.
                assert!(samples.iter().all(|x| x.is_finite() && x.abs() <= 1.0));
                assert_eq!(samples.len(), at(speech.duration_secs));
                assert!(rms(&samples) > 1e-5, "{style}{tag}");
            }
        }
    }
    // Whispered laughter has no voice.
    let speaker = of("mara");
    let (samples, _) = said(&speaker, "[whisper] [laugh]");
    assert!(crate::measure::periodicity(&samples) < 0.6);
}
