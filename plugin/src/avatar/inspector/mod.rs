//! The inspector on F2: how somebody feels and where they look, every shape of the face, and the
//! character creator.

mod creator;
mod files;
mod live;

pub use files::save_spec;

use super::{
    components::{Avatar, FaceOverride, Gaze, Mood, Posture},
    events::AvatarFailed,
    life::AvatarLife,
    load::Library,
    lod::AvatarLod,
};
use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_egui::{EguiContexts, EguiPlugin, EguiPrimaryContextPass, egui};
use creator::Creator;
use reverie_avatar::FaceShape;

const WARNING: egui::Color32 = egui::Color32::from_rgb(255, 170, 90);
const WIDTH: f32 = 340.0;

/// The inspector; other code may open and close it and choose whom it shows.
#[derive(Resource, Debug, Clone, PartialEq, Reflect)]
#[reflect(Resource, Default)]
pub struct AvatarInspector {
    /// It is open.
    pub open: bool,
    /// The key that opens and closes it.
    pub key: KeyCode,
    /// Whom it shows; without, the first avatar.
    pub selected: Option<Entity>,
    /// Which part of it is shown.
    pub page: InspectorPage,
}

impl Default for AvatarInspector {
    fn default() -> Self {
        Self { open: false, key: KeyCode::F2, selected: None, page: InspectorPage::Life }
    }
}

/// A part of the inspector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Reflect)]
#[reflect(Default)]
pub enum InspectorPage {
    /// Mood, gaze, activity, gestures.
    #[default]
    Life,
    /// The 52 shapes of the face.
    Face,
    /// The character creator.
    Creator,
}

/// The egui inspector for avatars.
#[derive(Debug, Clone, Copy, Default)]
pub struct AvatarInspectorPlugin;

impl Plugin for AvatarInspectorPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<EguiPlugin>() {
            app.add_plugins(EguiPlugin::default());
        }
        app.init_resource::<AvatarInspector>()
            .register_type::<AvatarInspector>()
            .init_resource::<Creator>()
            .add_systems(Update, (toggle, note))
            .add_systems(
                EguiPrimaryContextPass,
                inspect.run_if(|inspector: Res<AvatarInspector>| inspector.open),
            );
    }
}

fn toggle(mut inspector: ResMut<AvatarInspector>, keys: Res<ButtonInput<KeyCode>>) {
    if keys.just_pressed(inspector.key) {
        inspector.open = !inspector.open;
    }
}

fn note(mut failed: MessageReader<AvatarFailed>, mut creator: ResMut<Creator>) {
    for failure in failed.read() {
        creator.complain(failure.error.clone());
    }
}

type Inspected = (
    Entity,
    &'static mut Avatar,
    Option<&'static AvatarLife>,
    &'static mut Gaze,
    &'static mut Mood,
    &'static mut Posture,
    &'static mut FaceOverride,
    &'static mut AvatarLod,
);

/// Everything that the inspector reads and changes.
#[derive(SystemParam)]
struct People<'w, 's> {
    avatars: Query<'w, 's, Inspected>,
    cameras: Query<'w, 's, Entity, With<Camera3d>>,
    library: Res<'w, Library>,
    commands: Commands<'w, 's>,
}

/// Somebody or something by name, for lists.
type Named = (Entity, String);

fn inspect(
    mut contexts: EguiContexts,
    mut inspector: ResMut<AvatarInspector>,
    mut creator: ResMut<Creator>,
    mut people: People,
) -> Result {
    let context = contexts.ctx_mut()?;
    let names: Vec<Named> =
        people.avatars.iter().map(|(entity, _, life, ..)| (entity, name(entity, life))).collect();
    let mut selected = inspector.selected.filter(|entity| people.avatars.contains(*entity));
    selected = selected.or(names.first().map(|(entity, _)| *entity));
    let mut page = inspector.page;
    let screen = context.content_rect();
    egui::Window::new("People")
        .default_pos([screen.right() - WIDTH - 24.0, 12.0])
        .default_width(WIDTH)
        .default_height(screen.height() - 64.0)
        .resizable(true)
        .show(context, |ui| {
            let Some(entity) = &mut selected else {
                ui.label("There is nobody here.");
                return;
            };
            choose(ui, "somebody", entity, &names);
            ui.horizontal(|ui| {
                for (choice, text) in [
                    (InspectorPage::Life, "Life"),
                    (InspectorPage::Face, "Face"),
                    (InspectorPage::Creator, "Creator"),
                ] {
                    ui.selectable_value(&mut page, choice, text);
                }
            });
            ui.separator();
            egui::ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| match page {
                InspectorPage::Life => live::page(ui, *entity, &mut people, &names),
                InspectorPage::Face => face(ui, *entity, &mut people),
                InspectorPage::Creator => {
                    let Ok((_, mut avatar, ..)) = people.avatars.get_mut(*entity) else { return };
                    creator.page(ui, *entity, &mut avatar, &people.library);
                }
            });
        });
    if (inspector.selected, inspector.page) != (selected, page) {
        (inspector.selected, inspector.page) = (selected, page);
    }
    Ok(())
}

fn name(entity: Entity, life: Option<&AvatarLife>) -> String {
    match life.map(|life| life.body().name.as_str()) {
        Some("") => format!("somebody ({entity})"),
        Some(name) => format!("{name} ({entity})"),
        None => format!("loading ({entity})"),
    }
}

fn choose(ui: &mut egui::Ui, id: &str, entity: &mut Entity, names: &[Named]) {
    let shown = names.iter().find(|(other, _)| other == entity);
    let shown = shown.map_or("-", |(_, name)| name);
    egui::ComboBox::from_id_salt(id).selected_text(shown).show_ui(ui, |ui| {
        for (other, name) in names {
            ui.selectable_value(entity, *other, name);
        }
    });
}

/// The 52 shapes: what the life does with them, and sliders that win over it.
fn face(ui: &mut egui::Ui, entity: Entity, people: &mut People) {
    let Ok((_, _, Some(life), _, _, _, mut by_hand, _)) = people.avatars.get_mut(entity) else {
        ui.label("The body is loading …");
        return;
    };
    ui.horizontal(|ui| {
        if ui.button("Leave all to the life").clicked() {
            by_hand.clear();
        }
        if ui.button("Hold still").clicked() {
            for shape in FaceShape::ALL {
                by_hand.set(shape, Some(0.0));
            }
        }
    });
    egui::Grid::new("shapes").num_columns(3).striped(true).show(ui, |ui| {
        for shape in FaceShape::ALL {
            let set = by_hand.get(shape);
            let mut held = set.is_some();
            let mut weight = set.unwrap_or(life.pose().face[shape]);
            if ui.checkbox(&mut held, "").on_hover_text("held by hand").changed() {
                by_hand.set(shape, held.then_some(weight));
            }
            ui.label(shape.name());
            if ui.add(egui::Slider::new(&mut weight, 0.0..=1.0).fixed_decimals(2)).changed() {
                by_hand.set(shape, Some(weight));
            }
            ui.end_row();
        }
    });
}
