//! Windows to complete, as the run-time forms them: a frame in a memory, looked at from elsewhere.

use super::{FIRST_SEED, contestant::failed};
use crate::error::CliError;
use reverie_evaluation::{Mask, RgbdImage, Walk, WalkOptions};
use reverie_simulator::{Camera, Exposure, Quality, Rng, Scene, SimulatorModel};
use reverie_spatial::{
    Frame, Memory, Renderer,
    painter::{PaintError, Painted, Painter, WINDOW_SIDE, Window, window_camera},
};
use reverie_world_model::{
    DepthImage, Embodiment, Intrinsics, Pose, RgbImage, SceneSeed, Seed, SeedSource, Weather,
    WorldModel as _,
};
use std::ops::RangeInclusive;

/// Unknown share of the windows that count.
pub const UNKNOWN: RangeInclusive<f32> = 0.25..=0.6;
/// Weather and hour of the worlds, one after another.
const CONDITIONS: [(Weather, f32); 12] = [
    (Weather::Clear, 11.0),
    (Weather::Rain, 14.0),
    (Weather::Overcast, 22.5),
    (Weather::Snow, 10.0),
    (Weather::Fog, 8.0),
    (Weather::Clear, 19.0),
    (Weather::Overcast, 12.0),
    (Weather::Clear, 23.0),
    (Weather::Rain, 6.0),
    (Weather::Snow, 16.0),
    (Weather::Fog, 13.0),
    (Weather::Clear, 6.5),
];
/// Cameras of the frames that are known, in turns: a square one and one of 16:9. Size and field of
/// view in degrees.
const KNOWN_CAMERAS: [([u32; 2], f32); 2] = [([160, 160], 90.0), ([224, 126], 100.0)];
/// Windows made from one known frame.
const WINDOWS_A_FRAME: usize = 3;
/// Poses tried for one frame before another one is taken.
const TRIES: usize = 16;
/// Frames tried for one world.
const MOST_FRAMES: usize = 200;
/// Ticks of the walk between the known frame and the window, at most: four seconds.
const REACH_TICKS: usize = 96;
/// Length of the walks.
const WALK_TICKS: u64 = 400;
/// Turns away from the known frame's heading, and up or down, radians.
const TURN_RAD: f32 = 0.9;
const NOD_RAD: f32 = 0.25;

/// A window, what is really there, and in which world.
pub struct WindowCase {
    pub scene: SceneSeed,
    pub pose: Pose,
    /// The known frame.
    pub memory: Memory,
    pub frame: Frame,
    pub known: Mask,
    pub push_pull: RgbdImage,
    pub truth: RgbdImage,
}

impl WindowCase {
    /// What a painter makes of it, at [`WINDOW_SIDE`] however finely it paints.
    ///
    /// # Errors
    /// [`CliError::Failed`] with what the painter said.
    pub fn painted(&self, painter: &mut dyn Painter, rng_seed: u64) -> Result<RgbdImage, CliError> {
        let Self { frame, memory, pose, .. } = self;
        let window = Window { frame, memory, pose: *pose, rng_seed };
        at_window_side(&painter.paint(&window).map_err(painting)?)
    }
}

fn painting(error: PaintError) -> CliError {
    failed(&error)
}

/// Windows of the `number`-th held-out world of a domain, everything in it standing still.
///
/// # Errors
/// [`CliError::Failed`] when the simulator fails or no such windows can be found.
pub fn of_world(
    truth: &mut SimulatorModel,
    quality: Quality,
    domain: &str,
    embodiment: Embodiment,
    number: usize,
    count: usize,
) -> Result<Vec<WindowCase>, CliError> {
    let (weather, hour) = CONDITIONS[number % CONDITIONS.len()];
    // Not the worlds of the walks.
    let seed = FIRST_SEED + 101 + number as u64;
    let scene = SceneSeed { weather, hour, ..SceneSeed::new(domain, seed) };
    let start = truth.begin(&Seed::new(SeedSource::Scene(scene.clone())))?.pose;
    let tick_hz = truth.spec().tick_hz;
    let Some(world) = truth.scene() else {
        return Err(CliError::Failed("the simulator has no scene".to_owned()));
    };
    let options = WalkOptions {
        start,
        embodiment,
        tick_hz,
        least_ticks: WALK_TICKS,
        leg_share: 1.0,
        rng_seed: seed,
    };
    let walk = Walk::plan(&options, world).map_err(|e| failed(&e))?;
    let mut maker = Maker {
        world,
        quality,
        poses: &walk.poses,
        rng: Rng::new(seed),
        renderer: Renderer::new(),
        frame: Frame::new(),
    };
    let mut windows = Vec::with_capacity(count);
    for attempt in 0..MOST_FRAMES {
        if windows.len() >= count {
            return Ok(windows);
        }
        let most = (count - windows.len()).min(WINDOWS_A_FRAME);
        let camera = KNOWN_CAMERAS[attempt % KNOWN_CAMERAS.len()];
        let (memory, found) = maker.of_frame(camera, most)?;
        for (pose, frame) in found {
            windows.push(maker.case(&scene, &memory, pose, frame)?);
        }
    }
    Err(CliError::Failed(format!("{domain} {seed}: too few windows of 25 to 60 % unknown")))
}

struct Maker<'a> {
    world: &'a Scene,
    quality: Quality,
    poses: &'a [Pose],
    rng: Rng,
    renderer: Renderer,
    frame: Frame,
}

impl Maker<'_> {
    fn view(&self, pose: Pose, intrinsics: Intrinsics) -> Result<RgbdImage, CliError> {
        let camera = Camera { pose, intrinsics };
        let seen = self.world.render(&camera, self.quality, Exposure::Scene);
        let Intrinsics { width, height, .. } = intrinsics;
        Ok(RgbdImage {
            rgb: RgbImage::new(width, height, seen.rgb).map_err(|e| failed(&e))?,
            depth: DepthImage::new(width, height, seen.depth_m).map_err(|e| failed(&e))?,
        })
    }

    /// The memory of one known frame, and poses around from which enough and not too much is
    /// unknown.
    fn of_frame(
        &mut self,
        ([width, height], fov_deg): ([u32; 2], f32),
        most: usize,
    ) -> Result<(Memory, Vec<(Pose, Frame)>), CliError> {
        let from = self.rng.below(self.poses.len());
        let there = self.poses[from];
        let camera = Intrinsics::from_horizontal_fov(width, height, fov_deg.to_radians());
        let seen = self.view(there, camera)?;
        let mut memory = Memory::new();
        memory.insert(&seen.rgb, &seen.depth, &there, &camera).map_err(|e| failed(&e))?;
        let (yaw, pitch, _) = there.yaw_pitch_roll();
        let near = from.saturating_sub(REACH_TICKS)..(from + REACH_TICKS).min(self.poses.len());
        let mut found = Vec::new();
        for attempt in 0..TRIES {
            let mut pose = self.poses[near.start + self.rng.below(near.len())];
            // As the walk looked there, or anywhere around the known frame's heading.
            if attempt % 2 == 1 {
                let turn = self.rng.range(-TURN_RAD, TURN_RAD);
                let nod = self.rng.range(-NOD_RAD, NOD_RAD);
                let position = pose.position;
                pose = Pose::from_yaw_pitch_roll(position, yaw + turn, pitch + nod, 0.0);
            }
            let Self { renderer, frame, .. } = self;
            renderer.render(&memory, &pose, &window_camera(), frame).map_err(|e| failed(&e))?;
            if UNKNOWN.contains(&(1.0 - frame.coverage())) {
                found.push((pose, frame.clone()));
            }
            if found.len() >= most {
                break;
            }
        }
        Ok((memory, found))
    }

    fn case(
        &self,
        scene: &SceneSeed,
        memory: &Memory,
        pose: Pose,
        frame: Frame,
    ) -> Result<WindowCase, CliError> {
        let pixels = WINDOW_SIDE as usize * WINDOW_SIDE as usize;
        let known = (0..pixels).map(|at| frame.is_known(at)).collect();
        Ok(WindowCase {
            scene: scene.clone(),
            pose,
            known: Mask::new(WINDOW_SIDE, WINDOW_SIDE, known).map_err(|e| failed(&e))?,
            push_pull: RgbdImage {
                rgb: frame.to_rgb().map_err(|e| failed(&e))?,
                depth: frame.to_depth().map_err(|e| failed(&e))?,
            },
            truth: self.view(pose, window_camera())?,
            memory: memory.clone(),
            frame,
        })
    }
}

/// A painted window brought to [`WINDOW_SIDE`] by means of colours and inverse depths.
fn at_window_side(painted: &Painted) -> Result<RgbdImage, CliError> {
    let (rgb, side) = (&painted.rgb, WINDOW_SIDE as usize);
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    let block = width / side;
    let fits = width == height && width == block * side && block > 0;
    if !fits || painted.inverse_depth.len() != width * height {
        return Err(CliError::Failed(format!("the painter paints {width}x{height} pixels")));
    }
    let (mut colours, mut depth) = (Vec::new(), Vec::new());
    let count = (block * block) as u32;
    for at in 0..side * side {
        let (left, top) = (at % side * block, at / side * block);
        let (mut sum, mut inverse) = ([0_u32; 3], 0.0);
        for y in top..top + block {
            for x in left..left + block {
                let from = y * width + x;
                for (sum, value) in sum.iter_mut().zip(&rgb.data()[3 * from..]) {
                    *sum += u32::from(*value);
                }
                inverse += painted.inverse_depth[from];
            }
        }
        colours.extend(sum.map(|sum| ((sum + count / 2) / count) as u8));
        depth.push(count as f32 / inverse.max(0.0));
    }
    Ok(RgbdImage {
        rgb: RgbImage::new(WINDOW_SIDE, WINDOW_SIDE, colours).map_err(|e| failed(&e))?,
        depth: DepthImage::new(WINDOW_SIDE, WINDOW_SIDE, depth).map_err(|e| failed(&e))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finer_windows_are_averaged() {
        let (side, fine) = (WINDOW_SIDE, 2 * WINDOW_SIDE);
        let at = |x: u32, y: u32| ((x / 2 + y / 2) % 200) as u8;
        let rgb = (0..fine * fine).flat_map(|k| {
            let (x, y) = (k % fine, k / fine);
            [at(x, y) + (x % 2 * 2) as u8, 7, 255]
        });
        let inverse_depth = (0..fine * fine).map(|k| if k < fine * 2 { 0.0 } else { 0.25 });
        let painted = Painted {
            rgb: RgbImage::new(fine, fine, rgb.collect()).expect("size"),
            inverse_depth: inverse_depth.collect(),
        };
        let small = at_window_side(&painted).expect("a multiple");
        assert_eq!((small.rgb.width(), small.rgb.height()), (side, side));
        assert_eq!(small.rgb.pixel(5, 9), [at(10, 18) + 1, 7, 255]);
        assert_eq!((small.depth.at(3, 0), small.depth.at(3, 1)), (f32::INFINITY, 4.0));
        let odd = Painted {
            rgb: RgbImage::filled(side + 1, side + 1, [0; 3]).expect("size"),
            inverse_depth: vec![0.0; (side as usize + 1).pow(2)],
        };
        assert!(at_window_side(&odd).is_err());
    }
}
