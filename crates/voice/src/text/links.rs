//! Inline pronunciations, in the form of a Markdown link: `[word](/phonemes/)` and `[word](stress)`.

use std::ops::Range;

/// Longest label, bytes.
const MAX_LABEL_BYTES: usize = 256;
/// Longest target, bytes.
const MAX_TARGET_BYTES: usize = 1024;

/// A link in the user's text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    /// All of it, bytes.
    pub whole: Range<usize>,
    /// What is shown, bytes.
    pub label: Range<usize>,
    pub target: Target,
}

/// What stands behind a label.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// How the label is said.
    Phonemes(String),
    /// How strongly a single word is stressed, -2 to 2.
    Stress(f32),
    /// An address: the label is read, the address is not.
    Elsewhere,
}

/// All links, in order.
pub(super) fn find(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('[').map(|offset| at + offset) {
        match link(text, open) {
            Some(link) => {
                at = link.whole.end;
                links.push(link);
            }
            None => at = open + 1,
        }
    }
    links
}

fn link(text: &str, open: usize) -> Option<Link> {
    let label = open + 1..closing(text, open + 1, ']', MAX_LABEL_BYTES)?;
    let inside = label.end + 1;
    if label.is_empty() || !text[inside..].starts_with('(') {
        return None;
    }
    let target = inside + 1..closing(text, inside + 1, ')', MAX_TARGET_BYTES)?;
    let whole = open..target.end + 1;
    let target = text[target].trim();
    let phonemes = target.strip_prefix('/').and_then(|target| target.strip_suffix('/'));
    let single = !text[label.clone()].contains(char::is_whitespace);
    let stress = target.parse().ok().filter(|stress| single && (-2.0..=2.0).contains(stress));
    let target = match (phonemes, stress) {
        (Some(phonemes), _) => Target::Phonemes(phonemes.trim_end_matches('/').to_owned()),
        (None, Some(stress)) => Target::Stress(stress),
        (None, None) => Target::Elsewhere,
    };
    Some(Link { whole, label, target })
}

/// Where a bracket closes, on the same line and before another one opens.
fn closing(text: &str, from: usize, close: char, most: usize) -> Option<usize> {
    let opens = if close == ']' { '[' } else { '(' };
    let (offset, found) = text[from..]
        .char_indices()
        .take_while(|&(offset, _)| offset <= most)
        .find(|&(_, c)| c == close || c == opens || c == '\n')?;
    (found == close).then_some(from + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_phonemes_stress_or_an_address() {
        let text =
            "[Kaelith](/kˈAlɪθ/) is [very](+2) [far away](https://a.org/b). [no] [](x) [a\n](/b/)";
        let links = find(text);
        let seen: Vec<_> =
            links.iter().map(|link| (&text[link.label.clone()], link.target.clone())).collect();
        assert_eq!(
            seen,
            [
                ("Kaelith", Target::Phonemes("kˈAlɪθ".to_owned())),
                ("very", Target::Stress(2.0)),
                ("far away", Target::Elsewhere),
            ]
        );
        assert_eq!(&text[links[1].whole.clone()], "[very](+2)");
    }
}
