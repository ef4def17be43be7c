//! Weather, hour and season in the panel.

use crate::events::ChangeWorld;
use crate::view::WorldConditions;
use bevy::prelude::*;
use bevy_egui::egui;
use reverie_language::MAX_PROMPT_BYTES;
use reverie_world_model::{Conditions, Season, Weather, WorldEvent};

/// What sliders stand at while nobody knows the conditions.
const UNKNOWN: Conditions =
    Conditions { weather: Weather::Clear, strength: 1.0, hour: 12.0, season: Season::Summer };

/// What is being dragged or typed and not sent yet.
#[derive(Resource, Default)]
pub(super) struct Unsent {
    dragged: Option<(Entity, Conditions)>,
    sentence: String,
}

/// Combo boxes and sliders; a change is sent when the hand lets go of it.
pub(super) fn controls(
    ui: &mut egui::Ui,
    entity: Entity,
    conditions: &WorldConditions,
    unsent: &mut Unsent,
    commands: &mut Commands,
) {
    let now = conditions.now.unwrap_or(UNKNOWN);
    let held = unsent.dragged.filter(|(view, _)| *view == entity).map(|(_, held)| held);
    let mut wanted = held.unwrap_or(now);
    let (mut chosen, mut holding) = (None, false);
    egui::Grid::new("conditions").num_columns(2).show(ui, |ui| {
        ui.label("weather");
        egui::ComboBox::from_id_salt("weather").selected_text(wanted.weather.word()).show_ui(
            ui,
            |ui| {
                for weather in Weather::ALL {
                    let set = ui.selectable_value(&mut wanted.weather, weather, weather.word());
                    if set.changed() {
                        let strength = wanted.strength;
                        chosen = Some(WorldEvent::Weather { weather, strength });
                    }
                }
            },
        );
        ui.end_row();
        let weather = wanted.weather;
        let mut slide = |ui: &mut egui::Ui, name: &str, slider: egui::Slider<'_>| {
            ui.label(name);
            let slider = ui.add(slider);
            ui.end_row();
            holding |= slider.dragged();
            slider.drag_stopped() || slider.changed() && !slider.dragged()
        };
        let strength = egui::Slider::new(&mut wanted.strength, 0.0..=1.0).fixed_decimals(2);
        if slide(ui, "strength", strength) {
            chosen = Some(WorldEvent::Weather { weather, strength: wanted.strength });
        }
        let hour = egui::Slider::new(&mut wanted.hour, 0.0..=24.0).fixed_decimals(1);
        if slide(ui, "hour", hour) {
            chosen = Some(WorldEvent::TimeOfDay { hour: wanted.hour });
        }
        ui.label("season");
        egui::ComboBox::from_id_salt("season").selected_text(wanted.season.word()).show_ui(
            ui,
            |ui| {
                for season in Season::ALL {
                    let set = ui.selectable_value(&mut wanted.season, season, season.word());
                    if set.changed() {
                        chosen = Some(WorldEvent::Season { season });
                    }
                }
            },
        );
        ui.end_row();
        ui.label("in words");
        let sentence = egui::TextEdit::singleline(&mut unsent.sentence)
            .hint_text("heavy snow at dusk")
            .char_limit(MAX_PROMPT_BYTES);
        let entered =
            ui.add(sentence).lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if entered && !unsent.sentence.trim().is_empty() {
            let prompt = std::mem::take(&mut unsent.sentence);
            chosen = Some(WorldEvent::Text { prompt });
        }
        ui.end_row();
    });
    ui.horizontal(|ui| {
        if ui.button("Take the last change back").clicked() {
            chosen = Some(WorldEvent::Undo);
        }
        if conditions.changing {
            ui.spinner();
        }
    });
    let others = unsent.dragged.filter(|(view, _)| *view != entity);
    unsent.dragged = holding.then_some((entity, wanted)).or(others);
    if let Some(event) = chosen {
        commands.trigger(ChangeWorld { entity, event });
    }
}
