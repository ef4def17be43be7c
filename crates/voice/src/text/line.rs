//! A line of text of which every byte knows where in the user's text it comes from.

use std::borrow::Cow;
use std::ops::Range;

/// A stretch of the user's text, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub(super) fn union(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Text under way from what the user wrote to what is said.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    text: String,
    /// Of each byte of `text`.
    spans: Vec<Span>,
}

/// What takes the place of a stretch of a line.
pub(super) struct Edit {
    end: usize,
    parts: Vec<Part>,
}

enum Part {
    Keep(Range<usize>),
    Put(Cow<'static, str>, Range<usize>),
}

impl Edit {
    /// Of what lies before `end`.
    pub(super) fn until(end: usize) -> Self {
        Self { end, parts: Vec::new() }
    }

    /// Leaves a stretch as it is.
    pub(super) fn kept(range: Range<usize>) -> Self {
        Self::until(range.end).keep(range)
    }

    /// Goes on with a stretch of the line as it was.
    pub(super) fn keep(mut self, range: Range<usize>) -> Self {
        self.parts.push(Part::Keep(range));
        self
    }

    /// Goes on with other words for a stretch of the line.
    pub(super) fn put(mut self, text: impl Into<Cow<'static, str>>, range: Range<usize>) -> Self {
        self.parts.push(Part::Put(text.into(), range));
        self
    }
}

impl Line {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn push(&mut self, text: &str, span: Span) {
        self.text.push_str(text);
        self.spans.resize(self.text.len(), span);
    }

    pub(super) fn push_char(&mut self, c: char, span: Span) {
        self.text.push(c);
        self.spans.resize(self.text.len(), span);
    }

    /// Takes the last character away.
    pub(super) fn pop(&mut self) -> Option<(char, Span)> {
        let c = self.text.pop()?;
        let span = self.spans.get(self.text.len()).copied()?;
        self.spans.truncate(self.text.len());
        Some((c, span))
    }

    fn append(&mut self, from: &Line, range: Range<usize>) {
        self.text.push_str(&from.text[range.clone()]);
        self.spans.extend_from_slice(&from.spans[range]);
    }

    /// Where a stretch of the line comes from; `None` for an empty one.
    pub(super) fn span(&self, range: Range<usize>) -> Option<Span> {
        self.spans[range].iter().copied().reduce(Span::union)
    }

    /// Applies a rule wherever it matches, from left to right. The rule is asked at every
    /// character; what it answers with must not end before that.
    pub(super) fn rewrite(&mut self, rule: impl Fn(&str, usize) -> Option<Edit>) {
        let mut new = Line::default();
        let (mut at, mut copied) = (0, 0);
        while at < self.text.len() {
            match Some(at).filter(|&at| self.text.is_char_boundary(at)) {
                Some(start) => match rule(&self.text, start) {
                    Some(edit) => {
                        new.append(self, copied..start);
                        for part in edit.parts {
                            match part {
                                Part::Keep(range) => new.append(self, range),
                                Part::Put(text, range) => {
                                    if let Some(span) = self.span(range) {
                                        new.push(&text, span);
                                    }
                                }
                            }
                        }
                        (at, copied) = (edit.end, edit.end);
                        // An empty match: go on behind the next character.
                        if edit.end == start {
                            at += 1;
                        }
                    }
                    None => at += 1,
                },
                None => at += 1,
            }
        }
        if copied > 0 {
            new.append(self, copied..self.text.len());
            *self = new;
        }
    }

    /// One space between words, none at the ends and none before punctuation.
    pub(super) fn tidy(&mut self) {
        let mut new = Line::default();
        for (at, c) in self.text.char_indices() {
            if c == ' ' && (new.text.is_empty() || new.text.ends_with(' ')) {
                continue;
            }
            if ",.;:!?".contains(c) && new.text.ends_with(' ') {
                new.pop();
            }
            new.push_char(c, self.spans[at]);
        }
        if new.text.ends_with(' ') {
            new.pop();
        }
        *self = new;
    }
}
