//! The word pieces that MiniLM reads, cut as its own tokenizer cuts them (BERT, lower case).

use crate::error::PromptError;
use std::collections::HashMap;
use unicode_general_category::{GeneralCategory as Category, get_general_category as category};
use unicode_normalization::UnicodeNormalization as _;

/// The model whose file is the list of pieces.
const MODEL: &str = super::prompt::MINILM_MODELS[1];
/// Tokens behind these are not read, as in the model's own configuration.
pub const MOST_TOKENS: usize = 256;
/// A longer word is unknown, letters.
const MOST_LETTERS: usize = 100;
/// Pieces that a list may have at most.
const MOST_PIECES: usize = 1 << 17;

/// The list of pieces.
pub struct WordPieces {
    ids: HashMap<String, u32>,
    unknown: u32,
    first: u32,
    last: u32,
}

impl WordPieces {
    /// Takes the bytes of a list, one piece a line.
    pub fn new(list: &[u8]) -> Result<Self, PromptError> {
        let bad = |problem: String| PromptError::Vocabulary { model: MODEL, problem };
        let text = std::str::from_utf8(list).map_err(|e| bad(format!("is not UTF-8: {e}")))?;
        let ids: HashMap<String, u32> =
            text.lines().take(MOST_PIECES).map(str::to_owned).zip(0..).collect();
        let id = |piece: &str| {
            ids.get(piece).copied().ok_or_else(|| bad(format!("has no piece `{piece}`")))
        };
        let (unknown, first, last) = (id("[UNK]")?, id("[CLS]")?, id("[SEP]")?);
        Ok(Self { unknown, first, last, ids })
    }

    /// Pieces that there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The tokens of a text, at most [`MOST_TOKENS`], with those that stand at both ends.
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        let mut tokens = vec![self.first];
        for word in split(text) {
            if tokens.len() >= MOST_TOKENS - 1 {
                break;
            }
            self.push(&word, &mut tokens);
        }
        tokens.truncate(MOST_TOKENS - 1);
        tokens.push(self.last);
        tokens
    }

    /// Adds the longest pieces of a word, one after another.
    fn push(&self, word: &[char], tokens: &mut Vec<u32>) {
        let before = tokens.len();
        let mut start = 0;
        while start < word.len() && word.len() <= MOST_LETTERS {
            let found = (start + 1..=word.len()).rev().find_map(|end| {
                let mut piece = String::from(if start > 0 { "##" } else { "" });
                piece.extend(&word[start..end]);
                Some((*self.ids.get(&piece)?, end))
            });
            let Some((id, end)) = found else { break };
            tokens.push(id);
            start = end;
        }
        if start < word.len() {
            tokens.truncate(before);
            tokens.push(self.unknown);
        }
    }
}

/// Words and signs of a text in lower case, without accents.
fn split(text: &str) -> Vec<Vec<char>> {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => clean.push(' '),
            '\0' | '\u{FFFD}' => {}
            _ if other(c) => {}
            _ if c.is_whitespace() => clean.push(' '),
            _ if ideograph(c) => clean.extend([' ', c, ' ']),
            _ => clean.push(c),
        }
    }
    let bare: String = clean.nfd().filter(|c| category(*c) != Category::NonspacingMark).collect();
    let mut words = Vec::new();
    for word in bare.to_lowercase().split_whitespace() {
        let mut letters = Vec::new();
        for c in word.chars() {
            if sign(c) {
                words.extend([std::mem::take(&mut letters), vec![c]]);
            } else {
                letters.push(c);
            }
        }
        words.push(letters);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Control and format characters, private and unassigned ones.
fn other(c: char) -> bool {
    use Category::{Control, Format, PrivateUse, Surrogate, Unassigned};
    matches!(category(c), Control | Format | PrivateUse | Surrogate | Unassigned)
}

fn sign(c: char) -> bool {
    use Category as C;
    c.is_ascii_punctuation()
        || matches!(
            category(c),
            C::ConnectorPunctuation
                | C::DashPunctuation
                | C::OpenPunctuation
                | C::ClosePunctuation
                | C::InitialPunctuation
                | C::FinalPunctuation
                | C::OtherPunctuation
        )
}

/// Chinese characters are words of their own.
fn ideograph(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
        | 0x2B820..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces() -> WordPieces {
        let list = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nsnow\n##y\nvalley\ncafe\n,\n山\na\n";
        WordPieces::new(list.as_bytes()).expect("a list")
    }

    #[test]
    fn words_become_their_longest_pieces() {
        let pieces = pieces();
        assert_eq!(pieces.tokens("Snowy,  VALLEY"), [2, 4, 5, 8, 6, 3]);
        assert_eq!(
            pieces.tokens("Café\u{200B} snowq"),
            [2, 7, 1, 3],
            "no piece for q: all unknown"
        );
        assert_eq!(pieces.tokens("山a"), [2, 9, 10, 3]);
        assert_eq!(pieces.tokens(&"y".repeat(101)), [2, 1, 3]);
        assert_eq!(pieces.tokens(""), [2, 3]);
        assert_eq!(pieces.tokens(&"snowy ".repeat(900)).len(), MOST_TOKENS);
    }

    #[test]
    fn lists_that_are_none_are_named() {
        for (list, part) in
            [(&b"\xFF"[..], "UTF-8"), (b"a\nb", "no piece `[UNK]`"), (b"[UNK]\n[CLS]", "`[SEP]`")]
        {
            let error = WordPieces::new(list).err().expect(part).to_string();
            assert!(error.contains(part) && error.contains(MODEL), "{error}");
        }
    }
}
