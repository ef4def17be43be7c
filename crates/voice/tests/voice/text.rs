//! The text front end: what words sound like, and where they stand in the text.

use reverie_voice::text::{
    Accent, Cue, MAX_PHONEMES, MarkKind, NoteKind, Phonemizer, Sentence, Style, markup,
};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Of the words, at least so many are as in the reference.
const LEAST_SHARE: f64 = 0.98;

/// Sentences that are read otherwise than by the reference on purpose: a part of each, and why.
const DELIBERATE: &[(&str, &str)] = &[
    ("hello@example.com", "an address has dots"),
    ("https://www.example.org/guide", "an address is read without its scheme"),
    ("docs.example.dev", "an address has dots"),
    ("http://example.net/a-b?id=7", "an address is read without its scheme and query"),
    ("j.doe@mail.example.co.uk", "an address has dots"),
    ("👍", "emoji have names"),
    ("😂😂😂", "emoji have names"),
    ("🐉", "emoji have names"),
    ("🎂🎉", "emoji have names"),
    ("❤️", "emoji have names"),
    ("The part I like", "no Roman numeral"),
    ("C# and F#", "sharp, not hashtag"),
    ("привет", "Cyrillic in Latin letters"),
    ("你好", "Chinese in Latin letters"),
    ("The angle θ", "Greek letters have names"),
    ("the 14 of February.", "the sentence keeps its full stop"),
];

#[derive(Deserialize)]
struct Reference {
    sentences: Vec<Example>,
    unknown: HashMap<String, HashMap<String, String>>,
}

#[derive(Deserialize)]
struct Example {
    accent: String,
    kind: String,
    text: String,
    phonemes: Vec<String>,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/voices/hibari")
}

fn reference() -> Reference {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/text_reference.json"),
    )
    .unwrap();
    serde_json::from_str(&text).unwrap()
}

/// With the answers that the reference's network gave.
pub fn reader(accent: Accent) -> &'static Phonemizer {
    static US: OnceLock<Phonemizer> = OnceLock::new();
    static GB: OnceLock<Phonemizer> = OnceLock::new();
    let answers = |name: &str| {
        let answers = reference().unknown.remove(name).unwrap();
        move |word: &str| answers.get(word).cloned()
    };
    match accent {
        Accent::American => US.get_or_init(|| {
            Phonemizer::load(&folder(), accent).unwrap().with_unknown_words(answers("us"))
        }),
        Accent::British => GB.get_or_init(|| {
            let american = reader(Accent::American);
            american.with_accent(&folder(), accent).unwrap().with_unknown_words(answers("gb"))
        }),
    }
}

fn read(text: &str) -> Vec<Sentence> {
    reader(Accent::American).phonemize(text)
}

/// How many words of two lists are alike, in order.
fn common(a: &[&str], b: &[&str]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

#[test]
fn words_sound_as_in_the_reference() {
    let reference = reference();
    let (mut alike, mut total, mut left_out) = (0, 0, 0);
    let mut by_kind: HashMap<&str, (usize, usize)> = HashMap::new();
    for example in &reference.sentences {
        let accent = if example.accent == "gb" { Accent::British } else { Accent::American };
        let sentences = reader(accent).phonemize(&example.text);
        let ours: Vec<&str> =
            sentences.iter().flat_map(|sentence| sentence.phonemes.split_whitespace()).collect();
        let theirs: Vec<&str> =
            example.phonemes.iter().flat_map(|phonemes| phonemes.split_whitespace()).collect();
        let same = common(&ours, &theirs);
        let most = ours.len().max(theirs.len());
        let reason = DELIBERATE.iter().find(|(part, _)| example.text.contains(part));
        if same < most || reason.is_some() {
            println!(
                "{} {:13} {}\n    ours   {}\n    theirs {}",
                example.accent,
                example.kind,
                example.text,
                ours.join(" "),
                theirs.join(" ")
            );
        }
        if let Some((_, reason)) = reason {
            println!("    not counted: {reason}");
            assert!(ours != theirs, "{}: is as in the reference", example.text);
            left_out += 1;
            continue;
        }
        alike += same;
        total += most;
        let (kind_alike, kind_total) = by_kind.entry(&example.kind).or_default();
        (*kind_alike, *kind_total) = (*kind_alike + same, *kind_total + most);
    }
    let mut kinds: Vec<_> = by_kind.into_iter().collect();
    kinds.sort_unstable();
    for (kind, (alike, total)) in kinds {
        println!("{kind:13} {alike} of {total}");
    }
    let share = alike as f64 / total as f64;
    println!("{alike} of {total} words alike ({share:.4}); {left_out} sentences not counted");
    assert!(share >= LEAST_SHARE, "{alike} of {total} words alike");
}

/// Each word's text and phonemes.
fn words(text: &str) -> Vec<(String, String)> {
    let mut words = Vec::new();
    for sentence in read(text) {
        let sounds: Vec<char> = sentence.phonemes.chars().collect();
        for word in sentence.words {
            assert_eq!(word.text, text[word.bytes.clone()]);
            words.push((word.text, sounds[word.phonemes].iter().collect()));
        }
    }
    words
}

fn texts(text: &str) -> Vec<String> {
    words(text).into_iter().map(|(text, _)| text).collect()
}

#[test]
fn words_are_those_of_the_user() {
    assert_eq!(
        texts("“Don't — ever! — touch (my) lamp,” he said."),
        ["Don't", "ever", "touch", "my", "lamp", "he", "said"]
    );
    assert_eq!(
        texts("It was $9.99 at 7:30 pm, on March 3rd, 2024; 5 km off."),
        ["It", "was", "$9.99", "at", "7:30", "pm", "on", "March", "3rd", "2024", "5", "km", "off"]
    );
    assert_eq!(
        texts("Dr. Smith’s  dog:\tmail j.doe@example.co.uk or https://example.org/a?b=1."),
        ["Dr.", "Smith’s", "dog", "mail", "j.doe@example.co.uk", "or", "https://example.org/a?b=1"]
    );
    assert_eq!(
        texts("The dogs' well-known U.S. ways, 10-20."),
        ["The", "dogs'", "well-known", "U.S.", "ways", "10", "-", "20"]
    );
    assert_eq!(texts("a 👍👍 b"), ["a", "👍👍", "b"]);
    assert_eq!(texts("Zo\u{308}e and нет"), ["Zo\u{308}e", "and", "нет"]);
    assert_eq!(
        texts("Henry VIII, 2024-11-05, 555-0142."),
        ["Henry", "VIII", "2024-11-05", "555-0142"]
    );
}

#[test]
fn money_is_one_word_of_several() {
    let words = words("Pay $9.99!");
    assert_eq!(words[1], ("$9.99".to_owned(), "nˈIn dˈɑləɹz ænd nˈIndi nˈIn sˈɛnts".to_owned()));
    assert_eq!(words.len(), 2);
}

#[test]
fn users_say_how_words_sound() {
    let text =
        "The wizard [Kaelith](/kˈAliθ x?€/) is [at](2) [our site. No](https://example.org/a_b).";
    let sentences = read(text);
    assert_eq!(
        words(text).iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(),
        ["The", "wizard", "Kaelith", "is", "at", "our", "site", "No"]
    );
    let sentence = &sentences[0];
    assert!(sentence.phonemes.contains("kˈAliθ x? "), "{}", sentence.phonemes);
    assert!(sentence.phonemes.contains("ˈæt "), "{}", sentence.phonemes);
    let link = text.find("[K").unwrap()..text.find(" is").unwrap();
    assert!(sentence.notes.iter().any(|n| n.kind == NoteKind::UnknownSound && n.bytes == link));
    // The plain "g" of a keyboard is no phoneme; the phonetic one is meant.
    assert_eq!(words("[go](/gO/)")[0].1, "ɡO");
    assert_eq!(read("[Mr. Kaelith. Hm](/hm/) came.").len(), 1);
}

#[test]
fn what_is_not_read_is_reported() {
    let text = "a\u{1}\u{2}b ⌘ \u{e000} нет \u{fffd}";
    let notes: Vec<_> = read(text)
        .into_iter()
        .flat_map(|sentence| sentence.notes)
        .map(|note| (text[note.bytes].to_owned(), note.kind))
        .collect();
    assert_eq!(
        notes,
        [
            ("\u{1}\u{2}".to_owned(), NoteKind::Control),
            ("⌘".to_owned(), NoteKind::Symbol),
            ("\u{e000}".to_owned(), NoteKind::Control),
            ("нет".to_owned(), NoteKind::Transliterated),
            ("\u{fffd}".to_owned(), NoteKind::Control),
        ]
    );
    let silent = read("\u{e000}");
    assert_eq!((silent.len(), silent[0].phonemes.as_str()), (1, ""));
    assert!(silent[0].notes[0].kind.is_skipped());
    assert!(read("").is_empty() && read(" \n\t ").is_empty());
}

#[test]
fn sentences_end_where_they_should() {
    let starts = |text: &str| {
        read(text)
            .iter()
            .map(|s| (text[s.bytes.clone()].to_owned(), s.ends_paragraph))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        starts("Dr. J. Doe left. \"Why?\" Nobody knew... or said.\n\nThe end"),
        [
            ("Dr. J. Doe left.".to_owned(), false),
            ("\"Why?".to_owned(), false),
            ("Nobody knew... or said.".to_owned(), true),
            ("The end".to_owned(), true),
        ]
    );
}

#[test]
fn long_sentences_come_in_pieces() {
    let clause = "the quick brown fox jumps over the lazy dog";
    let text = format!("{}, {}.", [clause; 12].join(", "), [clause; 20].join(" "));
    let pieces = read(&text);
    assert!(pieces.len() > 3);
    let mut all = Vec::new();
    for piece in &pieces {
        assert!(piece.phonemes.chars().count() <= MAX_PHONEMES);
        all.extend(piece.words.iter().map(|word| word.text.as_str()));
    }
    assert_eq!(all, text.split([' ', ',', '.']).filter(|w| !w.is_empty()).collect::<Vec<_>>());
    assert!(pieces[0].phonemes.ends_with(','));
    let finer = pieces[0].clone().split(60);
    assert!(finer.iter().all(|piece| piece.phonemes.chars().count() <= 60));
    assert_eq!(finer.iter().map(|p| p.words.len()).sum::<usize>(), pieces[0].words.len());
    for (before, after) in pieces.iter().zip(&pieces[1..]) {
        assert!(before.bytes.end <= after.bytes.start && !before.ends_paragraph);
    }
}

#[test]
fn tags_leave_places_as_they_are() {
    let text = "[happy]Hello {point:tower}there[pause 0.5], {nod:2}friend. [whisper](/x/) [Happy] {jump} [pause 99]";
    let marked = markup(text);
    assert_eq!(marked.plain.len(), text.len());
    let kinds: Vec<_> = marked.marks.iter().map(|mark| mark.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            MarkKind::Style(Style::Emotion(reverie_behavior::Emotion::Happy)),
            MarkKind::Cue(Cue::Point("tower".to_owned())),
            MarkKind::Pause { secs: 0.5 },
            MarkKind::Cue(Cue::Nod(2)),
        ]
    );
    assert_eq!(&text[marked.marks[1].bytes.clone()], "{point:tower}");
    assert!(marked.plain.ends_with("[whisper](/x/) [Happy] {jump} [pause 99]"));
    let sentence = &read(&marked.plain)[0];
    let there = sentence.words.iter().find(|word| word.text == "there").unwrap();
    assert_eq!(&text[there.bytes.clone()], "there");
    assert!(sentence.phonemes.contains("ðˈɛɹ, "), "{}", sentence.phonemes);
}

#[test]
fn what_is_read_otherwise_than_by_the_reference_is_read_so() {
    let alike = [
        ("Open 24/7.", "Open 24 7."),
        ("A solid 10/10.", "A solid 10 out of 10."),
        ("It costs $9.5 now.", "It costs $9.50 now."),
        ("He is 5'6\" tall.", "He is 5 foot 6 tall."),
        ("Play an F# here.", "Play an F sharp here."),
        ("If x ≤ 3 go on.", "If x less than or equal to 3 go on."),
        ("It was −5 there.", "It was -5 there."),
        ("Call 555-0142.", "Call 5 5 5, 0 1 4 2."),
        ("Read pages 3-5.", "Read pages 3 to 5."),
        ("Add 3/4.", "Add 3 quarters."),
        ("Wait -- what?", "Wait — what?"),
        ("A μg of it.", "A µg of it."),
        ("The cafe\u{301} is shut.", "The café is shut."),
        ("Plug in a type C cable.", "Plug in a type see cable."),
        ("We left at 5 pm.", "We left at 5 p.m."),
        ("Meet on 5 May.", "Meet on the 5th of May."),
        ("The angle Δ is small.", "The angle delta is small."),
        ("See [the page. Now](https://example.org/x_y) go.", "See the page. Now go."),
        (&"9".repeat(40), &["9"; 40].join(" ")),
    ];
    for (text, same) in alike {
        let sound = |text| read(text).into_iter().map(|s| s.phonemes).collect::<Vec<_>>().join(" ");
        assert_eq!(sound(text), sound(same), "{text}");
        assert!(!text.ends_with('.') || sound(text).ends_with('.'), "{text}");
    }
    assert_eq!(read("Use tools, e.g. Hammers.").len(), 1);
}
