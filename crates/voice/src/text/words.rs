//! From tokens to phonemes: which tokens make one word, and what each word sounds like in front of
//! the words that follow it.

use super::lexicon::{Context, Lexicon, is_upper};
use super::spoken_number::is_currency;
use super::stress::{self, PRIMARY, is_consonant, is_vowel};
use super::subtoken;
use super::unknown::Unknown;
use std::borrow::Cow;
use std::ops::Range;

/// A word of more parts than this is cut: trying all ways to join them is not linear.
const MAX_PARTS: usize = 20;

/// A token or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub text: Cow<'a, str>,
    pub tag: &'a str,
    /// Where it is, bytes of the line.
    pub at: Range<usize>,
    /// Whether a space follows.
    pub space: bool,
    /// What it sounds like; empty where it is silent.
    pub phonemes: Option<String>,
    /// The user's wish for its stress.
    pub stress: Option<f32>,
    is_head: bool,
    alias: Option<&'static str>,
    /// The sign before an amount.
    currency: Option<char>,
    /// Within a word: a pause between the sounds of the part before and its own.
    parted: bool,
}

impl<'a> Token<'a> {
    pub(super) fn new(text: &'a str, tag: &'a str, at: Range<usize>, space: bool) -> Self {
        Self {
            text: Cow::Borrowed(text),
            tag,
            at,
            space,
            phonemes: None,
            stress: None,
            is_head: true,
            alias: None,
            currency: None,
            parted: false,
        }
    }

    fn part(&self, range: Range<usize>) -> Token<'a> {
        let text = match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[range.clone()]),
            Cow::Owned(text) => Cow::Owned(text[range.clone()].to_owned()),
        };
        let at = self.at.start + range.start..self.at.start + range.end;
        Token { text, at, space: false, is_head: true, parted: false, ..self.clone() }
    }
}

/// Several parts as one token without phonemes.
fn joined<'a>(parts: &[Token<'a>]) -> Token<'a> {
    let [first, .., last] = parts else { return parts[0].clone() };
    let mut text = String::new();
    for part in parts {
        text.push_str(&part.text);
        if part.space && !std::ptr::eq(part, last) {
            text.push(' ');
        }
    }
    let prominence = |part: &Token<'_>| {
        part.text.chars().map(|c| if c.is_uppercase() { 2 } else { 1 }).sum::<usize>()
    };
    let mut most = first;
    for part in parts {
        if prominence(part) > prominence(most) {
            most = part;
        }
    }
    let mut stresses = parts.iter().filter_map(|part| part.stress);
    let stress = stresses.next().filter(|first| stresses.all(|other| other == *first));
    Token {
        text: Cow::Owned(text),
        tag: most.tag,
        at: first.at.start..last.at.end,
        space: last.space,
        phonemes: None,
        stress,
        is_head: first.is_head,
        alias: None,
        currency: parts.iter().filter_map(|part| part.currency).max(),
        parted: first.parted,
    }
}

/// Marks inside a word that make no sound.
fn is_silent(text: &str) -> bool {
    text.chars().all(|c| "',-._‘’/".contains(c))
}

/// Splits tokens into parts, gives punctuation its phonemes, and puts parts without a space
/// between them together: each inner list is one word.
pub(super) fn words<'a>(tokens: Vec<Token<'a>>) -> Vec<Vec<Token<'a>>> {
    let mut words: Vec<Vec<Token<'a>>> = Vec::new();
    // Whether the last word may be added to.
    let mut open = false;
    let mut currency: Option<(char, Range<usize>)> = None;
    let is_number = |token: Option<&Token<'_>>| token.is_some_and(|token| token.tag == "CD");
    for index in 0..tokens.len() {
        let token = &tokens[index];
        let mut parts: Vec<Token<'a>> = match token.phonemes.is_some() || token.stress.is_some() {
            true => vec![token.clone()],
            false => subtoken::split(&token.text).into_iter().map(|at| token.part(at)).collect(),
        };
        let count = parts.len();
        let to_between_letters = |index: usize| {
            index > 0
                && index + 1 < count
                && parts[index].text == "2"
                && parts[index - 1].text.ends_with(char::is_alphabetic)
                && parts[index + 1].text.starts_with(char::is_alphabetic)
        };
        let aliases: Vec<bool> = (0..count).map(to_between_letters).collect();
        if let Some(last) = parts.last_mut() {
            last.space = token.space;
        }
        for (number, mut part) in parts.into_iter().enumerate() {
            if part.phonemes.is_some() {
            } else if let Some(sign) = money_sign(&part) {
                currency = Some((sign, part.at.clone()));
                part.phonemes = Some(String::new());
            } else if let Some(phonemes) = punctuation(&part) {
                part.phonemes = Some(phonemes.into());
            } else if let Some((sign, at)) = &currency {
                if part.tag != "CD" {
                    currency = None;
                } else if number + 1 == count && !is_number(tokens.get(index + 1)) {
                    part.currency = Some(*sign);
                    if at.end == part.at.start {
                        part.at.start = at.start;
                    }
                }
            } else if aliases[number] {
                part.alias = Some("to");
            }
            let alone = part.phonemes.is_some() || part.alias.is_some();
            let space = part.space;
            match words.last_mut().filter(|word| open && !alone && word.len() < MAX_PARTS) {
                Some(word) => {
                    part.is_head = false;
                    word.push(part);
                }
                None => words.push(vec![part]),
            }
            open = !alone && !space;
        }
    }
    words
}

fn money_sign(part: &Token<'_>) -> Option<char> {
    let sign = part.text.chars().next().filter(|&sign| is_currency(sign))?;
    (part.tag == "$" && part.text.len() == sign.len_utf8()).then_some(sign)
}

fn punctuation(part: &Token<'_>) -> Option<Cow<'static, str>> {
    let text = &part.text;
    if part.tag == ":" && !text.is_empty() && text.chars().all(|c| matches!(c, '-' | '–')) {
        return Some(Cow::Borrowed("—"));
    }
    let is_mark = matches!(
        part.tag,
        "." | "," | "-LRB-" | "-RRB-" | "``" | "\"\"" | "''" | ":" | "$" | "#" | "NFP"
    );
    if !is_mark || text.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    Some(match part.tag {
        "-LRB-" => Cow::Borrowed("("),
        "-RRB-" => Cow::Borrowed(")"),
        "``" => Cow::Borrowed("“"),
        "\"\"" | "''" => Cow::Borrowed("”"),
        _ => Cow::Owned(text.chars().filter(|&c| ";:,.!?—…\"“”".contains(c)).collect()),
    })
}

/// Looks words up, from the last to the first.
pub(super) struct Reader<'a> {
    pub lexicon: &'a Lexicon,
    pub unknown: &'a Unknown,
}

impl Reader<'_> {
    /// Fills in the phonemes of all parts. Each part that sounds has in `at` all that it stands for.
    pub(super) fn read(&self, words: &mut [Vec<Token<'_>>]) {
        let mut ctx = Context::default();
        for word in words.iter_mut().rev() {
            match word.as_mut_slice() {
                [token] => self.read_single(token, &mut ctx),
                parts => self.read_parts(parts, &mut ctx),
            }
            for phonemes in word.iter_mut().filter_map(|token| token.phonemes.as_mut()) {
                if phonemes.contains(['ɾ', 'ʔ']) {
                    *phonemes = phonemes.replace('ɾ', "T").replace('ʔ', "t");
                }
            }
        }
    }

    fn read_single(&self, token: &mut Token<'_>, ctx: &mut Context) {
        if token.phonemes.is_none() {
            token.phonemes = self.look_up(token, *ctx);
        }
        if token.phonemes.is_none() {
            token.phonemes = Some(self.unknown.read(self.lexicon, &token.text));
        }
        let phonemes = token.phonemes.as_deref().unwrap_or("");
        *ctx = before(*ctx, phonemes, &token.text, token.tag);
    }

    /// Joins as many parts as a lexicon knows together, from the end.
    fn read_parts(&self, parts: &mut [Token<'_>], ctx: &mut Context) {
        let (mut left, mut right) = (0, parts.len());
        while left < right {
            let open = &parts[left..right];
            let sounding = open.iter().any(|part| part.alias.is_some() || part.phonemes.is_some());
            let found = if sounding {
                None
            } else {
                let token = joined(open);
                self.look_up(&token, *ctx).map(|phonemes| (phonemes, token))
            };
            if let Some((phonemes, token)) = found {
                *ctx = before(*ctx, &phonemes, &token.text, token.tag);
                for part in &mut parts[left..right] {
                    part.phonemes = Some(String::new());
                }
                parts[left].phonemes = Some(phonemes);
                parts[left].at = token.at;
                (left, right) = (0, left);
            } else if left + 1 < right {
                left += 1;
            } else {
                right -= 1;
                if parts[right].phonemes.is_none() {
                    if !is_silent(&parts[right].text) {
                        return self.read_unknown(parts);
                    }
                    parts[right].phonemes = Some(String::new());
                }
                left = 0;
            }
        }
        balance(parts);
        keep_apostrophe(parts);
    }

    fn read_unknown(&self, parts: &mut [Token<'_>]) {
        let whole = joined(parts);
        for part in parts.iter_mut() {
            part.phonemes = Some(String::new());
        }
        parts[0].phonemes = Some(self.unknown.read(self.lexicon, &whole.text));
        let spoken = |part: &Token<'_>| part.text.contains(char::is_alphanumeric);
        let first = parts.iter().find(|part| spoken(part)).map_or(whole.at.start, |p| p.at.start);
        let last = parts.iter().rfind(|part| spoken(part)).map_or(whole.at.end, |p| p.at.end);
        parts[0].at = first..last;
    }

    fn look_up(&self, token: &Token<'_>, ctx: Context) -> Option<String> {
        let text = token.alias.unwrap_or(&token.text);
        let word = match text.contains(['‘', '’']) {
            true => Cow::Owned(text.replace(['‘', '’'], "'")),
            false => Cow::Borrowed(text),
        };
        let stress = match word.chars().any(char::is_uppercase) {
            false => None,
            true => Some(if is_upper(&word) { 2.0 } else { 0.5 }),
        };
        match self.lexicon.word(&word, token.tag, stress, ctx) {
            Some(phonemes) => {
                let phonemes = self.lexicon.with_currency(phonemes, token.currency);
                Some(stress::apply(phonemes, token.stress))
            }
            None => self.lexicon.number_word(&word, token.currency, token.is_head, token.stress),
        }
    }
}

/// The apostrophe of "dogs'" makes no sound, but belongs to the word.
fn keep_apostrophe(parts: &mut [Token<'_>]) {
    let [.., owner, last] = parts else { return };
    if matches!(&*last.text, "'" | "‘" | "’") && owner.text.ends_with(['s', 'S']) {
        let end = last.at.end;
        let sounding =
            |part: &&mut Token<'_>| part.phonemes.as_ref().is_some_and(|p| !p.is_empty());
        if let Some(part) = parts.iter_mut().rfind(sounding) {
            part.at.end = part.at.end.max(end);
        }
    }
}

/// What the word before this one needs to know of it.
fn before(ctx: Context, phonemes: &str, text: &str, tag: &str) -> Context {
    let first = phonemes.chars().find_map(|c| match c {
        ';' | ':' | ',' | '.' | '!' | '?' | '—' | '…' => Some(None),
        _ if is_vowel(c) => Some(Some(true)),
        _ if is_consonant(c) => Some(Some(false)),
        _ => None,
    });
    Context {
        future_vowel: first.unwrap_or(ctx.future_vowel),
        future_to: matches!(text, "to" | "To") || (text == "TO" && matches!(tag, "TO" | "IN")),
    }
}

/// Lowers the stress of parts of a word of which too many are stressed, and says which parts are
/// said apart.
fn balance(parts: &mut [Token<'_>]) {
    let kinds = |part: &Token<'_>| {
        part.text.chars().filter(|c| !"',-._‘’/".contains(*c)).fold(0u8, |kinds, c| {
            kinds
                | match c {
                    _ if c.is_alphabetic() => 1,
                    _ if c.is_ascii_digit() => 2,
                    _ => 4,
                }
        })
    };
    let kinds = parts.iter().fold(0, |all, part| all | kinds(part));
    if kinds.count_ones() > 1 || parts.iter().any(|part| part.text.contains('/')) {
        parts.iter_mut().skip(1).for_each(|part| part.parted = true);
        return;
    }
    let mut sounding: Vec<(bool, usize, usize)> = parts
        .iter()
        .enumerate()
        .filter_map(|(index, part)| Some((part.phonemes.as_deref()?, index)))
        .filter(|(phonemes, _)| !phonemes.is_empty())
        .map(|(phonemes, index)| (phonemes.contains(PRIMARY), stress::weight(phonemes), index))
        .collect();
    if let [(_, _, first), (_, _, second)] = sounding[..]
        && parts[first].text.chars().count() == 1
    {
        return lower(&mut parts[second]);
    }
    let stressed = sounding.iter().filter(|(primary, _, _)| *primary).count();
    if sounding.len() < 2 || stressed <= sounding.len().div_ceil(2) {
        return;
    }
    sounding.sort_unstable();
    for (_, _, index) in &sounding[..sounding.len() / 2] {
        lower(&mut parts[*index]);
    }
}

fn lower(part: &mut Token<'_>) {
    let phonemes = part.phonemes.take().unwrap_or_default();
    part.phonemes = Some(stress::apply(phonemes, Some(-0.5)));
}

/// The sound of a whole word: its parts, with a space where they are said apart.
pub(super) fn sound(parts: &[Token<'_>]) -> String {
    let mut sound = String::new();
    for part in parts {
        let phonemes = part.phonemes.as_deref().unwrap_or("");
        if part.parted && !phonemes.is_empty() && !sound.is_empty() && !sound.ends_with(' ') {
            sound.push(' ');
        }
        sound.push_str(phonemes);
    }
    sound
}
