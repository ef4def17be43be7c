//! The opening screen's box for a sentence.

use crate::chooser::{ACCENT, CARD, CORNER, Layout, MARGIN, QUIET};
use bevy_egui::egui::{
    self, Align, Align2, Color32, CornerRadius, Key, Pos2, Rect, Stroke, StrokeKind, Vec2,
};

/// Size of the box at 1280x720, pixels.
const SIZE: Vec2 = Vec2::new(520.0, 44.0);
/// Longest sentence that can be typed, characters.
const LONGEST: usize = 1000;

/// What is typed.
#[derive(Default)]
pub struct SentenceBox {
    text: String,
    /// The box is to have the keyboard from the next frame on.
    pub wanted: bool,
    /// It has the keyboard.
    pub typing: bool,
}

impl SentenceBox {
    /// Draws the box at the upper right; returns the sentence when it is entered.
    pub fn show(
        &mut self,
        ui: &mut egui::Ui,
        layout: &Layout,
        entering: Option<&str>,
    ) -> Option<String> {
        let scale = layout.scale;
        let size = SIZE * scale;
        let right = layout.screen.right() - MARGIN * scale;
        let shape = Rect::from_min_size(
            Pos2::new(right - size.x, layout.screen.top() + 62.0 * scale),
            size,
        );
        let corner = CornerRadius::same((f32::from(CORNER) * scale).round() as u8);
        let above = shape.left_top() - Vec2::new(0.0, 8.0 * scale);
        let label = "OR DESCRIBE A WORLD";
        ui.painter().text(above, Align2::LEFT_BOTTOM, label, layout.font(12.5), QUIET);
        ui.painter().rect_filled(shape, corner, CARD.gamma_multiply(0.9));
        if let Some(sentence) = entering {
            let text = format!("Imagining {} …", shortened(sentence));
            let at = shape.left_center() + Vec2::new(14.0 * scale, 0.0);
            ui.painter().text(at, Align2::LEFT_CENTER, text, layout.font(16.0), Color32::WHITE);
            self.typing = false;
            return None;
        }
        let inner = shape.shrink2(Vec2::new(14.0, 8.0) * scale);
        let hint = egui::RichText::new("T   a snowy valley at dusk").font(layout.font(16.0));
        let hint = hint.color(QUIET);
        let edit = egui::TextEdit::singleline(&mut self.text)
            .frame(egui::Frame::NONE)
            .char_limit(LONGEST)
            .font(layout.font(16.0))
            .text_color(Color32::WHITE)
            .hint_text(hint)
            .vertical_align(Align::Center);
        let response = ui.put(inner, edit);
        if std::mem::take(&mut self.wanted) {
            response.request_focus();
        }
        self.typing = response.has_focus();
        let ring = if self.typing { ACCENT } else { QUIET.gamma_multiply(0.4) };
        let stroke = Stroke::new(1.5 * scale, ring);
        ui.painter().rect_stroke(shape, corner, stroke, StrokeKind::Outside);
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let sentence = self.text.trim();
        (entered && !sentence.is_empty()).then(|| sentence.to_owned())
    }
}

/// The beginning of a long sentence.
fn shortened(sentence: &str) -> String {
    const LONGEST: usize = 40;
    if sentence.chars().count() <= LONGEST {
        return sentence.to_owned();
    }
    sentence.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_keep_their_beginning() {
        assert_eq!(shortened("a park"), "a park");
        let long = shortened(&"ö".repeat(300));
        assert!(long.ends_with('…') && long.chars().count() == 40);
    }
}
