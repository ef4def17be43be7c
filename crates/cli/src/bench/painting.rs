//! How fast the painter is: alone, and beside the frames of a player who stands and then walks.

use super::{Presenter, TICK_HZ, figure};
use crate::{error::CliError, stats::Timings};
use glam::Vec3;
use reverie_inference::{ModelStore, Worker};
use reverie_spatial::{
    Frame, Memory, PaintStatus, Renderer, SpatialModel,
    painter::{LearnedPainter, Window, window_camera},
};
use reverie_world_model::{Action, Pose, WorldError};
use serde::Serialize;
use std::{
    collections::HashSet,
    f32::consts::{PI, TAU},
    time::{Duration, Instant},
};

/// Directions in which windows are painted alone.
const DIRECTIONS: usize = 8;
/// How often each.
const ROUNDS: u64 = 3;
/// A display shows no more frames than this a second.
const DISPLAY_HZ: f64 = 60.0;
/// After this the surroundings count as never done.
const MOST_SURROUND: Duration = Duration::from_secs(60);
/// Straight ahead at a walking pace.
const WALK_MPS: f32 = 1.35;

/// What was measured.
#[derive(Serialize)]
pub struct Painting {
    /// The painter alone on a window of 90 degrees, its networks with the upsampling.
    pub paint_window_ms_p50: f64,
    pub paint_window_ms_p99: f64,
    /// From the first frame until the painter finds nothing missing in any direction, standing still,
    /// in real time beside the frames; `None` when a minute was not enough.
    pub surround_secs: Option<f64>,
    /// Windows painted in that time.
    pub surround_windows: u64,
    /// Mean share that is known then, looking in all directions from where the player stands.
    pub surround_coverage: f64,
    /// Frames beside the painter, at most 60 a second: while the surroundings were painted, and on a
    /// walk straight ahead after that.
    pub painting_fps: f64,
    pub painting_frame_ms_p50: f64,
    pub painting_frame_ms_p99: f64,
    /// Windows painted on that walk.
    pub walk_windows: u64,
    /// Looking for a window, painting and merging it beside the frames, medians.
    pub beside_plan_ms_p50: f64,
    pub beside_paint_ms_p50: f64,
    pub beside_merge_ms_p50: f64,
    /// Why the newest window failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub painter_error: Option<String>,
}

/// What the model's thread answers to an action.
struct Tick {
    pose: Pose,
    memory: Memory,
    status: PaintStatus,
}

/// Measures a model whose world has just begun and whose painter merges when it is ready; with it comes the memory with its
/// surroundings painted.
///
/// # Errors
/// [`CliError`] when the weights are not there or nothing could be measured.
pub fn measure(model: SpatialModel, walk_time: Duration) -> Result<(Painting, Memory), CliError> {
    let failed = |e: String| CliError::Failed(e);
    let (Some(memory), Some(camera), Some(pose)) =
        (model.memory().cloned(), model.intrinsics(), model.pose())
    else {
        return Err(WorldError::NotBegun.into());
    };
    let seed_memory = memory.clone();
    let answer = |model: &mut SpatialModel, action: Action| {
        let pose = model.advance(&action)?;
        let memory = model.memory().cloned().ok_or(WorldError::NotBegun)?;
        let status = model.paint_status().cloned().unwrap_or_default();
        Ok::<Tick, WorldError>(Tick { pose, memory, status })
    };
    let worker = Worker::spawn("reverie-model", 2, move || Ok::<_, WorldError>(model), answer)
        .map_err(|e| failed(e.to_string()))?;
    let mut newest = Tick { pose, memory, status: PaintStatus::default() };
    let mut presenter = Presenter::new(camera);
    let mut frames = Timings::default();
    let mut stages: [Timings; 3] = Default::default();
    let mut counted = HashSet::new();
    let mut surrounded: Option<(Option<Duration>, u64, Memory)> = None;
    let tick_time = Duration::from_secs_f32(1.0 / TICK_HZ);
    let frame_time = Duration::from_secs_f64(1.0 / DISPLAY_HZ);
    let ahead = Action { move_mps: Vec3::new(0.0, 0.0, WALK_MPS), ..Action::default() };
    let began = Instant::now();
    let (mut next_tick, mut walks_since) = (began, began);
    let mut shown = 0_u64;
    loop {
        let now = Instant::now();
        if surrounded.is_some() && now.duration_since(walks_since) >= walk_time {
            break;
        }
        if now >= next_tick {
            // A full queue means that the model is behind: this tick is left out, as in a game.
            let _ = worker.try_send(if surrounded.is_some() { ahead } else { Action::default() });
            next_tick += tick_time;
        }
        while let Some(tick) = worker.try_receive().map_err(|e| failed(e.to_string()))? {
            newest = tick?;
        }
        presenter.show(&newest.memory, &newest.pose)?;
        frames.push(now.elapsed());
        shown += 1;
        // Reports are the newest ones: each is counted once, by where it stands in the whole row.
        let first = newest.status.windows - newest.status.reports.len() as u64;
        for (at, report) in (first..).zip(&newest.status.reports) {
            if counted.insert(at) {
                let secs = [report.plan_secs, report.paint_secs, report.merge_secs];
                for (stage, secs) in stages.iter_mut().zip(secs) {
                    stage.push(Duration::from_secs_f64(secs));
                }
            }
        }
        if surrounded.is_none() {
            let (done, late) = (newest.status.complete, began.elapsed() >= MOST_SURROUND);
            if done || late {
                let took = done.then(|| began.elapsed());
                surrounded = Some((took, newest.status.windows, newest.memory.clone()));
                walks_since = Instant::now();
            }
        }
        std::thread::sleep(frame_time.saturating_sub(now.elapsed()));
    }
    let fps = shown as f64 / began.elapsed().as_secs_f64();
    let (took, windows, memory) = surrounded.unwrap_or((None, 0, seed_memory.clone()));
    drop(worker);

    let alone = alone(&seed_memory, &pose)?;
    let [plan, paint, merge] = &stages;
    let painting = Painting {
        paint_window_ms_p50: figure(alone.percentile(50.0))?,
        paint_window_ms_p99: figure(alone.percentile(99.0))?,
        surround_secs: took.map(|took| took.as_secs_f64()),
        surround_windows: windows,
        surround_coverage: coverage_around(&memory, &pose)?,
        painting_fps: fps,
        painting_frame_ms_p50: figure(frames.percentile(50.0))?,
        painting_frame_ms_p99: figure(frames.percentile(99.0))?,
        walk_windows: newest.status.windows - windows,
        beside_plan_ms_p50: figure(plan.percentile(50.0))?,
        beside_paint_ms_p50: figure(paint.percentile(50.0))?,
        beside_merge_ms_p50: figure(merge.percentile(50.0))?,
        painter_error: newest.status.error,
    };
    Ok((painting, memory))
}

/// Level, up and down in turns around a pose.
fn around(pose: &Pose, count: usize) -> impl Iterator<Item = Pose> + '_ {
    let (yaw, ..) = pose.yaw_pitch_roll();
    (0..count).map(move |k| {
        let turn = TAU * k as f32 / count as f32;
        let pitch = [0.0, -0.25 * PI, 0.0, 0.25 * PI][k % 4];
        Pose::from_yaw_pitch_roll(pose.position, yaw + turn, pitch, 0.0)
    })
}

/// The painter with nothing beside it, on windows around the first picture.
fn alone(memory: &Memory, pose: &Pose) -> Result<Timings, CliError> {
    let failed = |e: &dyn std::fmt::Display| CliError::Failed(e.to_string());
    let mut painter = LearnedPainter::factory(ModelStore::open()?)().map_err(|e| failed(&e))?;
    let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
    let mut timings = Timings::default();
    for rng_seed in 0..=ROUNDS {
        for pose in around(pose, DIRECTIONS) {
            renderer.render(memory, &pose, &window_camera(), &mut frame).map_err(|e| failed(&e))?;
            let began = Instant::now();
            let window = Window { frame: &frame, memory, pose, rng_seed };
            painter.paint(&window).map_err(|e| failed(&e))?;
            // The first round warms up.
            if rng_seed > 0 {
                timings.push(began.elapsed());
            }
        }
    }
    Ok(timings)
}

fn coverage_around(memory: &Memory, pose: &Pose) -> Result<f64, CliError> {
    let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
    let count = 4 * DIRECTIONS;
    let mut sum = 0.0;
    for pose in around(pose, count) {
        renderer
            .render(memory, &pose, &window_camera(), &mut frame)
            .map_err(|e| CliError::Failed(e.to_string()))?;
        sum += f64::from(frame.coverage());
    }
    Ok(sum / count as f64)
}

/// The lines for people.
pub fn lines(p: &Painting) -> String {
    let surround = p.surround_secs.map_or("over 60".to_owned(), |secs| format!("{secs:.1}"));
    let error = p.painter_error.as_ref().map_or(String::new(), |e| format!("\npainter: {e}"));
    format!(
        "window           {:6.1} ms median, {:.1} ms p99, the painter alone\n\
         surroundings     {surround:>6} s for {} windows, then {:.1} % known\n\
         while painting   {:6.1} frames/s (at most {DISPLAY_HZ})  {:.1} ms median, {:.1} ms p99\n\
         beside frames    {:6.1} ms looking, {:.1} ms painting, {:.1} ms merging a window; {} on the \
         walk{error}",
        p.paint_window_ms_p50,
        p.paint_window_ms_p99,
        p.surround_windows,
        100.0 * p.surround_coverage,
        p.painting_fps,
        p.painting_frame_ms_p50,
        p.painting_frame_ms_p99,
        p.beside_plan_ms_p50,
        p.beside_paint_ms_p50,
        p.beside_merge_ms_p50,
        p.walk_windows,
    )
}
