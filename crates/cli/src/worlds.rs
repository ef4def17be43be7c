//! Which world model runs, and what it starts from.

use crate::{
    args::{Explore, FrameSize},
    error::CliError,
    prompts::{self, Understood},
};
use reverie_inference::ModelStore;
use reverie_media::{ImageOptions, load_image_seed};
use reverie_simulator::{Quality, SimulatorModel};
use reverie_spatial::{MODEL_NAME, SpatialConfig, SpatialModel};
use reverie_world_model::{ImageSeed, Intrinsics, Seed, SeedAddress, SeedSource, WorldModel};

/// What `--model` accepts.
pub const NAMES: [&str; 2] = ["simulator", "spatial"];
/// What the models run on.
pub const DEVICE: &str = "cpu";
/// Horizontal field of view of the simulator's camera unless `--intrinsics` says otherwise.
const SCENE_FOV_DEG: f32 = 75.0;

/// A model, what it starts from (with a free camera), and what was made of the sentence, if one was given.
pub struct Opened {
    pub model: Box<dyn WorldModel>,
    pub seed: Seed,
    pub prompt: Option<Understood>,
}

/// The model for these arguments, and its seed.
///
/// # Errors
/// [`CliError::BadInput`] naming the argument or file that cannot be used.
pub fn open(args: &Explore, tick_hz: f32) -> Result<Opened, CliError> {
    let bad = |text: String| Err(CliError::BadInput(text));
    let name = match (&args.model, &args.seed) {
        (Some(name), _) => name.as_str(),
        (None, SeedAddress::Image(_) | SeedAddress::Prompt(_)) => "spatial",
        (None, SeedAddress::Scene(_)) => "simulator",
    };
    let size = args.size;
    let spatial = || -> Result<Box<dyn WorldModel>, CliError> {
        let (width, height) = (size.width, size.height);
        let mut config = SpatialConfig { width, height, tick_hz, ..SpatialConfig::default() };
        if args.no_painter {
            config.painting = None;
        }
        config.weights.clone_from(&args.weights);
        Ok(Box::new(SpatialModel::new(config)?))
    };
    if !NAMES.contains(&name) {
        return bad(format!("--model {name} is unknown (valid: {})", NAMES.join(", ")));
    }
    let is_prompt = matches!(args.seed, SeedAddress::Prompt(_));
    if !is_prompt && (args.candidate.is_some() || args.encoder.is_some()) {
        let flag = if args.candidate.is_some() { "--candidate" } else { "--encoder" };
        return bad(format!("{flag} goes with a `prompt:` seed"));
    }
    let mut prompt = None;
    let (model, seed) = match &args.seed {
        SeedAddress::Image(_) if name == "simulator" => {
            return bad("model simulator starts from `scene:` seeds, not from a picture".to_owned());
        }
        SeedAddress::Image(picture) => {
            let options = ImageOptions { depth: args.depth.clone(), intrinsics: args.intrinsics };
            (spatial()?, Seed::new(SeedSource::Image(load_image_seed(picture, &options)?)))
        }
        SeedAddress::Scene(_) | SeedAddress::Prompt(_) if args.depth.is_some() => {
            return bad("--depth goes with a picture; a scene has its own".to_owned());
        }
        SeedAddress::Scene(scene) => {
            let seed = Seed::new(SeedSource::Scene(scene.clone()));
            of_scene(args, name, seed, spatial)?
        }
        SeedAddress::Prompt(sentence) => {
            let reader = prompts::reader(&ModelStore::open()?, args.encoder)?;
            let imagined = prompts::choose(&reader, sentence, args.candidate)?;
            let seed = imagined.candidate.seed();
            prompt = Some(imagined.into());
            of_scene(args, name, seed, spatial)?
        }
    };
    if args.no_painter && model.spec().name != MODEL_NAME {
        return bad(format!("--no-painter goes with model {MODEL_NAME}: {name} paints nothing"));
    }
    if args.weights.is_some() && model.spec().name != MODEL_NAME {
        return bad(format!("--weights goes with model {MODEL_NAME}: {name} has no networks"));
    }
    if model.spec().tick_hz != tick_hz {
        let found = model.spec().tick_hz;
        return bad(format!("tick_hz: {tick_hz}: model {name} ticks at {found} Hz only"));
    }
    Ok(Opened { model, seed, prompt })
}

/// The simulator in a scene, or the embedded model walking into the scene's first view.
fn of_scene(
    args: &Explore,
    name: &str,
    seed: Seed,
    spatial: impl Fn() -> Result<Box<dyn WorldModel>, CliError>,
) -> Result<(Box<dyn WorldModel>, Seed), CliError> {
    let mut simulator = SimulatorModel::new(scene_camera(args)?, Quality::default())?;
    if name == "spatial" {
        Ok((spatial()?, first_view(&mut simulator, &seed)?))
    } else {
        Ok((Box::new(simulator), seed))
    }
}

fn scene_camera(args: &Explore) -> Result<Intrinsics, CliError> {
    let FrameSize { width, height } = args.size;
    match &args.intrinsics {
        Some(numbers) => Ok(numbers.for_picture(width, height)?),
        None => Ok(Intrinsics::from_horizontal_fov(width, height, SCENE_FOV_DEG.to_radians())),
    }
}

/// What the simulator shows first, with its exact depth, as a picture to walk into.
fn first_view(simulator: &mut SimulatorModel, scene: &Seed) -> Result<Seed, CliError> {
    let view = simulator.begin(scene)?;
    let image = ImageSeed { rgb: view.rgb, depth: view.depth, intrinsics: Some(view.intrinsics) };
    Ok(Seed { start: Some(view.pose), ..Seed::new(SeedSource::Image(image)) })
}
