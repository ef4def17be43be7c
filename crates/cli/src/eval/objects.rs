//! Are things that were placed as boxes recognised? The model paints them from class, size and colour; the judge's
//! network looks at them and, from the same place, at the simulator's own things.

use crate::error::CliError;
use indicatif::ProgressBar;
use reverie_evaluation::{
    objects::{ObjectsNetwork, aim, standing_place},
    paired_ratio,
};
use reverie_inference::ModelStore;
use reverie_simulator::{Camera, Exposure, ProxyKind, Quality, Rng, SceneKind, SimulatorModel};
use reverie_spatial::{Frame, Renderer, SpatialConfig, SpatialModel, objects::Surroundings};
use reverie_world_model::{
    Action, Embodiment, ImageSeed, Intrinsics, Pose, RgbImage, SceneSeed, Seed, SeedSource,
    Weather, WorldEvent, WorldModel as _,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

/// The first of the judged worlds; the network was trained on none of them.
const FIRST_SEED: u64 = 1_000_400;
/// Worlds of each kind, and in a quick run.
const WORLDS: u64 = 6;
const QUICK_WORLDS: u64 = 1;
/// The view that the model's world begins with.
const VIEW: [u32; 2] = [512, 288];
const FOV_DEG: f32 = 75.0;
/// Things stand within this of the view's middle.
const HALF_ANGLE_RAD: f32 = 0.35;
const QUALITY: Quality = Quality { samples: 2, bounce_rays: 1 };
/// Conditions of the worlds, one after another.
const CONDITIONS: [(Weather, f32); 4] = [
    (Weather::Clear, 10.0),
    (Weather::Overcast, 15.0),
    (Weather::Snow, 12.0),
    (Weather::Clear, 18.0),
];

/// What was found.
#[derive(Debug, Serialize)]
pub struct ObjectLine {
    /// Things that were placed.
    pub proxies: u32,
    /// Share of them that is recognised where the model painted them, over the share that is recognised where the
    /// simulator has them, from the same places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_recognition_ratio: Option<f64>,
    /// Where that lies in 95 of 100 resamples of the things.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_recognition_interval: Option<[f64; 2]>,
    /// The first share.
    pub proxy_recognised: f64,
    /// The second.
    pub proxy_recognised_true: f64,
    /// Both shares and the number of things by class.
    pub proxy_classes: BTreeMap<&'static str, ClassLine>,
}

/// The things of one class.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct ClassLine {
    pub count: u32,
    pub recognised: u32,
    pub recognised_true: u32,
}

/// Places things into worlds of the simulator and of the model, and judges pictures of both.
///
/// # Errors
/// [`CliError::Interrupted`], and when a world cannot be made.
pub fn run(
    store: &ModelStore,
    domains: &[&'static str],
    quick: bool,
    progress: &ProgressBar,
    interrupted: &AtomicBool,
) -> Result<ObjectLine, CliError> {
    let network = ObjectsNetwork::load(store).map_err(|e| CliError::BadInput(e.to_string()))?;
    let mut seen = Vec::new();
    let worlds = if quick { QUICK_WORLDS } else { WORLDS };
    for domain in domains {
        let Some(kind) = SceneKind::from_name(domain) else { continue };
        for number in 0..worlds {
            if interrupted.load(Ordering::Relaxed) {
                return Err(CliError::Interrupted);
            }
            progress.set_message(format!("proxies in {domain} {}", number + 1));
            world(kind, number, &network, &mut seen)?;
        }
    }
    let mut classes = BTreeMap::<&'static str, ClassLine>::new();
    for Seen { class, recognised: [ours, truly] } in &seen {
        let line = classes.entry(class).or_default();
        line.count += 1;
        line.recognised += u32::from(*ours);
        line.recognised_true += u32::from(*truly);
    }
    let pairs: Vec<[bool; 2]> = seen.iter().map(|seen| seen.recognised).collect();
    let share = |which: usize| {
        pairs.iter().filter(|pair| pair[which]).count() as f64 / pairs.len().max(1) as f64
    };
    let ratio = paired_ratio(&pairs);
    Ok(ObjectLine {
        proxies: pairs.len() as u32,
        proxy_recognition_ratio: ratio.map(|ratio| ratio.value),
        proxy_recognition_interval: ratio.map(|ratio| [ratio.low, ratio.high]),
        proxy_recognised: share(0),
        proxy_recognised_true: share(1),
        proxy_classes: classes,
    })
}

/// A thing, and whether it is recognised: the model's, the true one.
struct Seen {
    class: &'static str,
    recognised: [bool; 2],
}

fn world(
    kind: SceneKind,
    number: u64,
    network: &ObjectsNetwork,
    all: &mut Vec<Seen>,
) -> Result<(), CliError> {
    let seed = FIRST_SEED + number;
    let (weather, hour) = CONDITIONS[(number % CONDITIONS.len() as u64) as usize];
    let mut rng = Rng::new(seed ^ 0x00b1_ec75);
    let view = Intrinsics::from_horizontal_fov(VIEW[0], VIEW[1], FOV_DEG.to_radians());
    let mut truth = SimulatorModel::new(view, QUALITY)?;
    let scene = SceneSeed { weather, hour, ..SceneSeed::new(kind.name(), seed) };
    let begin = Seed { embodiment: Embodiment::Free, ..Seed::new(SeedSource::Scene(scene)) };
    let first = truth.begin(&begin)?;
    let config = SpatialConfig {
        width: VIEW[0],
        height: VIEW[1],
        painting: None,
        ..SpatialConfig::default()
    };
    let mut model = SpatialModel::new(config)?;
    let image = ImageSeed { rgb: first.rgb, depth: first.depth, intrinsics: Some(view) };
    let source = SeedSource::Image(image);
    let start = Some(first.pose);
    model.begin(&Seed { embodiment: Embodiment::Free, start, ..Seed::new(source) })?;
    let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
    for thing in ProxyKind::ALL {
        let (size, colour) = (thing.any_size(&mut rng), thing.any_colour(&mut rng));
        let scene = truth.scene().ok_or_else(|| CliError::Failed("no scene".to_owned()))?;
        let eye: Pose = first.pose;
        let Some((position, rotation)) =
            standing_place(scene, &eye, size, HALF_ANGLE_RAD, || rng.unit())
        else {
            continue;
        };
        let (id, class) = (rng.next_u64(), thing.name().to_owned());
        let event = WorldEvent::Place { id, class, position, rotation, size, colour };
        truth.apply(&event)?;
        model.apply(&event)?;
        // Its turn to be painted and lit.
        for _ in 0..2 {
            model.advance(&Action::default())?;
        }
        let (pose, intrinsics) = aim(eye.position, position, size);
        let scene = truth.scene().ok_or_else(|| CliError::Failed("no scene".to_owned()))?;
        let rendered = scene.render(&Camera { pose, intrinsics }, QUALITY, Exposure::Scene);
        let true_picture = RgbImage::new(intrinsics.width, intrinsics.height, rendered.rgb)
            .map_err(|e| CliError::Failed(e.to_string()))?;
        let memory = model.memory().ok_or_else(|| CliError::Failed("no memory".to_owned()))?;
        let around = Surroundings { memory, objects: model.objects() };
        renderer
            .render_with(&around, &pose, &intrinsics, &mut frame)
            .map_err(|e| CliError::Failed(e.to_string()))?;
        let picture = frame.to_rgb().map_err(|e| CliError::Failed(e.to_string()))?;
        let seen = |picture: &RgbImage| {
            network
                .recognise(picture)
                .map(|kind| kind == thing.name())
                .map_err(|e| CliError::Failed(e.to_string()))
        };
        let recognised = [seen(&picture)?, seen(&true_picture)?];
        all.push(Seen { class: thing.name(), recognised });
        truth.apply(&WorldEvent::Remove { id })?;
        model.apply(&WorldEvent::Remove { id })?;
    }
    Ok(())
}
