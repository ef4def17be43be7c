//! The character creator: every field of a spec, shown on the person while it is changed.

use super::{WARNING, files};
use crate::avatar::{
    components::{Avatar, AvatarSource},
    load::{Library, read_spec},
};
use bevy::prelude::*;
use bevy_egui::egui;
use reverie_body::{AvatarSpec, Bottom, HairStyle, Pack, Rgb, Top};
use std::{path::PathBuf, sync::Arc};

/// What is being made of whom.
#[derive(Resource, Default)]
pub(super) struct Creator {
    /// Whose spec is at hand.
    editing: Option<Entity>,
    /// `None` for models from files of others.
    spec: Option<AvatarSpec>,
    /// The source that the spec stands for; another one was set by somebody else.
    shown: Option<AvatarSource>,
    file: String,
    notice: Option<(bool, String)>,
    search: String,
    /// The number of the newest person at random.
    rolled: u64,
    presets: Vec<String>,
}

impl Creator {
    pub fn complain(&mut self, error: String) {
        self.notice = Some((false, error));
    }

    pub fn page(
        &mut self,
        ui: &mut egui::Ui,
        entity: Entity,
        avatar: &mut Mut<Avatar>,
        library: &Library,
    ) {
        if self.editing != Some(entity) || self.shown.as_ref() != Some(&avatar.source) {
            self.begin(entity, &avatar.source, library);
        }
        self.files(ui, library);
        if let Some((good, text)) = &self.notice {
            let colour = if *good { ui.visuals().text_color() } else { WARNING };
            ui.colored_label(colour, text);
        }
        ui.separator();
        let Some(spec) = &mut self.spec else {
            ui.label("This body was read from a model and cannot be changed here.");
            return;
        };
        let before = spec.clone();
        person(ui, spec);
        looks(ui, spec);
        outfit(ui, spec);
        match library.known_pack() {
            Some(pack) => sliders(ui, spec, &pack, &mut self.search),
            None => {
                ui.label("The sliders of the face appear as soon as a person has been built.");
            }
        }
        if *spec != before || self.shown.is_none() {
            let source = AvatarSource::Spec(Box::new(spec.clone()));
            avatar.source = source.clone();
            self.shown = Some(source);
        }
    }

    /// Takes somebody's spec to hand.
    fn begin(&mut self, entity: Entity, source: &AvatarSource, library: &Library) {
        self.notice = None;
        self.presets = files::names(&library.presets());
        let read = |path: PathBuf| match read_spec(&path) {
            Ok(spec) => (Some(spec), None),
            Err(error) => (None, Some((false, error))),
        };
        let (spec, notice) = match source {
            AvatarSource::Spec(spec) => (Some((**spec).clone()), None),
            AvatarSource::Random(seed) => (Some(AvatarSpec::random(*seed)), None),
            AvatarSource::Preset(name) => read(library.preset(name)),
            AvatarSource::File(path) if path.extension().is_some_and(|e| e == "ron") => {
                read(library.find(path))
            }
            AvatarSource::File(_) => (None, None),
        };
        if self.editing != Some(entity) || self.file.is_empty() {
            let name = spec.as_ref().map_or("", |spec| spec.name.as_str()).to_lowercase();
            let name = if name.is_empty() { "somebody".to_owned() } else { name };
            self.file = library.presets().join(format!("{name}.ron")).display().to_string();
        }
        (self.spec, self.notice) = (spec, notice);
        (self.editing, self.shown) = (Some(entity), Some(source.clone()));
    }

    fn files(&mut self, ui: &mut egui::Ui, library: &Library) {
        let mut load = None;
        ui.horizontal(|ui| {
            egui::ComboBox::from_id_salt("presets").selected_text("Begin with …").show_ui(
                ui,
                |ui| {
                    for name in &self.presets {
                        if ui.selectable_label(false, name).clicked() {
                            load = Some(library.preset(name));
                        }
                    }
                },
            );
            if ui.button("Somebody else").clicked() {
                self.rolled += 1;
                (self.spec, self.shown) = (Some(AvatarSpec::random(self.rolled)), None);
            }
        });
        ui.horizontal(|ui| {
            ui.add(egui::TextEdit::singleline(&mut self.file).desired_width(180.0))
                .on_hover_text("a file in RON");
            if ui.button("Save").clicked()
                && let Some(spec) = &self.spec
            {
                let saved = files::save_spec(spec, &PathBuf::from(self.file.trim()));
                self.notice = Some(match saved {
                    Ok(()) => (true, format!("Saved as {}", self.file.trim())),
                    Err(error) => (false, error),
                });
                self.presets = files::names(&library.presets());
            }
            if ui.button("Load").clicked() {
                load = Some(PathBuf::from(self.file.trim()));
            }
        });
        let Some(path) = load else { return };
        match read_spec(&path) {
            Ok(spec) => {
                self.file = path.display().to_string();
                self.notice = None;
                (self.spec, self.shown) = (Some(spec), None);
            }
            Err(error) => self.notice = Some((false, error)),
        }
    }
}

fn slider(ui: &mut egui::Ui, text: &str, value: &mut f32, low: f32, high: f32) {
    ui.add(egui::Slider::new(value, low..=high).text(text).max_decimals(2));
}

fn part(ui: &mut egui::Ui, text: &str, value: &mut f32) {
    slider(ui, text, value, 0.0, 1.0);
}

fn colour(ui: &mut egui::Ui, text: &str, value: &mut Rgb) {
    ui.horizontal(|ui| {
        let mut rgb = [value.0, value.1, value.2];
        if ui.color_edit_button_srgb(&mut rgb).changed() {
            *value = Rgb(rgb[0], rgb[1], rgb[2]);
        }
        ui.label(text);
    });
}

fn choice<T: PartialEq + Copy + std::fmt::Debug>(
    ui: &mut egui::Ui,
    text: &str,
    value: &mut T,
    all: &[T],
) {
    egui::ComboBox::new(text, text).selected_text(format!("{value:?}")).show_ui(ui, |ui| {
        for one in all {
            ui.selectable_value(value, *one, format!("{one:?}"));
        }
    });
}

fn person(ui: &mut egui::Ui, spec: &mut AvatarSpec) {
    egui::CollapsingHeader::new("Body").default_open(true).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.add(egui::TextEdit::singleline(&mut spec.name).desired_width(140.0).char_limit(64));
            ui.label("name");
        });
        slider(ui, "age", &mut spec.age, 4.0, 90.0);
        part(ui, "female … male", &mut spec.sex);
        slider(ui, "height, m", &mut spec.height_m, 0.9, 2.2);
        part(ui, "muscle", &mut spec.muscle);
        part(ui, "weight", &mut spec.weight);
        part(ui, "proportions", &mut spec.proportions);
        part(ui, "bust", &mut spec.bust);
        ui.label("Ancestry");
        let old = spec.ancestry;
        part(ui, "African", &mut spec.ancestry.african);
        part(ui, "Asian", &mut spec.ancestry.asian);
        part(ui, "European", &mut spec.ancestry.european);
        let new = spec.ancestry;
        if new.african + new.asian + new.european <= 0.0 {
            spec.ancestry = old;
        }
    });
}

fn looks(ui: &mut egui::Ui, spec: &mut AvatarSpec) {
    egui::CollapsingHeader::new("Skin, eyes, hair").show(ui, |ui| {
        let skin = &mut spec.skin;
        part(ui, "skin tone", &mut skin.tone);
        part(ui, "warmth", &mut skin.warmth);
        part(ui, "redness", &mut skin.redness);
        part(ui, "freckles", &mut skin.freckles);
        part(ui, "blemishes", &mut skin.blemishes);
        let mut painted = skin.lips.is_some();
        if ui.checkbox(&mut painted, "lipstick").changed() {
            skin.lips = painted.then_some(Rgb(150, 40, 50));
        }
        if let Some(lips) = &mut skin.lips {
            colour(ui, "lips", lips);
        }
        colour(ui, "iris", &mut spec.eyes.iris);
        part(ui, "lashes", &mut spec.eyes.lashes);
        let hair = &mut spec.hair;
        choice(ui, "hair", &mut hair.style, &HairStyle::ALL);
        colour(ui, "hair colour", &mut hair.colour);
        part(ui, "grey", &mut hair.grey);
        part(ui, "brows", &mut hair.brows);
        part(ui, "beard", &mut hair.beard);
        ui.horizontal(|ui| {
            ui.add(egui::DragValue::new(&mut spec.seed));
            ui.label("seed of freckles and strands");
        });
    });
}

fn outfit(ui: &mut egui::Ui, spec: &mut AvatarSpec) {
    egui::CollapsingHeader::new("Clothes").show(ui, |ui| {
        let outfit = &mut spec.outfit;
        choice(ui, "top", &mut outfit.top, &Top::ALL);
        colour(ui, "top's colour", &mut outfit.top_colour);
        choice(ui, "bottom", &mut outfit.bottom, &Bottom::ALL);
        colour(ui, "bottom's colour", &mut outfit.bottom_colour);
        colour(ui, "shoes", &mut outfit.shoe_colour);
    });
}

fn sliders(ui: &mut egui::Ui, spec: &mut AvatarSpec, pack: &Arc<Pack>, search: &mut String) {
    egui::CollapsingHeader::new("Details of face and body").show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.add(egui::TextEdit::singleline(search).desired_width(120.0).hint_text("nose"));
            ui.label("find");
            if ui.button("All to the middle").clicked() {
                spec.face.clear();
            }
        });
        for name in pack.sliders().filter(|name| name.contains(search.trim())) {
            let mut value = spec.face.get(name).copied().unwrap_or(0.0);
            if ui.add(egui::Slider::new(&mut value, -1.0..=1.0).text(name)).changed() {
                if value == 0.0 {
                    spec.face.remove(name);
                } else {
                    spec.face.insert(name.to_owned(), value);
                }
            }
        }
    });
}
