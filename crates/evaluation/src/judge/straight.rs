//! Straight ahead from one picture, and back: what becomes of an imagined world.
//!
//! No truth goes along: where nobody has been, many worlds are right. The frames are compared with the
//! model's own frames of before.

use super::{check_rate, world_error};
use crate::{
    JudgeError, MetricError, PSNR_CAP_DB, Revisit, Walk,
    gradient::energy,
    similarity::mean_squared,
    walk::{Look, written},
};
use reverie_world_model::{Embodiment, Observation, Pose, RgbImage, Seed, WorldModel};
use std::collections::BTreeMap;

/// Stop at every view that is compared, ticks: a second at 24 Hz, in which what stands in for the
/// imagined world is to be replaced.
const HOLD_TICKS: u64 = 24;
/// Most ticks of the way out.
const MOST_TICKS: u64 = 100_000;
/// Added to brightnesses before they are compared, levels of 0 to 255, so that a black night is no
/// division by nothing.
const DARK: f64 = 2.0;

/// Straight ahead and back.
#[derive(Debug, Clone, Copy)]
pub struct StraightOptions {
    /// Where it begins and which way it goes; the pitch does not count.
    pub start: Pose,
    /// Speed between the views, m/s.
    pub speed_mps: f32,
    /// Ticks per second, above 0 and at most 240.
    pub tick_hz: f32,
    /// Ticks of the way out, at most 100,000; its last frame is compared with that of tick 24.
    pub far_ticks: u64,
    /// Ticks from one view that is seen again to the next, over 24.
    pub view_every: u64,
}

impl Walk {
    /// A second of looking, then straight ahead with a stop of a second at every view, then backwards to
    /// the start past all but the last of them, without stops.
    ///
    /// # Errors
    /// [`MetricError::BadValues`] naming the option that is out of range.
    pub fn straight(options: &StraightOptions) -> Result<Self, MetricError> {
        let StraightOptions { start, speed_mps, tick_hz, far_ticks, view_every } = *options;
        let bad = |field, problem: String| Err(MetricError::BadValues { field, problem });
        if !(tick_hz > 0.0 && tick_hz <= 240.0) {
            return bad("tick_hz", format!("{tick_hz} is not within 0 to 240"));
        }
        if !(0.0..=1000.0).contains(&speed_mps) {
            return bad("speed_mps", format!("{speed_mps} is not within 0 to 1000"));
        }
        if !(HOLD_TICKS + 1..=far_ticks).contains(&view_every) || far_ticks > MOST_TICKS {
            let problem = format!("{view_every} of {far_ticks} ticks");
            return bad("view_every", problem);
        }
        if let Err(error) = start.validate() {
            return bad("start", error.to_string());
        }
        let (yaw, ..) = start.yaw_pitch_roll();
        let look = Look { yaw, pitch: 0.0 };
        let start = Pose::from_yaw_pitch_roll(start.position, yaw, 0.0, 0.0);
        let step = start.forward() * (speed_mps / tick_hz);
        let place = |steps: u64| (start.position + step * steps as f32, look);
        let mut wanted = vec![place(0)];
        let mut steps = 0;
        // Ticks of the views, and how far out they are.
        let mut views = Vec::new();
        for tick in 1..=far_ticks {
            let stands = tick <= HOLD_TICKS || (tick - 1) % view_every >= view_every - HOLD_TICKS;
            steps += u64::from(!stands);
            wanted.push(place(steps));
            if tick.is_multiple_of(view_every) {
                views.push((tick, steps));
            }
        }
        wanted.extend((0..steps).rev().map(place));
        let again = |(first, out): (u64, u64)| Revisit { first, again: far_ticks + steps - out };
        // The last view is where it turns back: it is never left.
        let revisits = views.into_iter().filter(|view| view.1 < steps).rev().map(again).collect();
        let (actions, poses) = written(&wanted, &start, tick_hz);
        let home = actions.len() as u64;
        Ok(Self { tick_hz, actions, poses, revisits, home })
    }
}

/// How one frame looks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Looks {
    /// Gradient energy of a pixel, squared levels of 0 to 255.
    pub energy: f64,
    /// Mean of each channel, 0 to 255.
    pub mean: [f64; 3],
    /// Standard deviation of the brightness, levels.
    pub contrast: f64,
    /// Share of the frame that the model says it knows, 0 to 1.
    pub coverage: f64,
}

impl Looks {
    /// Looks at a frame.
    pub fn of(frame: &Observation) -> Self {
        let rgb = &frame.rgb;
        let pixels = (rgb.data().len() / 3) as f64;
        let (mut mean, mut sum, mut squares) = ([0.0; 3], 0.0, 0.0);
        for pixel in rgb.data().chunks_exact(3) {
            for (mean, value) in mean.iter_mut().zip(pixel) {
                *mean += f64::from(*value) / pixels;
            }
            let luma = pixel.iter().map(|v| f64::from(*v)).sum::<f64>() / 3.0;
            sum += luma;
            squares += luma * luma;
        }
        let variance = squares / pixels - (sum / pixels).powi(2);
        Self {
            energy: energy(rgb, None) as f64 / pixels,
            mean,
            contrast: variance.max(0.0).sqrt(),
            coverage: f64::from(frame.coverage),
        }
    }
}

/// What became of a world on the way.
#[derive(Debug, Clone)]
pub struct Straight {
    /// At tick 24, still at the start.
    pub near: Looks,
    /// At the far end.
    pub far: Looks,
    /// Mean squared differences between two frames from one pose, on the way out and on the way back.
    pub revisits: Vec<f64>,
    /// Last tick of the way out.
    pub far_tick: u64,
    /// The frames at tick 24, of the views on the way out and, behind them, on the way back, by tick.
    pub pictures: BTreeMap<u64, RgbImage>,
}

/// Drift of one or several straight walks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Gradient energy at the far end over that at tick 24, sums over the walks.
    pub sharpness_ratio: f64,
    /// The same of red, green, blue (means) and contrast: whichever changed most, turned so that it is
    /// at most 1.
    pub colour_ratio: f64,
    /// Coverage at the far end over that at tick 24.
    pub coverage_ratio: f64,
    /// PSNR of the mean squared difference between frames on the way out and back, dB, at most
    /// [`PSNR_CAP_DB`]; `None` without a view that is seen again.
    pub revisit_psnr_db: Option<f64>,
}

impl Drift {
    /// Over walks; `None` without any.
    pub fn of(walks: &[Straight]) -> Option<Self> {
        let ratio = |of: &dyn Fn(&Looks) -> f64| {
            let sum = |end: &dyn Fn(&Straight) -> Looks| walks.iter().map(|w| of(&end(w))).sum();
            let (far, near): (f64, f64) = (sum(&|w| w.far), sum(&|w| w.near));
            if near > 0.0 { far / near } else { 1.0 }
        };
        let colours = (0..3).map(|c| ratio(&|looks| looks.mean[c] + DARK));
        let colours = colours.chain([ratio(&|looks| looks.contrast + DARK)]);
        let revisits: Vec<f64> = walks.iter().flat_map(|walk| walk.revisits.clone()).collect();
        let squared = revisits.iter().sum::<f64>() / revisits.len() as f64;
        (!walks.is_empty()).then(|| Self {
            sharpness_ratio: ratio(&|looks| looks.energy),
            colour_ratio: colours.map(|r| r.min(1.0 / r)).fold(1.0, f64::min),
            coverage_ratio: ratio(&|looks| looks.coverage),
            revisit_psnr_db: (!revisits.is_empty())
                .then(|| (10.0 * (255.0 * 255.0 / squared).log10()).min(PSNR_CAP_DB)),
        })
    }
}

/// Takes a model along [`Walk::straight`] from a seed; the walk's start is the seed's.
///
/// `progress` hears of every tick done and may return false to stop.
///
/// # Errors
/// [`JudgeError`] when the model refuses or fails, or its frames change their size.
pub fn judge_straight(
    model: &mut dyn WorldModel,
    seed: &Seed,
    options: &StraightOptions,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Straight, JudgeError> {
    let name = model.spec().name.clone();
    let metric = |error| JudgeError::Metric { model: name.clone(), error };
    let walk = Walk::straight(options).map_err(metric)?;
    check_rate(model.spec().tick_hz, &name, walk.tick_hz)?;
    let start = walk.poses.first().copied();
    let seed = Seed { embodiment: Embodiment::Free, start, ..seed.clone() };
    model.begin(&seed).map_err(|e| world_error(&name, 0, e))?;
    let mut straight = Straight {
        near: Looks::default(),
        far: Looks::default(),
        revisits: Vec::new(),
        far_tick: options.far_ticks,
        pictures: BTreeMap::new(),
    };
    for (tick, action) in (1..).zip(&walk.actions) {
        let now = model.step(action).map_err(|e| world_error(&name, tick, e))?;
        if tick == HOLD_TICKS {
            straight.near = Looks::of(&now);
        }
        if tick == options.far_ticks {
            straight.far = Looks::of(&now);
        }
        if let Some(revisit) = walk.revisits.iter().find(|r| r.again == tick)
            && let Some(before) = straight.pictures.get(&revisit.first)
        {
            straight.revisits.push(mean_squared(&now.rgb, before, None).map_err(metric)?);
        }
        let at_end = tick == HOLD_TICKS || tick == options.far_ticks;
        if at_end || walk.revisits.iter().any(|r| r.first == tick || r.again == tick) {
            straight.pictures.insert(tick, now.rgb);
        }
        if !progress(tick) {
            return Err(JudgeError::Stopped);
        }
    }
    Ok(straight)
}
