//! Things of the world that words name.

use crate::avatar::entity_id;
use bevy::{
    ecs::{query::Has, system::SystemParam},
    prelude::*,
};
use reverie_behavior::{Speech, Target};
use reverie_voice::text::Cue;
use serde::{Deserialize, Serialize};

/// Gives an entity names by which avatars speak of it: whoever says one of them points there, and
/// `{point:NAME}`, `{look:NAME}`, `{reach:NAME}`, `{walk:NAME}` find it, as they find any
/// [`Name`].
///
/// ```no_run
/// # use bevy::prelude::*;
/// # use bevy_reverie::prelude::*;
/// # fn f(mut commands: Commands) {
/// commands.spawn((Transform::from_xyz(0.0, 30.0, -200.0), Landmark::new(["peak", "mountain top"])));
/// # }
/// ```
#[derive(Component, Debug, Clone, PartialEq, Eq, Default, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, Clone, PartialEq, Serialize, Deserialize)]
#[require(Transform)]
pub struct Landmark {
    /// Small and capital letters are the same; a name may have several words.
    pub names: Vec<String>,
}

impl Landmark {
    /// Something with these names.
    pub fn new<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect() }
    }
}

/// Finds what words name.
#[derive(SystemParam)]
pub(super) struct Named<'w, 's> {
    landmarks: Query<'w, 's, (Entity, &'static Landmark)>,
    names: Query<'w, 's, (Entity, &'static Name, Has<Landmark>)>,
    places: Query<'w, 's, &'static GlobalTransform>,
}

impl Named<'_, '_> {
    /// The thing of that name; landmarks come first.
    fn entity(&self, name: &str) -> Option<Entity> {
        // Tags have no spaces.
        let same = |other: &str| {
            let other = other.chars().map(|c| if c == ' ' { '_' } else { c });
            other.flat_map(char::to_lowercase).eq(name.chars().flat_map(char::to_lowercase))
        };
        let mut landmarks = self.landmarks.iter();
        let landmark = landmarks.find(|(_, landmark)| landmark.names.iter().any(|n| same(n)));
        let named = || self.names.iter().find(|(_, name, _)| same(name.as_str()));
        landmark.map(|(entity, _)| entity).or_else(|| named().map(|(entity, ..)| entity))
    }

    /// What a cue is about; of what one walks to, the place.
    pub fn target(&self, cue: &Cue, name: &str) -> Option<Target> {
        let entity = self.entity(name)?;
        match cue {
            Cue::Walk(_) => Some(Target::Point(self.places.get(entity).ok()?.translation())),
            _ => Some(Target::Entity(entity_id(entity))),
        }
    }

    /// Landmarks that a speech names, each with the time of the name's end, seconds. `done` tells which
    /// ones were pointed at already, and learns of these.
    pub fn mentioned(&self, speech: &Speech, done: &mut Vec<Target>) -> Vec<(f32, Target)> {
        let mut found = Vec::new();
        for (entity, landmark) in &self.landmarks {
            let target = Target::Entity(entity_id(entity));
            if done.contains(&target) {
                continue;
            }
            let ends = landmark.names.iter().filter_map(|name| named_at(speech, name));
            if let Some(at) = ends.min_by(f32::total_cmp) {
                done.push(target);
                found.push((at, target));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found
    }
}

/// When a name of one word or several is said first: the beginning of its last word.
fn named_at(speech: &Speech, name: &str) -> Option<f32> {
    let wanted: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    let last = wanted.len().checked_sub(1)?;
    let same = |said: &str, wanted: &str| {
        let said = said.to_lowercase();
        let bare = said.strip_suffix("'s").or(said.strip_suffix("’s")).unwrap_or(&said);
        bare == wanted
    };
    speech.words.windows(wanted.len()).find_map(|words| {
        let all = words.iter().zip(&wanted).all(|(word, wanted)| same(&word.text, wanted));
        all.then(|| words[last].start_secs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_behavior::TimedWord;

    #[test]
    fn names_of_several_words_are_found() {
        let words = ["See", "the", "old", "Tower's", "top"].into_iter().enumerate();
        let words = words.map(|(at, text)| TimedWord {
            text: text.to_owned(),
            start_secs: at as f32,
            end_secs: at as f32 + 0.9,
        });
        let speech = Speech { words: words.collect(), duration_secs: 6.0, ..Speech::default() };
        assert_eq!(named_at(&speech, "old tower"), Some(3.0));
        assert_eq!(named_at(&speech, "top"), Some(4.0));
        assert_eq!(named_at(&speech, "tower top"), Some(4.0));
        assert_eq!(named_at(&speech, "old top"), None);
        assert_eq!(named_at(&speech, " "), None);
    }
}
