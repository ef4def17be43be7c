//! Mood, gaze, activity and gestures of somebody.

use super::{Named, People, choose};
use crate::avatar::{
    components::{Gaze, GazeAt, Mood, Posture},
    events::Perform,
    lod::AvatarLod,
};
use bevy::prelude::*;
use bevy_egui::egui;
use reverie_avatar::Lod;
use reverie_behavior::{Activity, Affect, Emotion, Feeling};

const ACTIVITIES: [Activity; 5] =
    [Activity::Idle, Activity::Listening, Activity::Talking, Activity::Thinking, Activity::Reading];

pub(super) fn page(ui: &mut egui::Ui, entity: Entity, people: &mut People, names: &[Named]) {
    let camera = people.cameras.iter().next();
    let mut others: Vec<Named> = camera.map(|c| (c, "the camera".to_owned())).into_iter().collect();
    others.extend(names.iter().filter(|(other, _)| *other != entity).cloned());
    let Ok((_, _, life, mut gaze, mut mood, mut posture, _, mut lod)) =
        people.avatars.get_mut(entity)
    else {
        return;
    };
    egui::Grid::new("life").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
        feeling(ui, &mut mood);
        activity(ui, &mut posture, &others);
        looks(ui, &mut gaze, &others);
        detail(ui, &mut lod);
        if let Some(life) = life {
            ui.label("looks");
            ui.monospace(format!("{:?}", life.life().gaze_kind()));
            ui.end_row();
            ui.label("clock");
            ui.monospace(format!("{:.1} s", life.secs()));
            ui.end_row();
        }
    });
    ui.separator();
    let commands = &mut people.commands;
    ui.horizontal_wrapped(|ui| {
        if ui.button("Wave").clicked() {
            commands.trigger(Perform::wave(entity));
        }
        if ui.button("Nod").clicked() {
            commands.trigger(Perform::nod(entity, 2));
        }
        if ui.button("Shake").clicked() {
            commands.trigger(Perform::shake_head(entity, 2));
        }
        if let Some(camera) = camera {
            if ui.button("Point at me").clicked() {
                commands.trigger(Perform::point_at(entity, camera));
            }
            if ui.button("Turn to me").clicked() {
                commands.trigger(Perform::turn_to(entity, camera));
            }
        }
        if let Some(life) = life {
            let root = life.pose().root;
            let ahead = root.position + root.rotation() * Vec3::Z;
            if ui.button("Walk a metre").clicked() {
                commands.trigger(Perform::walk_to(entity, ahead));
            }
        }
        if ui.button("Stop").clicked() {
            commands.trigger(Perform::stop(entity));
        }
    });
}

fn combo<T: PartialEq + Copy + std::fmt::Debug>(
    ui: &mut egui::Ui,
    id: &str,
    value: &mut T,
    choices: &[T],
) -> bool {
    let before = *value;
    egui::ComboBox::from_id_salt(id).selected_text(format!("{value:?}")).show_ui(ui, |ui| {
        for choice in choices {
            ui.selectable_value(value, *choice, format!("{choice:?}"));
        }
    });
    before != *value
}

fn feeling(ui: &mut egui::Ui, mood: &mut Mut<Mood>) {
    let mut new = **mood;
    ui.label("feels");
    ui.horizontal(|ui| {
        let mut by_place = matches!(new.feeling, Feeling::Affect(_));
        match &mut new.feeling {
            Feeling::Named(emotion) => {
                combo(ui, "emotion", emotion, &Emotion::ALL);
            }
            Feeling::Affect(Affect { valence, arousal }) => {
                ui.vertical(|ui| {
                    ui.add(egui::Slider::new(valence, -1.0..=1.0).text("valence"));
                    ui.add(egui::Slider::new(arousal, -1.0..=1.0).text("arousal"));
                });
            }
        }
        if ui.checkbox(&mut by_place, "by valence").changed() {
            new.feeling = match new.feeling {
                Feeling::Named(emotion) => Feeling::Affect(emotion.affect()),
                Feeling::Affect(_) => Feeling::default(),
            };
        }
    });
    ui.end_row();
    ui.label("how strongly");
    ui.add(egui::Slider::new(&mut new.intensity, 0.0..=1.0).fixed_decimals(2));
    ui.end_row();
    ui.label("shows instead");
    let mut masked = match new.mask {
        Some(Feeling::Named(emotion)) => Some(emotion),
        _ => None,
    };
    let mut choices = vec![None];
    choices.extend(Emotion::ALL.map(Some));
    if combo(ui, "mask", &mut masked, &choices) {
        new.mask = masked.map(Feeling::Named);
    }
    ui.end_row();
    mood.set_if_neq(new);
}

fn activity(ui: &mut egui::Ui, posture: &mut Mut<Posture>, others: &[Named]) {
    let mut activity = posture.activity;
    ui.label("is busy with");
    if combo(ui, "activity", &mut activity, &ACTIVITIES) {
        posture.activity = activity;
    }
    ui.end_row();
    ui.label("talks with");
    ui.vertical(|ui| {
        for (other, name) in others {
            let mut there = posture.company.contains(other);
            if ui.checkbox(&mut there, name).changed() {
                posture.company.retain(|member| member != other);
                if there {
                    posture.company.push(*other);
                }
            }
        }
    });
    ui.end_row();
}

fn looks(ui: &mut egui::Ui, gaze: &mut Mut<Gaze>, others: &[Named]) {
    let target = gaze.targets.first().map(|target| target.at);
    let mut kind = match target {
        None => 0,
        Some(GazeAt::Entity(_)) => 1,
        Some(GazeAt::Point(_)) => 2,
        Some(GazeAt::Direction(_)) => 3,
    };
    let before = kind;
    const KINDS: [&str; 4] = ["as it likes", "somebody", "a point", "a direction"];
    ui.label("looks at");
    ui.vertical(|ui| {
        egui::ComboBox::from_id_salt("gaze").selected_text(KINDS[kind]).show_ui(ui, |ui| {
            for (at, text) in KINDS.into_iter().enumerate() {
                ui.selectable_value(&mut kind, at, text);
            }
        });
        let mut new = match (before == kind, target) {
            (true, target) => target,
            (false, _) => match (kind, others.first()) {
                (1, Some((other, _))) => Some(GazeAt::Entity(*other)),
                (2, _) => Some(GazeAt::Point(Vec3::new(0.0, 1.5, 2.0))),
                (3, _) => Some(GazeAt::Direction(Vec3::Z)),
                _ => None,
            },
        };
        match &mut new {
            Some(GazeAt::Entity(entity)) => choose(ui, "gaze target", entity, others),
            Some(GazeAt::Point(place) | GazeAt::Direction(place)) => {
                ui.horizontal(|ui| {
                    for value in [&mut place.x, &mut place.y, &mut place.z] {
                        ui.add(egui::DragValue::new(value).speed(0.02));
                    }
                });
            }
            None => {}
        }
        if new != target {
            **gaze = new.map_or_else(Gaze::default, Gaze::at);
        }
    });
    ui.end_row();
}

fn detail(ui: &mut egui::Ui, lod: &mut Mut<AvatarLod>) {
    let mut forced = lod.forced;
    ui.label("detail");
    ui.horizontal(|ui| {
        let choices = [None, Some(Lod::Full), Some(Lod::Far), Some(Lod::Hidden)];
        combo(ui, "lod", &mut forced, &choices);
        ui.monospace(format!("{:?}", lod.current));
    });
    ui.end_row();
    if forced != lod.forced {
        lod.forced = forced;
    }
}
