//! Phonemes and their stress marks.

/// The mark before the vowel that is stressed most.
pub(super) const PRIMARY: char = 'ˈ';
/// The mark before a vowel that is stressed less.
pub(super) const SECONDARY: char = 'ˌ';

pub(super) fn is_vowel(sound: char) -> bool {
    "AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻ".contains(sound)
}

pub(super) fn is_consonant(sound: char) -> bool {
    "bdfhjklmnpstvwzðŋɡɹɾʃʒʤʧθ".contains(sound)
}

/// How long a string of phonemes is felt to be: sounds of two letters count twice.
pub(super) fn weight(phonemes: &str) -> usize {
    phonemes.chars().map(|sound| if "AIOQWYʤʧ".contains(sound) { 2 } else { 1 }).sum()
}

/// Raises or lowers the stress of a word: below -1 takes all marks away, -1 makes the main stress a
/// secondary one, 0 and -0.5 as -1 where there is a main stress; 0 to 1 give a secondary one where
/// there is none; from 1 on a secondary one becomes the main stress; 2 gives a main stress.
pub(super) fn apply(phonemes: String, stress: Option<f32>) -> String {
    let Some(stress) = stress else { return phonemes };
    let primary = phonemes.contains(PRIMARY);
    let secondary = phonemes.contains(SECONDARY);
    if stress < -1.0 {
        phonemes.replace([PRIMARY, SECONDARY], "")
    } else if stress == -1.0 || (primary && (stress == 0.0 || stress == -0.5)) {
        phonemes.replace(SECONDARY, "").replace(PRIMARY, "ˌ")
    } else if !primary && !secondary && (0.0..=1.0).contains(&stress) {
        before_first_vowel(phonemes, SECONDARY)
    } else if stress >= 1.0 && !primary && secondary {
        phonemes.replace(SECONDARY, "ˈ")
    } else if stress > 1.0 && !primary && !secondary {
        before_first_vowel(phonemes, PRIMARY)
    } else {
        phonemes
    }
}

fn before_first_vowel(mut phonemes: String, mark: char) -> String {
    if let Some(at) = phonemes.find(is_vowel) {
        phonemes.insert(at, mark);
    }
    phonemes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_is_raised_and_lowered() {
        let with = |phonemes: &str, stress| apply(phonemes.to_owned(), Some(stress));
        assert_eq!(with("kˌæntˈin", -2.0), "kæntin");
        assert_eq!(with("kˌæntˈin", -0.5), "kæntˌin");
        assert_eq!(with("ðæt", 0.5), "ðˌæt");
        assert_eq!(with("ðæt", 2.0), "ðˈæt");
        assert_eq!(with("ðˌæt", 2.0), "ðˈæt");
        assert_eq!(with("ðˈæt", 2.0), "ðˈæt");
        assert_eq!(with("hm", 2.0), "hm");
        assert_eq!(apply("ðæt".to_owned(), None), "ðæt");
    }
}
