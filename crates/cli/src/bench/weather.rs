//! What weather costs: repainting what is remembered, and what is in the air of every frame.

use super::{TICK_HZ, figure, walk};
use crate::{error::CliError, stats::Timings};
use glam::{Vec2, Vec3};
use reverie_inference::ModelStore;
use reverie_spatial::{Air, Frame, Memory, Renderer, SpatialModel, repaint::Repainter};
use reverie_world_model::{Conditions, Intrinsics, Pose, Weather, WorldEvent, WorldModel as _};
use serde::Serialize;
use std::time::Instant;

/// Poses at which frames are drawn, and how often each.
const POSES: u64 = 12;
const ROUNDS: u64 = 3;
/// Ticks until a change must have come.
const PATIENCE_TICKS: u64 = 600;

/// What was measured.
#[derive(Serialize)]
pub struct WeatherCost {
    /// One change of the whole memory with the surroundings painted, nothing beside it.
    pub repaint_secs: f64,
    /// Views in that memory, and points.
    pub repaint_views: usize,
    pub repaint_points: usize,
    /// Frames without anything in the air, and with what each weather puts there, as a ratio of that.
    pub clear_frame_ms_p50: f64,
    pub fog_frame_ratio: f64,
    pub rain_frame_ratio: f64,
    pub snow_frame_ratio: f64,
    /// A model's step in a world of one picture, and while colours and air are on their way, as a ratio of that.
    pub still_step_ms_p50: f64,
    pub fading_step_ratio: f64,
}

/// Measures the weather of a memory as it is after painting, and of a model whose world has just begun.
///
/// # Errors
/// [`CliError`] when the weights are not there or nothing could be measured.
pub fn measure(
    memory: &Memory,
    camera: &Intrinsics,
    model: &mut SpatialModel,
) -> Result<WeatherCost, CliError> {
    let failed = |e: &dyn std::fmt::Display| CliError::Failed(e.to_string());
    let mut repainter = Repainter::load(&ModelStore::open()?).map_err(|e| failed(&e))?;
    let began = Instant::now();
    repainter.repainted(memory, &Conditions::new(Weather::Snow, 16.0)).map_err(|e| failed(&e))?;
    let repaint_secs = began.elapsed().as_secs_f64();
    let points = |memory: &Memory| {
        memory.views().iter().map(|view| view.view().intrinsics().pixels()).sum::<usize>()
    };

    let clear = frames(memory, camera, &Air::NONE)?;
    let ratio = |weather: Weather| -> Result<f64, CliError> {
        let conditions = Conditions::new(weather, 12.0);
        let air = Air::under(&conditions, Vec3::splat(0.5), 0.0, Vec2::X);
        Ok(frames(memory, camera, &air)? / clear)
    };
    let (fog, rain, snow) = (ratio(Weather::Fog)?, ratio(Weather::Rain)?, ratio(Weather::Snow)?);
    let [still, fading] = steps(model)?;
    Ok(WeatherCost {
        repaint_secs,
        repaint_views: memory.views().len(),
        repaint_points: points(memory),
        clear_frame_ms_p50: clear,
        fog_frame_ratio: fog,
        rain_frame_ratio: rain,
        snow_frame_ratio: snow,
        still_step_ms_p50: still,
        fading_step_ratio: fading / still,
    })
}

/// Median milliseconds of a frame in an air.
fn frames(memory: &Memory, camera: &Intrinsics, air: &Air) -> Result<f64, CliError> {
    let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
    let mut timings = Timings::default();
    for round in 0..=ROUNDS {
        for k in 0..POSES {
            let yaw = 0.06 * (k as f32 - POSES as f32 / 2.0);
            let pose = Pose::from_yaw_pitch_roll(Vec3::ZERO, yaw, 0.0, 0.0);
            let began = Instant::now();
            renderer
                .render(memory, &pose, camera, &mut frame)
                .map_err(|e| CliError::Failed(e.to_string()))?;
            air.fill(&mut frame, &pose, camera, k as f64 / f64::from(TICK_HZ));
            // The first round warms up.
            if round > 0 {
                timings.push(began.elapsed());
            }
        }
    }
    figure(timings.percentile(50.0))
}

/// Median milliseconds of a step before a change, and while the change is shown.
fn steps(model: &mut SpatialModel) -> Result<[f64; 2], CliError> {
    let (mut still, mut fading) = (Timings::default(), Timings::default());
    let change = 4 * POSES;
    for tick in 0..PATIENCE_TICKS {
        if tick == change {
            model.apply(&WorldEvent::Weather { weather: Weather::Snow, strength: 1.0 })?;
        }
        let began = Instant::now();
        model.step(&walk(tick))?;
        let took = began.elapsed();
        let status = model.repaint_status().unwrap_or_default();
        if let Some(error) = status.error {
            return Err(CliError::Failed(error));
        }
        if tick > POSES && tick < change {
            still.push(took);
        } else if status.fading {
            fading.push(took);
        } else if fading.len() > 0 {
            break;
        }
    }
    Ok([figure(still.percentile(50.0))?, figure(fading.percentile(50.0))?])
}

/// The lines for people.
pub fn lines(w: &WeatherCost) -> String {
    format!(
        "repainting       {:6.2} s for {} views of {:.2} million points\n\
         in the air       {:6.1} ms a clear frame; times {:.2} in fog, {:.2} in rain, {:.2} in snow\n\
         while it changes {:6.1} ms a still step; times {:.2}",
        w.repaint_secs,
        w.repaint_views,
        w.repaint_points as f64 / 1e6,
        w.clear_frame_ms_p50,
        w.fog_frame_ratio,
        w.rain_frame_ratio,
        w.snow_frame_ratio,
        w.still_step_ms_p50,
        w.fading_step_ratio,
    )
}
