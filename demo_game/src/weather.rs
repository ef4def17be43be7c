//! Keys that change weather, hour and season.

use crate::chooser::Chooser;
use bevy::prelude::*;
use bevy_reverie::prelude::*;

/// What a key moves the clock by, hours.
const HOURS: f32 = 3.0;
/// What the first change starts from where nobody knows.
const UNKNOWN: Conditions =
    Conditions { weather: Weather::Clear, strength: 1.0, hour: 12.0, season: Season::Summer };

/// R, T, Y and Backspace.
pub struct WeatherPlugin;

impl Plugin for WeatherPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Update, change.run_if(|chooser: Res<Chooser>| !chooser.open));
    }
}

/// The one after it, the first after the last.
fn next<T: Copy + PartialEq>(all: &[T], now: T) -> T {
    let at = all.iter().position(|one| *one == now).map_or(0, |at| at + 1);
    all[at % all.len()]
}

fn change(
    mut commands: Commands,
    keys: Res<ButtonInput<KeyCode>>,
    views: Query<(Entity, &WorldConditions), With<WorldView>>,
) {
    for (entity, conditions) in &views {
        let now = conditions.now.unwrap_or(UNKNOWN);
        let event = if keys.just_pressed(KeyCode::KeyR) {
            WorldEvent::Weather { weather: next(&Weather::ALL, now.weather), strength: 1.0 }
        } else if keys.just_pressed(KeyCode::KeyT) {
            WorldEvent::TimeOfDay { hour: (now.hour + HOURS).rem_euclid(24.0) }
        } else if keys.just_pressed(KeyCode::KeyY) {
            WorldEvent::Season { season: next(&Season::ALL, now.season) }
        } else if keys.just_pressed(KeyCode::Backspace) {
            WorldEvent::Undo
        } else {
            continue;
        };
        commands.trigger(ChangeWorld { entity, event });
    }
}

/// What is said of a change.
pub fn in_words(event: &WorldEvent) -> Option<String> {
    Some(match event {
        WorldEvent::Weather { weather, .. } => format!("weather: {weather}"),
        WorldEvent::TimeOfDay { hour } => {
            let minutes = (hour * 60.0).round() as u32;
            format!("time: {}:{:02}", minutes / 60, minutes % 60)
        }
        WorldEvent::Season { season } => format!("season: {season}"),
        WorldEvent::Undo => "taken back".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weathers_take_turns_and_changes_have_words() {
        let mut seen = vec![Weather::Clear];
        while seen.len() < Weather::ALL.len() {
            seen.push(next(&Weather::ALL, seen[seen.len() - 1]));
        }
        assert_eq!(seen, Weather::ALL);
        let said = in_words(&WorldEvent::TimeOfDay { hour: 19.5 });
        assert_eq!(said.as_deref(), Some("time: 19:30"));
    }
}
