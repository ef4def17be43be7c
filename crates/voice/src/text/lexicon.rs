//! From a word to its phonemes: special cases, the two lexicons, endings.

use super::Accent;
use super::assets::TextError;
use super::dictionary::{Dictionary, Entry};
use super::stress::{self, PRIMARY, SECONDARY};
use std::path::Path;

/// What is known of the words that follow: they were read first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    /// Whether a vowel follows; `None` at a pause.
    pub future_vowel: Option<bool>,
    /// Whether "to" follows.
    pub future_to: bool,
}

/// The lexicons of one accent and the rules around them.
pub(super) struct Lexicon {
    pub(super) golds: Dictionary,
    pub(super) silvers: Dictionary,
    british: bool,
}

impl Lexicon {
    pub(super) fn load(folder: &Path, accent: Accent) -> Result<Self, TextError> {
        let (gold, silver) = match accent {
            Accent::American => ("lexicon_us_gold.json.gz", "lexicon_us_silver.json.gz"),
            Accent::British => ("lexicon_gb_gold.json.gz", "lexicon_gb_silver.json.gz"),
        };
        Ok(Self {
            golds: Dictionary::load(folder, gold)?,
            silvers: Dictionary::load(folder, silver)?,
            british: accent == Accent::British,
        })
    }

    /// Letter by letter, the last one stressed.
    pub(super) fn spelled(&self, word: &str) -> Option<String> {
        let mut phonemes = String::new();
        for letter in word.chars().filter(|c| c.is_alphabetic()) {
            let Entry::One(name) = self.golds.get(letter.to_uppercase().to_string().as_str())?
            else {
                return None;
            };
            phonemes.push_str(name);
        }
        let mut phonemes = stress::apply(phonemes, Some(0.0));
        if let Some(at) = phonemes.rfind(SECONDARY) {
            phonemes.replace_range(at..at + SECONDARY.len_utf8(), "ˈ");
        }
        Some(phonemes)
    }

    fn gold(&self, word: &str, tag: &str) -> Option<String> {
        match self.golds.get(word)? {
            Entry::One(phonemes) => Some(phonemes.to_owned()),
            Entry::Several(variants) => {
                variants.get(tag).or_else(|| variants.get("DEFAULT"))?.map(str::to_owned)
            }
        }
    }

    fn special(&self, word: &str, tag: &str, stress: Option<f32>, ctx: Context) -> Option<String> {
        let any_case = |small: &str| word.eq_ignore_ascii_case(small);
        let small_or_capital =
            |small: &str| any_case(small) && word.bytes().skip(1).all(|b| !b.is_ascii_uppercase());
        if tag == "ADD"
            && let Some(name) = match word {
                "." => Some("dot"),
                "/" => Some("slash"),
                _ => None,
            }
        {
            return self.lookup(name, None, Some(-0.5), Some(ctx));
        }
        if let Some(name) = symbol_name(word) {
            return self.lookup(name, None, None, Some(ctx));
        }
        if word.contains('.') && is_dotted_acronym(word) {
            return self.spelled(word);
        }
        if word.len() > 4 {
            return None;
        }
        if any_case("a") {
            return Some(if tag == "DT" { "ɐ" } else { "ˈA" }.to_owned());
        }
        if any_case("am") && word != "aM" {
            if tag.starts_with("NN") {
                return self.spelled(word);
            }
            if ctx.future_vowel.is_none() || word != "am" || stress.is_some_and(|s| s > 0.0) {
                return self.gold("am", tag);
            }
            return Some("ɐm".to_owned());
        }
        if any_case("an") && word != "aN" {
            if word == "AN" && tag.starts_with("NN") {
                return self.spelled(word);
            }
            return Some("ɐn".to_owned());
        }
        if word == "I" && tag == "PRP" {
            return Some("ˌI".to_owned());
        }
        if any_case("by") && word != "bY" && parent_tag(tag) == "ADV" {
            return Some("bˈI".to_owned());
        }
        if small_or_capital("to") || (word == "TO" && matches!(tag, "TO" | "IN")) {
            return match ctx.future_vowel {
                None => self.gold("to", tag),
                Some(false) => Some("tə".to_owned()),
                Some(true) => Some("tʊ".to_owned()),
            };
        }
        if small_or_capital("in") || (word == "IN" && tag != "NNP") {
            let stressed = ctx.future_vowel.is_none() || tag != "IN";
            return Some(if stressed { "ˈɪn" } else { "ɪn" }.to_owned());
        }
        if small_or_capital("the") || (word == "THE" && tag == "DT") {
            return Some(if ctx.future_vowel == Some(true) { "ði" } else { "ðə" }.to_owned());
        }
        if tag == "IN" && (any_case("vs") || any_case("vs.")) {
            return self.lookup("versus", None, None, Some(ctx));
        }
        if small_or_capital("used") || word == "USED" {
            let past = matches!(tag, "VBD" | "JJ") && ctx.future_to;
            return self.gold("used", if past { "VBD" } else { "DEFAULT" });
        }
        None
    }

    fn is_known(&self, word: &str) -> bool {
        if self.golds.contains(word) || symbol_name(word).is_some() || self.silvers.contains(word) {
            return true;
        }
        if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
            return false;
        }
        // Capitals can always be spelled.
        word[1..].bytes().all(|b| b.is_ascii_uppercase())
    }

    /// A word as it stands in a lexicon; a word in capitals that is in none is spelled.
    pub(super) fn lookup(
        &self,
        word: &str,
        tag: Option<&str>,
        stress: Option<f32>,
        ctx: Option<Context>,
    ) -> Option<String> {
        let small;
        let (mut word, mut is_name) = (word, false);
        if is_upper(word) && !self.golds.contains(word) {
            small = word.to_lowercase();
            word = &small;
            is_name = tag == Some("NNP");
        }
        let entry = match self.golds.get(word) {
            None if !is_name => self.silvers.get(word),
            gold => gold,
        };
        let phonemes = match entry {
            None => None,
            Some(Entry::One(phonemes)) => Some(phonemes),
            Some(Entry::Several(variants)) => {
                let at_pause = ctx.is_some_and(|ctx| ctx.future_vowel.is_none());
                let by_tag = match variants.get("None").filter(|_| at_pause) {
                    Some(reading) => Some(reading),
                    None => tag.and_then(|tag| {
                        variants.get(tag).or_else(|| variants.get(parent_tag(tag)))
                    }),
                };
                by_tag.or_else(|| variants.get("DEFAULT")).flatten()
            }
        };
        match phonemes.filter(|phonemes| !is_name || phonemes.contains(PRIMARY)) {
            Some(phonemes) => Some(stress::apply(phonemes.to_owned(), stress)),
            // A name without a reading of its own, or with an unstressed one, is an acronym.
            None => self.spelled(word),
        }
    }

    /// With the ending "s".
    pub(super) fn with_s(&self, mut stem: String) -> Option<String> {
        match stem.chars().next_back()? {
            'p' | 't' | 'k' | 'f' | 'θ' => stem.push('s'),
            's' | 'z' | 'ʃ' | 'ʒ' | 'ʧ' | 'ʤ' => {
                stem.push_str(if self.british { "ɪz" } else { "ᵻz" });
            }
            _ => stem.push('z'),
        }
        Some(stem)
    }

    /// With the ending "ed".
    pub(super) fn with_ed(&self, mut stem: String) -> Option<String> {
        let mut backwards = stem.chars().rev();
        let last = backwards.next()?;
        let before = backwards.next();
        match last {
            'p' | 'k' | 'f' | 'θ' | 'ʃ' | 's' | 'ʧ' => stem.push('t'),
            'd' => stem.push_str(if self.british { "ɪd" } else { "ᵻd" }),
            't' => match before {
                Some(before) if !self.british => {
                    if flaps_after(before) {
                        stem.pop();
                        stem.push('ɾ');
                    }
                    stem.push_str("ᵻd");
                }
                _ => stem.push_str("ɪd"),
            },
            _ => stem.push('d'),
        }
        Some(stem)
    }

    /// With the ending "ing".
    pub(super) fn with_ing(&self, mut stem: String) -> Option<String> {
        let mut backwards = stem.chars().rev();
        let last = backwards.next()?;
        if self.british {
            if matches!(last, 'ə' | 'ː') {
                return None;
            }
        } else if last == 't' && backwards.next().is_some_and(flaps_after) {
            stem.pop();
            stem.push('ɾ');
        }
        stem.push_str("ɪŋ");
        Some(stem)
    }

    pub(super) fn stem_s(
        &self,
        word: &str,
        tag: Option<&str>,
        stress: Option<f32>,
        ctx: Option<Context>,
    ) -> Option<String> {
        let cut = word.strip_suffix('s').filter(|_| word.chars().count() >= 3)?;
        let long = word.chars().count() > 4;
        let stem = if !word.ends_with("ss") && self.is_known(cut) {
            cut.to_owned()
        } else if let Some(stem) = cut
            .strip_suffix('\'')
            .or_else(|| cut.strip_suffix('e').filter(|_| long && !word.ends_with("ies")))
            .filter(|stem| self.is_known(stem))
        {
            stem.to_owned()
        } else {
            let stem = format!("{}y", cut.strip_suffix("ie").filter(|_| long)?);
            self.is_known(&stem).then_some(stem)?
        };
        self.with_s(self.lookup(&stem, tag, stress, ctx)?)
    }

    fn stem_ed(
        &self,
        word: &str,
        tag: Option<&str>,
        stress: Option<f32>,
        ctx: Option<Context>,
    ) -> Option<String> {
        let cut = word.strip_suffix('d').filter(|_| word.chars().count() >= 4)?;
        let stem = if !word.ends_with("dd") && self.is_known(cut) {
            cut
        } else {
            cut.strip_suffix('e')
                .filter(|_| word.chars().count() > 4 && !word.ends_with("eed"))
                .filter(|stem| self.is_known(stem))?
        };
        self.with_ed(self.lookup(stem, tag, stress, ctx)?)
    }

    fn stem_ing(
        &self,
        word: &str,
        tag: Option<&str>,
        stress: Option<f32>,
        ctx: Option<Context>,
    ) -> Option<String> {
        let cut = word.strip_suffix("ing").filter(|_| word.chars().count() >= 5)?;
        let long = word.chars().count() > 5;
        let with_e = format!("{cut}e");
        let stem = if long && self.is_known(cut) {
            cut
        } else if self.is_known(&with_e) {
            &with_e
        } else {
            let undoubled = match cut.as_bytes() {
                [.., b'c', b'k'] => &cut[..cut.len() - 1],
                [.., a, b] if a == b && b"bcdgklmnprstvxz".contains(b) => &cut[..cut.len() - 1],
                _ => return None,
            };
            Some(undoubled).filter(|stem| long && self.is_known(stem))?
        };
        self.with_ing(self.lookup(stem, tag, stress, ctx)?)
    }

    /// A word, its special cases and its endings; `None` where nothing is known of it.
    pub(super) fn word(
        &self,
        word: &str,
        tag: &str,
        stress: Option<f32>,
        ctx: Context,
    ) -> Option<String> {
        if let Some(phonemes) = self.special(word, tag, stress, ctx) {
            return Some(phonemes);
        }
        let (tag, ctx) = (Some(tag), Some(ctx));
        let small = word.to_lowercase();
        let length = word.chars().count();
        let as_small = length > 1
            && small != word
            && word.chars().all(|c| c == '\'' || c.is_alphabetic())
            && (tag != Some("NNP") || length > 7)
            && (is_upper(word) || word.chars().skip(1).all(is_lower_char))
            && !self.golds.contains(word)
            && !self.silvers.contains(word)
            && (self.golds.contains(&small)
                || self.silvers.contains(&small)
                || self.stem_s(&small, tag, stress, ctx).is_some()
                || self.stem_ed(&small, tag, stress, ctx).is_some()
                || self.stem_ing(&small, tag, stress, ctx).is_some());
        let word = if as_small { &small } else { word };
        if self.is_known(word) {
            return self.lookup(word, tag, stress, ctx);
        }
        if let Some(owner) = word.strip_suffix('\'') {
            // "dogs'" sounds as "dog's".
            let single = owner.strip_suffix('s').map(|stem| format!("{stem}'s"));
            if let Some(single) = single.filter(|single| self.is_known(single)) {
                return self.lookup(&single, tag, stress, ctx);
            }
            if self.is_known(owner) {
                return self.lookup(owner, tag, stress, ctx);
            }
        }
        self.stem_s(word, tag, stress, ctx)
            .or_else(|| self.stem_ed(word, tag, stress, ctx))
            .or_else(|| self.stem_ing(word, tag, stress.or(Some(0.5)), ctx))
    }
}

/// Between vowels an American "t" becomes a flap.
fn flaps_after(sound: char) -> bool {
    "AIOWYiuæɑəɛɪɹʊʌ".contains(sound)
}

fn symbol_name(word: &str) -> Option<&'static str> {
    match word {
        "%" => Some("percent"),
        "&" => Some("and"),
        "+" => Some("plus"),
        "@" => Some("at"),
        _ => None,
    }
}

/// "U.S.", "e.g.": letters in groups of at most two, a dot between them.
fn is_dotted_acronym(word: &str) -> bool {
    word.trim_matches('.').contains('.')
        && word.chars().all(|c| c == '.' || c.is_alphabetic())
        && word.split('.').all(|letters| letters.chars().count() < 3)
}

/// The part of speech that a finer one belongs to.
fn parent_tag(tag: &str) -> &str {
    match tag {
        _ if tag.starts_with("VB") => "VERB",
        _ if tag.starts_with("NN") => "NOUN",
        _ if tag.starts_with("ADV") || tag.starts_with("RB") => "ADV",
        _ if tag.starts_with("ADJ") || tag.starts_with("JJ") => "ADJ",
        _ => tag,
    }
}

/// Whether capitals would leave it as it is.
pub(super) fn is_upper(word: &str) -> bool {
    word.chars().all(|c| {
        let mut upper = c.to_uppercase();
        upper.next() == Some(c) && upper.next().is_none()
    })
}

fn is_lower_char(c: char) -> bool {
    let mut lower = c.to_lowercase();
    lower.next() == Some(c) && lower.next().is_none()
}
