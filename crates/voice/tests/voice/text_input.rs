//! The text front end on whatever comes: any characters, long texts, broken files.

use crate::text::{folder, reader};
use proptest::prelude::*;
use reverie_voice::text::{Accent, MAX_PHONEMES, MAX_WORD_BYTES, Phonemizer, markup};

/// Everything that callers rely on, whatever the text.
fn check(text: &str) {
    let marked = markup(text);
    assert_eq!(marked.plain.len(), text.len());
    for mark in &marked.marks {
        assert!(text.get(mark.bytes.clone()).is_some());
    }
    let mut last = 0;
    for sentence in reader(Accent::American).sentences(text) {
        let sounds = sentence.phonemes.chars().count();
        assert!(sounds <= MAX_PHONEMES);
        assert!(sounds > 0 || !sentence.notes.is_empty());
        assert!(
            text.get(sentence.bytes.clone()).is_some_and(|part| !part.is_empty() || sounds > 0)
        );
        assert!(sentence.bytes.start >= last);
        last = sentence.bytes.start;
        let (mut bytes, mut phonemes) = (0, 0);
        for word in &sentence.words {
            assert_eq!(text.get(word.bytes.clone()), Some(word.text.as_str()));
            assert!(word.text.len() <= MAX_WORD_BYTES);
            assert!(!word.text.is_empty() && word.bytes.start >= bytes, "{word:?} of {text:?}");
            assert!(word.phonemes.start >= phonemes && word.phonemes.end <= sounds);
            assert!(word.phonemes.start < word.phonemes.end, "{word:?} of {text:?}");
            (bytes, phonemes) = (word.bytes.start, word.phonemes.end);
        }
        for note in &sentence.notes {
            assert!(text.get(note.bytes.clone()).is_some_and(|part| !part.is_empty()));
        }
    }
}

/// Pieces that rules look for, so that random texts of them meet the rules.
fn piece() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        " ",
        " ",
        " ",
        "\n",
        ".",
        ",",
        "...",
        "…",
        "!",
        "?",
        ":",
        ";",
        "-",
        "--",
        "—",
        "–",
        "'",
        "’",
        "\"",
        "“",
        "”",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "/",
        "\\",
        "_",
        "*",
        "#",
        "@",
        "&",
        "%",
        "+",
        "=",
        "<",
        ">",
        "~",
        "^",
        "|",
        "$",
        "£",
        "€",
        "¥",
        "Rs",
        "US$",
        "¢",
        "°",
        "²",
        "½",
        "™",
        "µ",
        "μg",
        "5",
        "12",
        "2024",
        "1,000",
        "3.14",
        "007",
        "9999999999999999999999999999999999999999",
        "am",
        "pm",
        "p.m.",
        "st",
        "nd",
        "th",
        "s",
        "km",
        "ft",
        "sq ft",
        "kHz",
        "January",
        "Mar",
        "Sept",
        "May",
        "the ",
        "of ",
        "Dr",
        "St",
        "Mr.",
        "No. ",
        "vs.",
        "etc.",
        "Chapter ",
        "Henry ",
        "IV",
        "I",
        "C#",
        "http://",
        "www.",
        "example.com",
        ".org",
        "a@b.co",
        "[x](/hə/)",
        "[x](2)",
        "](",
        "[a](b)",
        "[happy]",
        "[pause 2]",
        "{nod}",
        "don't",
        "I'd've",
        "U.S.A.",
        "camelCase",
        "HTML",
        "Zzyzx",
        "read",
        "to",
        "used",
        "A",
        "an",
        "👍",
        "👨‍👩‍👧",
        "🇩🇪",
        "\u{200d}",
        "\u{fe0f}",
        "e\u{301}",
        "é",
        "ß",
        "нет",
        "你",
        "ω",
        "\u{0}",
        "\u{e000}",
        "\u{feff}",
        "،",
        "。",
        "ꙮ",
        "\u{10ffff}",
    ];
    prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-zA-Z]{1,9}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_characters_are_read(text in prop::collection::vec(any::<char>(), 0..400)) {
        check(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_mixture_is_read(pieces in prop::collection::vec(piece(), 0..120)) {
        check(&pieces.concat());
    }
}

#[test]
fn long_texts_are_read_whatever_repeats() {
    const SEEDS: &[&str] = &[
        "The old man said that it costs $4.50 at 7:30 pm. ",
        "a",
        "A",
        "7",
        ".",
        "a.",
        "a-",
        "-",
        "a'",
        "'",
        "(",
        "[",
        "[a](",
        "[a](/b/)",
        "{",
        "a,",
        "a1",
        "aA",
        "1,",
        "1.",
        "$1",
        "a/b",
        "@a",
        "a@b.co",
        "http://a.b/",
        "\u{301}",
        "👍",
        "👍🚀",
        "你",
        "нет",
        "\u{1}",
        "Dr. ",
        "the 5 May ",
        "...",
        "\n",
        "I ",
        "Mr",
        "_",
        "word ",
        "Zq ",
    ];
    for seed in SEEDS {
        check(&seed.repeat(100_000 / seed.len()));
    }
}

#[test]
fn broken_files_are_named() {
    let source = folder();
    let broken = tempfile::tempdir().unwrap();
    let files = [
        "vocab.json",
        "tagger.json.gz",
        "tokenizer_exceptions.json",
        "normalize.json",
        "lexicon_us_gold.json.gz",
        "lexicon_us_silver.json.gz",
    ];
    for file in files {
        std::fs::copy(source.join(file), broken.path().join(file)).unwrap();
    }
    // The British lexicons are not needed.
    Phonemizer::load(broken.path(), Accent::American).unwrap();
    let error = Phonemizer::load(broken.path(), Accent::British).unwrap_err().to_string();
    assert!(error.contains("lexicon_gb_gold.json.gz"), "{error}");
    for file in files {
        let path = broken.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        let half = &whole[..whole.len() / 2];
        for bytes in [half, b"".as_slice(), b"[1, 2]", b"{\"tags\": 3}", &vec![b' '; 9 << 20]] {
            std::fs::write(&path, bytes).unwrap();
            let error = Phonemizer::load(broken.path(), Accent::American).unwrap_err().to_string();
            assert!(error.contains(file), "{error}");
        }
        std::fs::write(&path, &whole).unwrap();
    }
}
