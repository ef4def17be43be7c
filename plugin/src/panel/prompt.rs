//! The panel's box for a sentence: type one, and the view shows its world.

use super::WARNING;
use crate::prompt::{PromptReading, PromptSeed};
use bevy_egui::egui;
use reverie_language::MAX_PROMPT_BYTES;

/// Highest candidate that the box offers; a view can name any.
const MOST_CANDIDATES: u32 = 99;

/// What is typed for one view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct PromptBox {
    sentence: String,
    /// The best of the first views is taken, or else the candidate.
    one_of: bool,
    candidate: u32,
}

impl PromptBox {
    /// Begins with the sentence of the world that runs.
    pub fn of(reading: Option<&PromptReading>) -> Self {
        let Some(PromptReading { sentence, candidate, .. }) = reading else {
            return Self::default();
        };
        Self { sentence: sentence.clone(), one_of: false, candidate: *candidate }
    }

    fn seed(&self) -> PromptSeed {
        let candidate = self.one_of.then_some(self.candidate);
        PromptSeed { candidate, ..PromptSeed::new(self.sentence.trim()) }
    }

    /// Draws the box, and what was made of the running world's sentence. Returns the sentence that shall become the world.
    pub fn show(
        &mut self,
        ui: &mut egui::Ui,
        reading: Option<&PromptReading>,
        starting: bool,
    ) -> Option<PromptSeed> {
        let edit = egui::TextEdit::singleline(&mut self.sentence)
            .hint_text("a snowy valley at dusk")
            .char_limit(MAX_PROMPT_BYTES)
            .desired_width(f32::INFINITY);
        let edit = ui.add(edit);
        let mut asked = edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        ui.horizontal(|ui| {
            let some = !self.sentence.trim().is_empty();
            asked |= ui.add_enabled(some && !starting, egui::Button::new("Imagine")).clicked();
            asked &= some && !starting;
            ui.radio_value(&mut self.one_of, false, "best view");
            ui.radio_value(&mut self.one_of, true, "view");
            let number = egui::DragValue::new(&mut self.candidate).range(0..=MOST_CANDIDATES);
            if ui.add(number).changed() {
                self.one_of = true;
            }
            if starting {
                ui.spinner();
            }
        });
        if let Some(PromptReading { encoder, candidate, scene, notes, .. }) = reading {
            let place = scene.strip_prefix("scene:").unwrap_or(scene);
            let place = place.replace(['?', '&'], ", ").replace('=', " ");
            let text = format!("read by {}: view {candidate}, {place}", encoder.name());
            ui.add(egui::Label::new(text).wrap());
            for note in notes {
                ui.add(egui::Label::new(egui::RichText::new(note).color(WARNING)).wrap());
            }
        }
        asked.then(|| self.seed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_asks_for_what_is_typed() {
        let mut typed = PromptBox { sentence: "  fog ".into(), one_of: false, candidate: 3 };
        assert_eq!(typed.seed(), PromptSeed::new("fog"));
        typed.one_of = true;
        assert_eq!(typed.seed(), PromptSeed { candidate: Some(3), ..PromptSeed::new("fog") });
    }
}
