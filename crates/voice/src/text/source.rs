//! From the user's characters to a line of the characters that the rules know: controls go, emoji get
//! their names, other scripts are written in Latin letters, links become one mark each.

use super::line::{Line, Span};
use super::links::{Link, Target};
use super::normalize::Normalizer;
use super::{Note, NoteKind};
use std::ops::Range;
use unicode_normalization::char::compose;

/// Stands for a link in a line; the user's own are dropped.
pub(super) const LINK_MARK: char = '\u{e000}';

/// Latin letters up to here are kept as they are: lexicons and network know them.
const LAST_LATIN: char = '\u{17f}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// Characters above Latin that the tokenizer's rules know.
const KNOWN: &str = "‘’‚“”„–—…†‡•™€₽₹₩₪₺₴₦₫₱₲₵₸₼₾₿฿、。！？，；：（）〔〕【】「」『』《》〈〉～·";

/// A line of a sentence, and what was left out of it.
pub(super) struct Source<'a> {
    text: &'a str,
    normalizer: &'a Normalizer,
    pub line: Line,
    pub notes: Vec<Note>,
    /// The links whose sound or stress the user gave, by the order of their marks.
    pub links: Vec<&'a Link>,
}

impl<'a> Source<'a> {
    /// Reads a sentence: a range of the text, with the links that lie in it.
    pub(super) fn read(
        text: &'a str,
        range: Range<usize>,
        links: &'a [Link],
        normalizer: &'a Normalizer,
    ) -> Self {
        let mut source =
            Self { text, normalizer, line: Line::default(), notes: Vec::new(), links: Vec::new() };
        let mut at = range.start;
        for link in links {
            source.read_plain(at..link.whole.start);
            match link.target {
                Target::Elsewhere => source.read_plain(link.label.clone()),
                Target::Phonemes(_) | Target::Stress(_) => {
                    let span = Span { start: link.label.start, end: link.label.end };
                    source.line.push_char(LINK_MARK, span);
                    source.links.push(link);
                }
            }
            at = link.whole.end;
        }
        source.read_plain(at..range.end);
        source
    }

    fn read_plain(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while let Some(c) = self.text[at..range.end].chars().next() {
            let end = at + c.len_utf8();
            at = match c {
                _ if c.is_whitespace() => {
                    self.push_space(Span { start: at, end });
                    end
                }
                ' '..='~' => {
                    self.line.push_char(c, Span { start: at, end });
                    end
                }
                _ => self.read_other(c, at..end, range.end),
            };
        }
    }

    /// Reads a character beyond ASCII (or several: an emoji); where the next one starts.
    fn read_other(&mut self, c: char, at: Range<usize>, until: usize) -> usize {
        let span = Span { start: at.start, end: at.end };
        if is_silent_format(c) {
            return at.end;
        }
        if c.is_control() || is_private(c) {
            self.note(at.clone(), NoteKind::Control);
            return at.end;
        }
        if is_combining(c) {
            self.combine(c, span);
            return at.end;
        }
        let text = self.text;
        let symbol = &text[at.clone()];
        match c {
            '’' => self.line.push_char('\'', span),
            '‒' | '−' => self.line.push_char('-', span),
            '―' => self.line.push_char('—', span),
            '‼' | '⁉' => self.line.push_char(if c == '‼' { '!' } else { '?' }, span),
            // Most type the Greek letter for micro.
            'μ' if text[at.end..until].starts_with(['g', 'm']) => self.line.push_char('µ', span),
            _ if c <= LAST_LATIN || KNOWN.contains(c) || self.normalizer.is_symbol(symbol) => {
                self.line.push_char(c, span);
            }
            _ => {
                if let Some(words) = relation(c) {
                    self.push_words(words, span);
                } else if let Some(end) = self.read_emoji(at.start, until) {
                    return end;
                } else if let Some(name) = self.letter_name(c, &at, until) {
                    self.push_words(name, span);
                } else {
                    self.transliterate(c, at.clone());
                }
            }
        }
        at.end
    }

    fn note(&mut self, at: Range<usize>, kind: NoteKind) {
        match self.notes.last_mut() {
            Some(last) if last.kind == kind && last.bytes.end == at.start => {
                last.bytes.end = at.end
            }
            _ => self.notes.push(Note { bytes: at, kind }),
        }
    }

    fn push_space(&mut self, span: Span) {
        if !self.line.text().is_empty() && !self.line.text().ends_with(' ') {
            self.line.push_char(' ', span);
        }
    }

    fn push_words(&mut self, words: &str, span: Span) {
        self.push_space(span);
        self.line.push(words, span);
        self.line.push_char(' ', span);
    }

    /// Puts a mark onto the letter before it, where there is a letter for both together.
    fn combine(&mut self, mark: char, span: Span) {
        let Some((base, base_span)) = self.line.pop() else { return };
        let both = compose(base, mark).filter(|&both| both <= LAST_LATIN);
        self.line.push_char(both.unwrap_or(base), base_span.union(span));
    }

    /// An emoji here, with all that belongs to it; repetitions are said once.
    fn read_emoji(&mut self, start: usize, until: usize) -> Option<usize> {
        let (name, first_end) = emoji(&self.text[start..until])?;
        let cluster = &self.text[start..start + first_end];
        let mut end = start + first_end;
        while self.text[end..until].starts_with(cluster) {
            end += cluster.len();
        }
        let span = Span { start, end };
        // Said as an aside, not as part of what stands before it.
        if self.line.text().trim_end().ends_with(char::is_alphanumeric) {
            self.line.push_char(',', span);
        }
        self.push_words(&name, span);
        Some(end)
    }

    /// A Greek letter that stands alone is called by its name.
    fn letter_name(&self, c: char, at: &Range<usize>, until: usize) -> Option<&'static str> {
        let lonely = !self.text[..at.start].ends_with(char::is_alphabetic)
            && !self.text[at.end..until].starts_with(char::is_alphabetic);
        if lonely { greek_letter(c) } else { None }
    }

    fn transliterate(&mut self, c: char, at: Range<usize>) {
        let span = Span { start: at.start, end: at.end };
        let latin = deunicode::deunicode_char(c).unwrap_or("");
        if c.is_alphanumeric() {
            let is_letter = |c: char| c.is_ascii_alphanumeric();
            if !latin.contains(is_letter) {
                // Some letters only soften the one before them.
                if latin.is_empty() || latin == "[?]" {
                    self.note(at, NoteKind::Script);
                }
                return;
            }
            // Signs that are syllables of their own come with a space behind them.
            let syllable = latin.ends_with(' ');
            if syllable && self.line.text().ends_with(char::is_alphanumeric) {
                self.push_space(span);
            }
            let latin: String = latin.chars().filter(|&c| is_letter(c) || c == ' ').collect();
            self.line.push(latin.trim_end(), span);
            if syllable {
                self.line.push_char(' ', span);
            }
            self.note(at, NoteKind::Transliterated);
        } else if let [mark @ (b'.' | b',' | b'!' | b'?' | b';' | b':' | b'"' | b'\'' | b'-')] =
            latin.trim().as_bytes()
        {
            self.line.push_char(char::from(*mark), span);
        } else {
            self.note(at, NoteKind::Symbol);
        }
    }
}

/// No sound and no sight: soft hyphens, joiners, marks of direction, variation selectors.
fn is_silent_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fffc}'..='\u{ffff}' | '\u{f0000}'..='\u{10ffff}')
        || (c as u32) & 0xfffe == 0xfffe
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn relation(c: char) -> Option<&'static str> {
    Some(match c {
        '≤' => "less than or equal to",
        '≥' => "greater than or equal to",
        '≠' => "not equal to",
        '≈' => "approximately",
        '∞' => "infinity",
        '√' => "the square root of",
        _ => return None,
    })
}

fn greek_letter(c: char) -> Option<&'static str> {
    const NAMES: [&str; 25] = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
        "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon",
        "phi", "chi", "psi", "omega",
    ];
    let first = match c {
        'α'..='ω' => 'α',
        'Α'..='Ω' => 'Α',
        _ => return None,
    };
    NAMES.get((c as usize).checked_sub(first as usize)?).copied()
}

/// The name of an emoji at the start of a text, and how many bytes belong to it.
fn emoji(text: &str) -> Option<(String, usize)> {
    let mut chars = text.char_indices();
    let (_, first) = chars.next()?;
    if (first as u32) < 0x203c {
        return None;
    }
    let flag = |c: char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    let mut ends = vec![first.len_utf8()];
    let (mut joined, mut flags) = (false, usize::from(flag(first)));
    for (at, c) in chars {
        let belongs = joined
            || matches!(c, ZERO_WIDTH_JOINER | '\u{fe0e}' | '\u{fe0f}' | '\u{20e3}'
                | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
            || (flag(c) && flags == 1);
        if !belongs || ends.len() > 16 {
            break;
        }
        flags += usize::from(flag(c));
        joined = c == ZERO_WIDTH_JOINER;
        ends.push(at + c.len_utf8());
    }
    let (emoji, end) =
        ends.iter().rev().find_map(|&end| emojis::get(&text[..end]).map(|emoji| (emoji, end)))?;
    let name = emoji.name();
    let name = match name.split_once(": ") {
        Some(("flag", country)) => format!("flag of {country}"),
        Some(("keycap", key)) => key.to_owned(),
        // "thumbs up: medium skin tone", "family: man, woman, girl".
        Some((name, _)) => name.to_owned(),
        None => name.to_owned(),
    };
    // What only colours it is no emoji of its own.
    let rest = text[end..]
        .chars()
        .take_while(|&c| matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'));
    let end = end + rest.map(char::len_utf8).sum::<usize>();
    Some((name, end))
}
