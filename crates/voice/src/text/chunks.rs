//! Sentences that are too long to be said at once, in pieces.

use super::Sentence;

/// Most phonemes of a [`Sentence`], characters.
pub const MAX_PHONEMES: usize = 400;

impl Sentence {
    /// Splits it where clauses end, into pieces of at most so many phonemes (characters, at least
    /// one); between words where a clause is longer, and within a word where that is longer still.
    #[must_use]
    pub fn split(self, max_phonemes: usize) -> Vec<Sentence> {
        split(self, max_phonemes).collect()
    }
}

/// The pieces, in order; none for a sentence that says nothing and has nothing to report.
pub(super) fn split(sentence: Sentence, max: usize) -> impl Iterator<Item = Sentence> {
    let sounds: Vec<char> = sentence.phonemes.chars().collect();
    let cuts = cuts(&sounds, max.max(1));
    let silent = cuts.is_empty() && !sentence.notes.is_empty();
    let pieces: Vec<Sentence> = match cuts.as_slice() {
        [] if silent => vec![sentence],
        [] => Vec::new(),
        [_] => vec![sentence],
        _ => pieces(&sentence, &sounds, &cuts),
    };
    pieces.into_iter()
}

/// Where pieces start and end: the space between two belongs to neither.
fn cuts(sounds: &[char], max: usize) -> Vec<(usize, usize)> {
    let mut cuts = Vec::new();
    let mut start = 0;
    while start < sounds.len() {
        if sounds.len() - start <= max {
            cuts.push((start, sounds.len()));
            break;
        }
        // A space may stand right behind the last phoneme that fits.
        let window = &sounds[start..=start + max];
        let clause = (1..window.len())
            .rev()
            .find(|&at| window[at] == ' ' && ",;:—".contains(window[at - 1]));
        let word = || window.iter().rposition(|&c| c == ' ').filter(|&at| at > 0);
        let end = start + clause.or_else(word).unwrap_or(max);
        cuts.push((start, end));
        start = end;
        while sounds.get(start) == Some(&' ') {
            start += 1;
        }
    }
    cuts
}

fn pieces(sentence: &Sentence, sounds: &[char], cuts: &[(usize, usize)]) -> Vec<Sentence> {
    let mut words = sentence.words.iter().peekable();
    let mut pieces: Vec<Sentence> = Vec::with_capacity(cuts.len());
    for (number, &(start, end)) in cuts.iter().enumerate() {
        let last = number + 1 == cuts.len();
        let mut piece = Sentence {
            bytes: sentence.bytes.clone(),
            phonemes: sounds[start..end].iter().collect(),
            words: Vec::new(),
            notes: Vec::new(),
            ends_paragraph: sentence.ends_paragraph && last,
        };
        while let Some(word) = words.peek().filter(|word| word.phonemes.start < end) {
            let mut part = (*word).clone();
            let until = part.phonemes.end.min(end);
            part.phonemes = part.phonemes.start.max(start) - start..until - start;
            piece.words.push(part);
            // A word that goes on is a word of the next piece too.
            if word.phonemes.end > end {
                break;
            }
            words.next();
        }
        piece.bytes.start = pieces.last().map_or(sentence.bytes.start, |before| before.bytes.end);
        if !last {
            let next = words.peek().map_or(sentence.bytes.end, |word| word.bytes.start);
            piece.bytes.end = next.max(piece.bytes.start);
        }
        pieces.push(piece);
    }
    for note in &sentence.notes {
        let at = pieces.partition_point(|piece| piece.bytes.end <= note.bytes.start);
        if let Some(piece) = pieces.get_mut(at) {
            piece.notes.push(note.clone());
        }
    }
    pieces
}
