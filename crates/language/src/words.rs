//! Words as our own network sees them: groups of letters, found by hashing.
//!
//! The same as `words_of` and `groups_of` in `python/reverie_train/prompts/model.py`.

use unicode_normalization::{UnicodeNormalization as _, char::canonical_combining_class};

/// Words behind these are not read.
pub const MOST_WORDS: usize = 128;
/// Letters of a word behind these are not read.
const MOST_LETTERS: usize = 40;

/// Lower-case words without accents; everything but letters and digits parts them.
pub fn words_of(text: &str) -> Vec<String> {
    let plain: String = text
        .to_lowercase()
        .nfkd()
        .filter(|c| canonical_combining_class(*c) == 0)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words = plain.split_whitespace().take(MOST_WORDS);
    words.map(|word| word.chars().take(MOST_LETTERS).collect()).collect()
}

/// Buckets of a word and of its groups of 3 to 5 letters, its ends marked.
pub fn groups_of(word: &str, buckets: usize) -> Vec<u32> {
    let marked: Vec<char> = std::iter::once('<').chain(word.chars()).chain(['>']).collect();
    let bucket = |letters: &[char]| {
        let text: String = letters.iter().collect();
        (u64::from(fnv(text.as_bytes())) % buckets as u64) as u32
    };
    let mut groups = vec![bucket(&marked)];
    for size in 3..=5 {
        groups.extend(marked.windows(size).map(bucket));
    }
    groups
}

/// FNV-1a, 32 bits.
fn fnv(data: &[u8]) -> u32 {
    data.iter()
        .fold(0x811C_9DC5, |value, byte| (value ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_plain() {
        assert_eq!(words_of("Café, naïve -- 7PM!"), ["cafe", "naive", "7pm"]);
        assert_eq!(words_of("山の朝 ＦＯＧ"), ["山の朝", "fog"]);
        assert!(words_of("!?… \u{1F32B}").is_empty());
        assert_eq!(words_of(&"a ".repeat(1000)).len(), MOST_WORDS);
        assert_eq!(words_of(&"b".repeat(1000))[0].len(), MOST_LETTERS);
    }

    #[test]
    fn a_word_is_itself_and_its_groups() {
        // The published value of FNV-1a.
        assert_eq!(fnv(b"foobar"), 0xBF9C_F968);
        // <fog>: itself, three of 3, two of 4, one of 5.
        let groups = groups_of("fog", 1 << 14);
        assert_eq!(groups.len(), 7);
        assert_eq!(groups[0], groups[6], "the only group of five is the word itself");
        assert_eq!(groups_of("a", 16).len(), 2);
    }
}
