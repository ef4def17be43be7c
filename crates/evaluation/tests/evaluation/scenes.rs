//! Small truths.

use reverie_simulator::{BuiltScene, Conditions, Quality, SceneKind, SceneOptions, SimulatorModel};
use reverie_world_model::{Intrinsics, SceneSeed, Seed, SeedSource, Weather};
use std::sync::Arc;

pub const SEED: u64 = 1_000_003;

/// A street at eleven.
pub fn city() -> BuiltScene {
    BuiltScene::new(&SceneOptions {
        kind: SceneKind::City,
        seed: SEED,
        conditions: Conditions::new(Weather::Clear, 11.0),
        roam: true,
        photos: Arc::from([]),
    })
}

/// The same street as a world model with frames of 64x36, and its seed.
pub fn simulator() -> (SimulatorModel, Seed) {
    let camera = Intrinsics::from_horizontal_fov(64, 36, 75_f32.to_radians());
    let quality = Quality { samples: 1, bounce_rays: 1 };
    let scene = SceneSeed { hour: 11.0, ..SceneSeed::new("city", SEED) };
    (SimulatorModel::new(camera, quality).unwrap(), Seed::new(SeedSource::Scene(scene)))
}
