//! The panel on F1: what runs, how fast, and what went wrong.

mod conditions;
mod prompt;

use crate::{
    ReverieSettings,
    events::{ModelFailed, RetryWorld, WorldStarted},
    present::PresentPath,
    preset::{FollowPreset, PresetFailed},
    proxies,
    view::{WorldClock, WorldConditions, WorldFigures, WorldPainting, WorldStatus, WorldView},
    world::ViewRuntime,
};
use bevy::{ecs::entity::EntityHashMap, prelude::*};
use bevy_egui::{EguiContexts, EguiPlugin, EguiPrimaryContextPass, egui};
use prompt::PromptBox;

pub(crate) const WARNING: egui::Color32 = egui::Color32::from_rgb(255, 170, 90);

/// The panel; other code may open and close it.
#[derive(Resource, Debug, Clone, PartialEq, Reflect)]
#[reflect(Resource, Default)]
pub struct WorldPanel {
    /// It is open.
    pub open: bool,
    /// The key that opens and closes it.
    pub key: KeyCode,
}

impl Default for WorldPanel {
    fn default() -> Self {
        Self { open: false, key: KeyCode::F1 }
    }
}

/// The egui panel: a box for a sentence, seed, model, the three figures, coverage, memory, the painter's queue, weather, hour and season, depth
/// view, painted parts, proxies, errors and retry.
pub struct WorldPanelPlugin;

impl Plugin for WorldPanelPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<EguiPlugin>() {
            app.add_plugins(EguiPlugin::default());
        }
        app.init_resource::<WorldPanel>()
            .register_type::<WorldPanel>()
            .init_resource::<Notices>()
            .init_resource::<conditions::Unsent>()
            .add_systems(Update, (toggle, note))
            .add_systems(EguiPrimaryContextPass, panel.run_if(|panel: Res<WorldPanel>| panel.open));
    }
}

/// The last refusals that did not stop the world.
#[derive(Resource, Default)]
struct Notices {
    model: Option<String>,
    preset: Option<String>,
}

fn toggle(mut panel: ResMut<WorldPanel>, keys: Res<ButtonInput<KeyCode>>) {
    if keys.just_pressed(panel.key) {
        panel.open = !panel.open;
    }
}

fn note(
    mut notices: ResMut<Notices>,
    mut models: MessageReader<ModelFailed>,
    mut presets: MessageReader<PresetFailed>,
    mut started: MessageReader<WorldStarted>,
) {
    if started.read().last().is_some() {
        notices.model = None;
    }
    for failure in models.read() {
        notices.model = Some(failure.error.clone());
    }
    for failure in presets.read() {
        notices.preset = Some(failure.error.clone());
    }
}

type Shown = (
    Entity,
    &'static ViewRuntime,
    &'static WorldStatus,
    &'static WorldFigures,
    &'static WorldPainting,
    &'static WorldConditions,
    &'static mut WorldClock,
);

fn panel(
    mut contexts: EguiContexts,
    mut commands: Commands,
    (mut views, mut proxies): (Query<Shown, With<WorldView>>, Query<proxies::list::Listed>),
    mut settings: ResMut<ReverieSettings>,
    (mut notices, mut unsent): (ResMut<Notices>, ResMut<conditions::Unsent>),
    path: Res<PresentPath>,
    mut boxes: Local<EntityHashMap<PromptBox>>,
) -> Result {
    let context = contexts.ctx_mut()?;
    egui::Window::new("World").default_pos([12.0, 12.0]).resizable(false).show(context, |ui| {
        for (entity, runtime, status, figures, painting, weather, mut clock) in &mut views {
            ui.push_id(entity, |ui| {
                let reading = runtime.world.as_ref().and_then(|world| world.reading.as_ref());
                let typed = boxes.entry(entity).or_insert_with(|| PromptBox::of(reading));
                if let Some(prompt) = typed.show(ui, reading, runtime.is_starting()) {
                    commands
                        .entity(entity)
                        .remove::<FollowPreset>()
                        .entry::<WorldView>()
                        .and_modify(|mut view| view.seed = prompt.into());
                }
                ui.separator();
                egui::Grid::new("facts").num_columns(2).show(ui, |ui| {
                    facts(ui, runtime, figures, *path);
                    painting_facts(ui, painting);
                });
                if let Some(error) = &painting.error {
                    ui.colored_label(WARNING, format!("{error}; the world goes on unpainted"));
                }
                if let WorldStatus::Failed(error) = status {
                    ui.colored_label(WARNING, error);
                    if ui.button("Try again").clicked() {
                        commands.trigger(RetryWorld { entity });
                        notices.model = None;
                    }
                } else if *status == WorldStatus::Starting {
                    ui.label("The world is starting …");
                }
                if runtime.world.as_ref().is_some_and(|world| world.follows_conditions) {
                    ui.collapsing("Weather, hour and season", |ui| {
                        conditions::controls(ui, entity, weather, &mut unsent, &mut commands);
                    });
                }
                let mut paused = clock.paused;
                if ui.checkbox(&mut paused, "Pause the world").changed() {
                    clock.paused = paused;
                }
            });
            ui.separator();
        }
        proxies::list::list(ui, &mut commands, &mut proxies);
        let mut depth_view = settings.depth_view;
        if ui.checkbox(&mut depth_view, "Show depth").changed() {
            settings.depth_view = depth_view;
        }
        let mut mark_painted = settings.mark_painted;
        if ui.checkbox(&mut mark_painted, "Mark what was painted").changed() {
            settings.mark_painted = mark_painted;
        }
        let failed =
            views.iter().any(|(_, _, status, ..)| matches!(status, WorldStatus::Failed(_)));
        let notices = &mut *notices;
        for notice in [&mut notices.model, &mut notices.preset] {
            // A failure of the world itself stands above already.
            let Some(text) = notice.as_ref().filter(|_| !failed) else { continue };
            let mut dismissed = false;
            ui.horizontal_wrapped(|ui| {
                ui.colored_label(WARNING, text);
                dismissed = ui.small_button("Dismiss").clicked();
            });
            if dismissed {
                *notice = None;
            }
        }
    });
    Ok(())
}

fn painting_facts(ui: &mut egui::Ui, painting: &WorldPainting) {
    let mut row = |name: &str, value: String| {
        ui.label(name);
        ui.monospace(value);
        ui.end_row();
    };
    if !painting.on {
        row("painter", "off".to_owned());
        return;
    }
    let queue = match (painting.running, painting.waiting) {
        (0, 0) => "all around".to_owned(),
        (running, waiting) => format!("{running} running, {waiting} waiting"),
    };
    row("painted", format!("{} windows", painting.windows));
    row("paint queue", queue);
    if painting.windows > 0 {
        row("a window", format!("{:.0} ms", painting.window_ms));
        let steps = if painting.steps == 1 { "step" } else { "steps" };
        let seed = painting.rng_seed >> 32;
        row("sampler", format!("{} {steps}, seed {seed:08x}", painting.steps));
    }
}

fn facts(ui: &mut egui::Ui, runtime: &ViewRuntime, figures: &WorldFigures, path: PresentPath) {
    let mut row = |name: &str, value: String| {
        ui.label(name);
        ui.monospace(value);
        ui.end_row();
    };
    if let Some(world) = &runtime.world {
        row("seed", shortened(&world.seed));
        row("model", world.model.clone());
    }
    row("model ticks", format!("{:.1} fps", figures.model_fps));
    row("presented", format!("{:.1} fps", figures.presented_fps));
    // While nothing changes no input reaches the screen.
    let age = match figures.input_to_frame_ms {
        0.0 => "-".to_owned(),
        age_ms => format!("{age_ms:.0} ms"),
    };
    row("input to frame", age);
    row("coverage", format!("{:.0} %", figures.coverage * 100.0));
    row("memory", format!("{:.1} MB", figures.memory_bytes as f64 / 1e6));
    let drawn = match path {
        PresentPath::Cpu => "CPU",
        PresentPath::Gpu => "GPU",
    };
    row("drawn on", drawn.to_owned());
}

/// The end of a long path says more than its beginning.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    let length = text.chars().count();
    if length <= LONGEST {
        return text.to_owned();
    }
    let tail: String = text.chars().skip(length - (LONGEST - 1)).collect();
    format!("…{tail}")
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn long_paths_keep_their_end() {
        assert_eq!(shortened("seeds/a.jpg"), "seeds/a.jpg");
        let long = shortened(&format!("/{}/sommer.jpg", "ä".repeat(60)));
        assert!(long.starts_with('…') && long.ends_with("/sommer.jpg"));
        assert_eq!(long.chars().count(), 40);
    }
}
