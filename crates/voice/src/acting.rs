//! What the tags of a text mean to whoever performs it.

use crate::text::{Cue, Style};
use reverie_behavior::{Act, Attraction, Emotion, Gesture, Look, Mood, Target, Walk};

/// Seconds from the hand's leaving until it is back.
const REACH_SECS: f32 = 2.5;

impl Style {
    /// What the face shows of it.
    pub fn mood(self) -> Mood {
        match self {
            Self::Emotion(emotion) => Mood::of(emotion, 0.7),
            Self::Excited => Mood::of(Emotion::Happy, 0.9),
            Self::Whisper => Mood::of(Emotion::Interest, 0.5),
            Self::Shout => Mood::of(Emotion::Angry, 0.6),
        }
    }
}

impl Cue {
    /// The name of what it is about, if it is about something.
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Nod(_) | Self::Shake(_) | Self::Wave => None,
            Self::Point(name) | Self::Reach(name) | Self::Look(name) | Self::Walk(name) => {
                Some(name)
            }
        }
    }

    /// What is to be done, where `place` knows what bears the cue's name; `None` where it does not. One
    /// walks to points only.
    pub fn act(&self, place: impl FnOnce(&str) -> Option<Target>) -> Option<Act> {
        let gesture = match self {
            Self::Nod(times) => Gesture::Nod(*times),
            Self::Shake(times) => Gesture::Shake(*times),
            Self::Wave => Gesture::wave(),
            Self::Point(name) => Gesture::point_at(place(name)?),
            Self::Reach(name) => {
                Gesture::Reach { target: place(name)?, hand: None, secs: REACH_SECS }
            }
            Self::Look(name) => {
                return Some(Act::Look(Look::at(place(name)?, Attraction::Script)));
            }
            Self::Walk(name) => {
                let Target::Point(to) = place(name)? else { return None };
                return Some(Act::Walk(Walk::to(to)));
            }
        };
        Some(Act::Gesture(gesture))
    }
}

/// Words that let feelings show, and how strongly.
const TELLING: [(Emotion, f32, &[&str]); 6] = [
    (
        Emotion::Happy,
        0.45,
        &[
            "wonderful",
            "great",
            "glad",
            "happy",
            "lovely",
            "delighted",
            "welcome",
            "congratulations",
            "hooray",
            "thanks",
            "hello",
            "beautiful",
            "love",
            "fantastic",
            "haha",
            "smile",
        ],
    ),
    (
        Emotion::Sad,
        0.45,
        &[
            "sorry",
            "sad",
            "unfortunately",
            "alas",
            "died",
            "dead",
            "lost",
            "miss",
            "lonely",
            "tears",
            "regret",
            "mourn",
            "grief",
            "cry",
        ],
    ),
    (
        Emotion::Angry,
        0.45,
        &["damn", "furious", "enough", "traitor", "liar", "hate", "outrageous", "idiot", "fool"],
    ),
    (
        Emotion::Afraid,
        0.45,
        &[
            "danger",
            "dangerous",
            "beware",
            "careful",
            "run",
            "help",
            "afraid",
            "scared",
            "terrible",
        ],
    ),
    (Emotion::Surprised, 0.5, &["wow", "incredible", "unbelievable", "goodness", "astonishing"]),
    (Emotion::Disgusted, 0.45, &["disgusting", "yuck", "ugh", "rotten", "filthy", "stinks"]),
];
/// Words that turn the next ones around.
const TURNING: [&str; 6] = ["not", "no", "never", "don't", "isn't", "without"];

/// What wording and punctuation of a sentence let one guess about how its speaker feels; `None` for plain
/// ones. For the face, where neither tag nor caller says it.
pub fn guessed_mood(sentence: &str) -> Option<Mood> {
    let lively = match sentence.matches('!').count() {
        0 => 1.0,
        1 => 1.25,
        _ => 1.5,
    };
    let lower = sentence.to_lowercase();
    let word = |c: char| c.is_alphanumeric() || c == '\'' || c == '’';
    let words: Vec<&str> = lower.split(|c| !word(c)).filter(|word| !word.is_empty()).collect();
    let mut votes = [0.0; TELLING.len()];
    for (at, word) in words.iter().enumerate() {
        let before = &words[at.saturating_sub(2)..at];
        if before.iter().any(|word| TURNING.contains(word)) {
            continue;
        }
        for (vote, (_, strength, telling)) in votes.iter_mut().zip(TELLING) {
            if telling.contains(word) {
                *vote += strength;
            }
        }
    }
    let (best, vote) = votes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    if *vote > 0.0 {
        return Some(Mood::of(TELLING[best].0, (vote * lively).min(0.8)));
    }
    if sentence.contains("?!") || sentence.contains("!?") {
        return Some(Mood::of(Emotion::Surprised, 0.5));
    }
    (lively > 1.0).then(|| Mood::of(Emotion::Happy, 0.3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_behavior::EntityId;

    #[test]
    fn moods_are_guessed_from_words() {
        let guess = |text: &str| guessed_mood(text).map(|mood| mood.feeling);
        let of = |emotion| Some(reverie_behavior::Feeling::Named(emotion));
        assert_eq!(guess("What a wonderful day."), of(Emotion::Happy));
        assert_eq!(guess("I am so sorry for your loss."), of(Emotion::Sad));
        assert_eq!(guess("I am not sorry."), None);
        assert_eq!(guess("Careful, it is dangerous!"), of(Emotion::Afraid));
        assert_eq!(guess("You did what?!"), of(Emotion::Surprised));
        assert_eq!(guess("The road goes left."), None);
        assert_eq!(guess(""), None);
        let strength = |text: &str| guessed_mood(text).map_or(0.0, |mood| mood.intensity);
        assert!(strength("Great!") > strength("Great."));
    }

    #[test]
    fn cues_about_things_need_them() {
        let tower = Target::Entity(EntityId(3));
        let known = |name: &str| (name == "tower").then_some(tower);
        let point = Cue::Point("tower".into()).act(known);
        assert!(matches!(
            point,
            Some(Act::Gesture(Gesture::Point { target, .. })) if target == tower
        ));
        assert_eq!(Cue::Point("well".into()).act(known), None);
        assert!(matches!(Cue::Look("tower".into()).act(known), Some(Act::Look(_))));
        // Where an entity is, only the caller knows.
        assert_eq!(Cue::Walk("tower".into()).act(known), None);
        assert!(matches!(Cue::Nod(2).act(|_| None), Some(Act::Gesture(Gesture::Nod(2)))));
    }
}
