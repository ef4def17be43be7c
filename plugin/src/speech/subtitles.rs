//! What avatars say, at the lower edge of the window.

use super::perform::SpeechState;
use crate::avatar::AvatarLife;
use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiPlugin, EguiPrimaryContextPass, egui};

/// Subtitles: who speaks and the sentence that is being said, what has been said of it brighter.
#[derive(Resource, Debug, Clone, PartialEq, Reflect)]
#[reflect(Resource, Default, Clone, PartialEq)]
pub struct Subtitles {
    /// They are shown.
    pub visible: bool,
    /// Height of the letters, points.
    pub size: f32,
    /// Part of the window's width that they take at most, 0.2 to 1.
    pub width: f32,
    /// The speaker's name stands in front.
    pub names: bool,
}

impl Default for Subtitles {
    fn default() -> Self {
        Self { visible: true, size: 22.0, width: 0.7, names: true }
    }
}

/// Shows [`Subtitles`] by egui.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubtitlesPlugin;

impl Plugin for SubtitlesPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<EguiPlugin>() {
            app.add_plugins(EguiPlugin::default());
        }
        app.init_resource::<Subtitles>().register_type::<Subtitles>().add_systems(
            EguiPrimaryContextPass,
            show.run_if(|subtitles: Res<Subtitles>| subtitles.visible),
        );
    }
}

/// From the lower edge of the window, points.
const MARGIN: f32 = 36.0;
/// At most so many people at a time.
const MOST: usize = 3;

fn show(
    mut contexts: EguiContexts,
    speakers: Query<(&SpeechState, &AvatarLife, Option<&Name>)>,
    subtitles: Res<Subtitles>,
) -> Result {
    let mut lines = speakers
        .iter()
        .filter_map(|(state, life, name)| {
            let name = name.map_or(life.name(), Name::as_str);
            Some((name, state.sentence()?, state.said()))
        })
        .take(MOST)
        .peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    let context = contexts.ctx_mut()?;
    let width = context.content_rect().width() * subtitles.width.clamp(0.2, 1.0);
    let font = egui::FontId::proportional(subtitles.size.clamp(8.0, 96.0));
    let text = |color| egui::TextFormat { font_id: font.clone(), color, ..Default::default() };
    egui::Area::new("subtitles".into())
        .anchor(egui::Align2::CENTER_BOTTOM, [0.0, -MARGIN])
        .interactable(false)
        .show(context, |ui| {
            ui.set_width(width);
            for (name, sentence, said) in lines {
                let mut job = egui::text::LayoutJob { halign: egui::Align::Center, ..default() };
                job.wrap.max_width = width;
                if subtitles.names && !name.is_empty() {
                    let colour = egui::Color32::from_rgb(255, 206, 130);
                    job.append(&format!("{name}:  "), 0.0, text(colour));
                }
                let said = said.end.min(sentence.len());
                // Places are those of whole words.
                let (said, rest) = sentence.split_at_checked(said).unwrap_or((sentence, ""));
                job.append(said, 0.0, text(egui::Color32::WHITE));
                job.append(rest, 0.0, text(egui::Color32::from_gray(178)));
                let frame = egui::Frame::new()
                    .fill(egui::Color32::from_black_alpha(150))
                    .corner_radius(6)
                    .inner_margin(egui::Margin::symmetric(14, 7));
                ui.vertical_centered(|ui| frame.show(ui, |ui| ui.label(job)));
            }
        });
    Ok(())
}
