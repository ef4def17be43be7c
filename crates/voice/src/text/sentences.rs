//! Where sentences end.

use super::links::Link;
use super::normalize::Normalizer;
use std::ops::Range;

/// How far a title or an initial is looked for before a full stop, bytes.
const MAX_TITLE_BYTES: usize = 40;

/// A sentence of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Whether a line break follows, or the end.
    pub ends_paragraph: bool,
}

/// Splits at line breaks and behind full stops, question and exclamation marks and ellipses. A link is
/// never split.
pub(super) fn split(text: &str, links: &[Link], normalizer: &Normalizer) -> Vec<Bounds> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let end = start + line.len();
        split_line(text, start..end, links, normalizer, &mut sentences);
        start = end + 1;
    }
    sentences
}

fn split_line(
    text: &str,
    line: Range<usize>,
    links: &[Link],
    normalizer: &Normalizer,
    sentences: &mut Vec<Bounds>,
) {
    let mut cut = line.start;
    let mut links = links.iter().skip_while(|link| link.whole.end <= line.start).peekable();
    let mut after_mark = false;
    for (offset, c) in text[line.clone()].char_indices() {
        let at = line.start + offset;
        if after_mark && let Some(next) = next_sentence(text, at..line.end) {
            while links.next_if(|link| link.whole.end <= at).is_some() {}
            let in_link = links.peek().is_some_and(|link| link.whole.contains(&at));
            if !in_link && ends_sentence(text, line.start..at, next, normalizer) {
                push(text, cut..at, false, sentences);
                cut = next;
            }
        }
        after_mark = matches!(c, '.' | '!' | '?' | '…');
    }
    push(text, cut..line.end, true, sentences);
}

/// Where the next sentence would start if one ended here: closing quotes and a space lie between.
fn next_sentence(text: &str, range: Range<usize>) -> Option<usize> {
    let closers = text[range.clone()].trim_start_matches(['"', '”', '’', ')', ']']);
    let next = closers.trim_start();
    (next.len() < closers.len() && !next.is_empty()).then_some(range.end - next.len())
}

/// Not behind a title, an initial or "e.g.", and not before a word in small letters.
fn ends_sentence(text: &str, line: Range<usize>, next: usize, normalizer: &Normalizer) -> bool {
    if text[next..].starts_with(char::is_lowercase) {
        return false;
    }
    let Some(before) = text[line].strip_suffix('.') else { return true };
    let tail =
        before.char_indices().rev().take_while(|(at, _)| before.len() - at <= MAX_TITLE_BYTES);
    let start = tail.take_while(|&(_, c)| c != ' ').last().map_or(before.len(), |(at, _)| at);
    let word = before[start..].trim_start_matches(['(', '"', '“', '\'', '‘']);
    let mut letters = word.chars();
    let initial = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    !(initial || matches!(word, "e.g" | "i.e" | "vs") || normalizer.is_title(word))
}

fn push(text: &str, range: Range<usize>, ends_paragraph: bool, sentences: &mut Vec<Bounds>) {
    let trimmed = text[range.clone()].trim_start();
    let start = range.end - trimmed.len();
    let end = start + trimmed.trim_end().len();
    if start < end {
        sentences.push(Bounds { range: start..end, ends_paragraph });
    } else if ends_paragraph && let Some(last) = sentences.last_mut() {
        last.ends_paragraph = true;
    }
}
