//! The menu on Escape, the hints and the messages on screen.

use crate::{WORLDS, chooser::Chooser, weather};
use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui, input::egui_wants_any_keyboard_input};
use bevy_reverie::prelude::*;

/// How long a hint or a message stays, seconds.
const HINT_SECS: f32 = 8.0;

const CONTROLS: [(&str, &str); 13] = [
    ("W A S D / left stick", "walk"),
    ("mouse / right stick / arrows", "look (click to grab the pointer)"),
    ("Space, C / triggers", "up, down"),
    ("Shift / left stick press", "faster"),
    ("E / south button", "use"),
    ("G", "drop a crate"),
    ("R, T, Y", "another weather, three hours later, another season"),
    ("Backspace", "take that back"),
    ("F1", "a sentence, weather, figures, the painter, depth view"),
    ("Tab", "the next of the shipped worlds"),
    ("drop a picture", "walk into that one"),
    ("1 2 3 4", "free camera, walker, drone, rover"),
    ("Esc / Start", "this menu"),
];

/// Menu, hints, messages.
pub struct MenuPlugin;

impl Plugin for MenuPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Menu>()
            .insert_resource(Notice::new("Click to look around, W A S D to walk, Esc for the menu"))
            .add_systems(
                Update,
                (
                    // Keys that go into a text box are no commands.
                    (toggle, choose_embodiment, choose_world)
                        .run_if(|chooser: Res<Chooser>| !chooser.open)
                        .run_if(not(egui_wants_any_keyboard_input)),
                    note,
                    fade,
                ),
            )
            .add_systems(
                EguiPrimaryContextPass,
                (
                    draw_menu.run_if(|menu: Res<Menu>| menu.open),
                    draw_notice.run_if(|notice: Res<Notice>, chooser: Res<Chooser>| {
                        notice.left_secs > 0.0 && !chooser.open
                    }),
                ),
            );
    }
}

#[derive(Resource, Default)]
pub struct Menu {
    /// It is shown.
    pub open: bool,
    /// Places in [`WORLDS`]: the one chosen last, and the one to be chosen next.
    world: usize,
    wanted_world: Option<usize>,
}

/// What is written at the lower edge for a while.
#[derive(Resource)]
struct Notice {
    text: String,
    left_secs: f32,
}

impl Notice {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), left_secs: HINT_SECS }
    }
}

fn toggle(
    keys: Res<ButtonInput<KeyCode>>,
    pads: Query<&Gamepad>,
    mut menu: ResMut<Menu>,
    grab: ResMut<PointerGrab>,
    views: Query<(&mut WorldClock, &mut WorldControls)>,
) {
    let start = pads.iter().any(|pad| pad.just_pressed(GamepadButton::Start));
    if keys.just_pressed(KeyCode::Escape) || start {
        let open = !menu.open;
        set_open(open, &mut menu, grab, views);
    }
}

/// An open menu holds the world and lets the pointer go.
fn set_open(
    open: bool,
    menu: &mut Menu,
    mut grab: ResMut<PointerGrab>,
    mut views: Query<(&mut WorldClock, &mut WorldControls)>,
) {
    menu.open = open;
    grab.on_click = !open;
    for (mut clock, mut controls) in &mut views {
        clock.paused = open;
        controls.suspended = open;
    }
}

fn choose_embodiment(keys: Res<ButtonInput<KeyCode>>, mut views: Query<&mut Embodiment>) {
    let choices = [
        (KeyCode::Digit1, Embodiment::Free),
        (KeyCode::Digit2, Embodiment::Walker),
        (KeyCode::Digit3, Embodiment::Drone),
        (KeyCode::Digit4, Embodiment::Rover),
    ];
    for (key, choice) in choices {
        if keys.just_pressed(key) {
            for mut embodiment in &mut views {
                embodiment.set_if_neq(choice);
            }
        }
    }
}

fn choose_world(
    mut commands: Commands,
    keys: Res<ButtonInput<KeyCode>>,
    mut menu: ResMut<Menu>,
    assets: Res<AssetServer>,
    views: Query<Entity, With<WorldView>>,
) {
    if keys.just_pressed(KeyCode::Tab) {
        menu.wanted_world = Some((menu.world + 1) % WORLDS.len());
    }
    if let Some(index) = menu.wanted_world.take() {
        menu.world = index;
        for view in &views {
            commands.entity(view).insert(FollowPreset(assets.load(WORLDS[index].1)));
        }
    }
}

fn note(
    mut notice: ResMut<Notice>,
    mut started: MessageReader<WorldStarted>,
    mut failed: MessageReader<ModelFailed>,
    mut presets: MessageReader<PresetFailed>,
    mut painters: MessageReader<PaintingFailed>,
    mut changed: MessageReader<WorldChanged>,
    mut had_world: Local<bool>,
) {
    if let Some(world) = started.read().last() {
        // The first world is no news: the hint stays.
        if *had_world {
            let read = world.reading.as_ref().map_or_else(String::new, |reading| {
                let notes: String = reading.notes.iter().map(|note| format!("; {note}")).collect();
                format!(" (read by {}{notes})", reading.encoder.name())
            });
            *notice = Notice::new(format!("{} is the world now{read}", world.seed));
        }
        *had_world = true;
    }
    if let Some(text) = changed.read().last().and_then(|change| weather::in_words(&change.event)) {
        *notice = Notice::new(text);
    }
    if let Some(failure) = failed.read().last() {
        let rest = if failure.still_running { " (the old world stays)" } else { "" };
        *notice = Notice::new(format!("{}{rest}", failure.error));
    }
    if let Some(failure) = presets.read().last() {
        *notice = Notice::new(failure.error.clone());
    }
    if let Some(failure) = painters.read().last() {
        *notice = Notice::new(format!("{}; the world goes on unpainted", failure.error));
    }
}

fn fade(time: Res<Time>, mut notice: ResMut<Notice>) {
    if notice.left_secs > 0.0 {
        notice.left_secs -= time.delta_secs();
    }
}

fn draw_menu(
    mut contexts: EguiContexts,
    mut menu: ResMut<Menu>,
    mut chooser: ResMut<Chooser>,
    grab: ResMut<PointerGrab>,
    views: Query<(&mut WorldClock, &mut WorldControls)>,
    mut exit: MessageWriter<AppExit>,
) -> Result {
    let context = contexts.ctx_mut()?;
    let mut resume = false;
    egui::Window::new("Reverie")
        .anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0])
        .collapsible(false)
        .resizable(false)
        .show(context, |ui| {
            egui::Grid::new("controls").num_columns(2).spacing([24.0, 6.0]).show(ui, |ui| {
                for (input, effect) in CONTROLS {
                    ui.strong(input);
                    ui.label(effect);
                    ui.end_row();
                }
            });
            ui.add_space(10.0);
            ui.horizontal(|ui| {
                ui.strong("World");
                for (index, (name, _)) in WORLDS.iter().enumerate() {
                    if ui.button(*name).clicked() {
                        menu.wanted_world = Some(index);
                        resume = true;
                    }
                }
            });
            ui.add_space(10.0);
            ui.horizontal(|ui| {
                resume |= ui.button("Resume").clicked();
                if ui.button("All worlds and pictures").clicked() {
                    chooser.open = true;
                    resume = true;
                }
                if ui.button("Quit").clicked() {
                    exit.write(AppExit::Success);
                }
            });
        });
    if resume {
        set_open(false, &mut menu, grab, views);
    }
    Ok(())
}

fn draw_notice(mut contexts: EguiContexts, notice: Res<Notice>) -> Result {
    let context = contexts.ctx_mut()?;
    egui::Area::new(egui::Id::new("notice"))
        .anchor(egui::Align2::CENTER_BOTTOM, [0.0, -28.0])
        .interactable(false)
        .default_width(720.0)
        .show(context, |ui| {
            egui::Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width(720.0);
                ui.label(&notice.text)
            });
        });
    Ok(())
}
