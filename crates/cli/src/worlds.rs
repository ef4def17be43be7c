//! Which world model runs, and what it starts from.

use crate::{
    args::{Explore, FrameSize},
    error::CliError,
};
use reverie_media::{ImageOptions, load_image_seed};
use reverie_simulator::{Quality, SimulatorModel};
use reverie_spatial::{MODEL_NAME, SpatialConfig, SpatialModel};
use reverie_world_model::{
    ImageSeed, Intrinsics, SceneSeed, Seed, SeedAddress, SeedSource, WorldModel,
};

/// What `--model` accepts.
pub const NAMES: [&str; 2] = ["simulator", "spatial"];
/// What the models run on.
pub const DEVICE: &str = "cpu";
/// Horizontal field of view of the simulator's camera unless `--intrinsics` says otherwise.
const SCENE_FOV_DEG: f32 = 75.0;

/// The model for these arguments, and its seed (with a free camera).
///
/// # Errors
/// [`CliError::BadInput`] naming the argument or file that cannot be used.
pub fn open(args: &Explore, tick_hz: f32) -> Result<(Box<dyn WorldModel>, Seed), CliError> {
    let bad = |text: String| Err(CliError::BadInput(text));
    let name = match (&args.model, &args.seed) {
        (Some(name), _) => name.as_str(),
        (None, SeedAddress::Image(_)) => "spatial",
        (None, _) => "simulator",
    };
    let size = args.size;
    let spatial = || -> Result<Box<dyn WorldModel>, CliError> {
        let (width, height) = (size.width, size.height);
        let mut config = SpatialConfig { width, height, tick_hz, ..SpatialConfig::default() };
        if args.no_painter {
            config.painting = None;
        }
        Ok(Box::new(SpatialModel::new(config)?))
    };
    if !NAMES.contains(&name) {
        return bad(format!("--model {name} is unknown (valid: {})", NAMES.join(", ")));
    }
    let (model, seed) = match &args.seed {
        SeedAddress::Prompt(_) => {
            return bad("no model starts from a sentence yet: give a picture or a scene".to_owned());
        }
        SeedAddress::Image(_) if name == "simulator" => {
            return bad("model simulator starts from `scene:` seeds, not from a picture".to_owned());
        }
        SeedAddress::Image(picture) => {
            let options = ImageOptions { depth: args.depth.clone(), intrinsics: args.intrinsics };
            (spatial()?, Seed::new(SeedSource::Image(load_image_seed(picture, &options)?)))
        }
        SeedAddress::Scene(_) if args.depth.is_some() => {
            return bad("--depth goes with a picture; a scene has its own".to_owned());
        }
        SeedAddress::Scene(scene) => {
            let mut simulator = SimulatorModel::new(scene_camera(args)?, Quality::default())?;
            if name == "spatial" {
                (spatial()?, first_view(&mut simulator, scene)?)
            } else {
                let model: Box<dyn WorldModel> = Box::new(simulator);
                (model, Seed::new(SeedSource::Scene(scene.clone())))
            }
        }
    };
    if args.no_painter && model.spec().name != MODEL_NAME {
        return bad(format!("--no-painter goes with model {MODEL_NAME}: {name} paints nothing"));
    }
    if model.spec().tick_hz != tick_hz {
        let found = model.spec().tick_hz;
        return bad(format!("tick_hz: {tick_hz}: model {name} ticks at {found} Hz only"));
    }
    Ok((model, seed))
}

fn scene_camera(args: &Explore) -> Result<Intrinsics, CliError> {
    let FrameSize { width, height } = args.size;
    match &args.intrinsics {
        Some(numbers) => Ok(numbers.for_picture(width, height)?),
        None => Ok(Intrinsics::from_horizontal_fov(width, height, SCENE_FOV_DEG.to_radians())),
    }
}

/// What the simulator shows first, with its exact depth, as a picture to walk into.
fn first_view(simulator: &mut SimulatorModel, scene: &SceneSeed) -> Result<Seed, CliError> {
    let view = simulator.begin(&Seed::new(SeedSource::Scene(scene.clone())))?;
    let image = ImageSeed { rgb: view.rgb, depth: view.depth, intrinsics: Some(view.intrinsics) };
    Ok(Seed { start: Some(view.pose), ..Seed::new(SeedSource::Image(image)) })
}
