//! `reverie bench world`: how fast the spatial memory and its painter are on this machine.

pub mod avatar;
mod painting;
pub mod voice;
mod weather;

use crate::{
    args::{BenchWorld, FrameSize},
    error::CliError,
    output::{print, print_json},
    stats::Timings,
    worlds::DEVICE,
};
use glam::{Vec2, Vec3};
use reverie_inference::{Worker, assets_dir};
use reverie_media::{ImageOptions, load_image_seed};
use reverie_spatial::{
    Frame, Memory, PaintTiming, Renderer, SpatialConfig, SpatialModel, reference,
};
use reverie_world_model::{
    Action, Intrinsics, Pose, Seed, SeedSource, WorldError, WorldModel as _,
};
use serde::Serialize;
use std::{
    f32::consts::TAU,
    time::{Duration, Instant},
};

/// The shipped photograph that is walked into; it is kept at about 1.3 million points.
const PHOTOGRAPH: &str = "seeds/dandelion_meadow.jpg";
const TICK_HZ: f32 = 24.0;
/// Length of the walk until it repeats, ticks.
const LAP_TICKS: u64 = 192;
/// Steps before measuring, so that buffers have grown.
const WARM_UP_STEPS: u64 = 12;
/// Poses of the walk that the reference renderer is measured at.
const REFERENCE_POSES: usize = 5;

#[derive(Serialize)]
struct Report {
    model: String,
    size: [u32; 2],
    threads: usize,
    device: &'static str,
    /// What is walked through, and how much of it is drawn: vertices at the drawn level of detail.
    photograph: String,
    memory_points: usize,
    visible_points_mean: f64,
    visible_points_min: usize,
    coverage_mean: f64,
    /// From the start of the program to the first frame: photograph decoded, depth network loaded
    /// and run, memory built, frame rendered; meanwhile the painter is loaded on its thread.
    first_frame_secs: f64,
    #[serde(flatten)]
    painting: painting::Painting,
    #[serde(flatten)]
    weather: weather::WeatherCost,
    /// `step` alone without painting, again and again: advance, render, copy colour and depth out.
    model_fps: f64,
    ms_p50: f64,
    ms_p99: f64,
    steps: usize,
    stages: Stages,
    /// The plain reference renderer against the fast one, at the same poses of the walk.
    reference_ms_p50: f64,
    render_ms_p50: f64,
    ratio_to_reference: f64,
    /// Frames a second of the newest memory at the newest pose, beside a model ticking at 24 Hz on
    /// its own thread.
    presented_fps: f64,
    /// In that loop: from handing an action to the model until the first frame that shows it.
    input_to_frame_ms_p50: f64,
    input_to_frame_ms_p99: f64,
    /// Peak resident memory of this process, MB; `None` where the system does not tell.
    peak_rss_mb: Option<f64>,
}

/// Mean over all measured steps.
#[derive(Serialize)]
struct Stages {
    /// Choosing tiles.
    cull: Stage,
    /// Transforming and drawing points.
    raster: Stage,
    /// Filling holes.
    fill: Stage,
    /// The rest of a step: moving the camera, copying colour and depth out.
    observe: Stage,
}

#[derive(Serialize)]
struct Stage {
    ms: f64,
    /// Of the whole step, 0 to 1.
    share: f64,
}

/// Runs `bench world`; `started` is when the program began.
///
/// # Errors
/// [`CliError::BadInput`] when the shipped photograph or the weights are not there.
pub fn run(args: &BenchWorld, started: Instant) -> Result<(), CliError> {
    let seed = seed()?;
    let mut model = open(args.size, Some(PaintTiming::WhenReady))?;
    model.begin(&seed)?;
    let first_frame_secs = started.elapsed().as_secs_f64();
    let memory_points = seed_points(&model);
    let time = Duration::from_secs_f64(args.secs);
    eprintln!("painting the surroundings, then walking for {} s", args.secs);
    let (painting, surroundings) = painting::measure(model, time)?;

    let mut model = open(args.size, None)?;
    model.begin(&seed)?;
    eprintln!("weather");
    let camera = model.intrinsics().ok_or(WorldError::NotBegun)?;
    let weather = weather::measure(&surroundings, &camera, &mut model)?;
    drop(surroundings);
    model.begin(&seed)?;
    drop(seed);
    eprintln!("stepping for {} s", args.secs);
    let steps = measure_steps(&mut model, time)?;
    eprintln!("reference renderer at {} poses", steps.poses.len());
    let (reference_ms_p50, render_ms_p50) = compare_to_reference(&model, &steps.poses)?;
    eprintln!("presenting for {} s", args.secs);
    let name = model.spec().name.clone();
    let presented = measure_presenting(model, args.size, time)?;

    let report = Report {
        model: name,
        size: [args.size.width, args.size.height],
        threads: rayon::current_num_threads(),
        device: DEVICE,
        photograph: PHOTOGRAPH.to_owned(),
        memory_points,
        visible_points_mean: steps.visible_sum as f64 / steps.timings.len() as f64,
        visible_points_min: steps.visible_min,
        coverage_mean: steps.coverage_sum / steps.timings.len() as f64,
        first_frame_secs,
        painting,
        weather,
        model_fps: figure(steps.timings.per_second())?,
        ms_p50: figure(steps.timings.percentile(50.0))?,
        ms_p99: figure(steps.timings.percentile(99.0))?,
        steps: steps.timings.len(),
        stages: steps.stages(),
        reference_ms_p50,
        render_ms_p50,
        ratio_to_reference: reference_ms_p50 / render_ms_p50,
        presented_fps: presented.fps,
        input_to_frame_ms_p50: figure(presented.ages.percentile(50.0))?,
        input_to_frame_ms_p99: figure(presented.ages.percentile(99.0))?,
        peak_rss_mb: peak_rss_mb(),
    };
    if args.json { print_json(&report) } else { print(&table(&report)) }
}

/// Nothing was measured only if the machine hangs; then there is no figure to make up.
fn figure(value: Option<f64>) -> Result<f64, CliError> {
    value.ok_or_else(|| CliError::Failed("nothing could be measured in that time".to_owned()))
}

fn seed() -> Result<Seed, CliError> {
    let Some(assets) = assets_dir() else {
        return Err(CliError::BadInput("no assets folder: set REVERIE_ASSETS to it".to_owned()));
    };
    let image = load_image_seed(&assets.join(PHOTOGRAPH), &ImageOptions::default())?;
    Ok(Seed::new(SeedSource::Image(image)))
}

fn open(size: FrameSize, painting: Option<PaintTiming>) -> Result<SpatialModel, CliError> {
    Ok(SpatialModel::new(SpatialConfig {
        width: size.width,
        height: size.height,
        tick_hz: TICK_HZ,
        painting,
        ..SpatialConfig::default()
    })?)
}

fn seed_points(model: &SpatialModel) -> usize {
    let views = model.memory().map(Memory::views).unwrap_or_default();
    views.iter().map(|v| v.view().intrinsics().pixels()).sum()
}

/// A lap: swings to both sides, forward and back, and looks around meanwhile.
fn walk(tick: u64) -> Action {
    let phase = TAU * (tick % LAP_TICKS) as f32 / LAP_TICKS as f32;
    Action {
        move_mps: Vec3::new(0.5 * (2.0 * phase).cos(), 0.0, 0.6 * phase.cos()),
        look_rps: Vec2::new(
            9.0_f32.to_radians() * phase.cos(),
            3.0_f32.to_radians() * (3.0 * phase).cos(),
        ),
        interact: false,
    }
}

#[derive(Default)]
struct Steps {
    timings: Timings,
    /// Seconds of all steps and of their stages: cull, raster, fill.
    total_secs: f64,
    stage_secs: [f64; 3],
    visible_sum: usize,
    visible_min: usize,
    coverage_sum: f64,
    /// Evenly spread poses of the walk.
    poses: Vec<Pose>,
}

impl Steps {
    fn stages(&self) -> Stages {
        let steps = self.timings.len() as f64;
        let stage = |secs: f64| Stage { ms: secs * 1e3 / steps, share: secs / self.total_secs };
        let [cull, raster, fill] = self.stage_secs;
        let rest = self.total_secs - (cull + raster + fill);
        Stages { cull: stage(cull), raster: stage(raster), fill: stage(fill), observe: stage(rest) }
    }
}

fn measure_steps(model: &mut SpatialModel, time: Duration) -> Result<Steps, CliError> {
    let mut steps = Steps { visible_min: usize::MAX, ..Steps::default() };
    for tick in 0..WARM_UP_STEPS {
        model.step(&walk(tick))?;
    }
    let end = Instant::now() + time;
    for tick in WARM_UP_STEPS.. {
        let began = Instant::now();
        if began >= end && steps.poses.len() >= REFERENCE_POSES {
            break;
        }
        let observation = model.step(&walk(tick))?;
        let took = began.elapsed();
        steps.timings.push(took);
        steps.total_secs += took.as_secs_f64();
        let stats = model.stats();
        let stages = [stats.cull_secs, stats.raster_secs, stats.fill_secs];
        for (sum, secs) in steps.stage_secs.iter_mut().zip(stages) {
            *sum += secs;
        }
        steps.visible_sum += stats.visible_vertices;
        steps.visible_min = steps.visible_min.min(stats.visible_vertices);
        steps.coverage_sum += f64::from(observation.coverage);
        let due = (steps.poses.len() as u64 + 1) * LAP_TICKS / REFERENCE_POSES as u64;
        if steps.poses.len() < REFERENCE_POSES && tick >= due {
            steps.poses.push(observation.pose);
        }
    }
    Ok(steps)
}

/// Median milliseconds of the reference and of the fast renderer at the same poses.
fn compare_to_reference(model: &SpatialModel, poses: &[Pose]) -> Result<(f64, f64), CliError> {
    let failed = |e: reverie_spatial::SpatialError| CliError::Failed(e.to_string());
    let (Some(memory), Some(camera)) = (model.memory(), model.intrinsics()) else {
        return Err(WorldError::NotBegun.into());
    };
    let (mut plain, mut fast) = (Timings::default(), Timings::default());
    let (mut renderer, mut frame) = (Renderer::new(), Frame::new());
    renderer.render(memory, &Pose::IDENTITY, &camera, &mut frame).map_err(failed)?;
    for pose in poses {
        for _ in 0..3 {
            let began = Instant::now();
            renderer.render(memory, pose, &camera, &mut frame).map_err(failed)?;
            fast.push(began.elapsed());
        }
        let began = Instant::now();
        reference::render(memory, pose, &camera, &mut frame).map_err(failed)?;
        plain.push(began.elapsed());
    }
    Ok((figure(plain.percentile(50.0))?, figure(fast.percentile(50.0))?))
}

struct Presented {
    fps: f64,
    ages: Timings,
}

/// What the model's thread answers to an action.
struct Tick {
    submitted: Instant,
    pose: Pose,
    memory: Memory,
}

/// Shows the newest memory at the newest pose as often as possible, while the model ticks at its
/// own rate on its own thread, as the plugin does.
fn measure_presenting(
    model: SpatialModel,
    size: FrameSize,
    time: Duration,
) -> Result<Presented, CliError> {
    let failed = |e: String| CliError::Failed(e);
    let (Some(memory), Some(camera)) = (model.memory().cloned(), model.intrinsics()) else {
        return Err(WorldError::NotBegun.into());
    };
    debug_assert_eq!((camera.width, camera.height), (size.width, size.height));
    let answer = |model: &mut SpatialModel, (action, submitted): (Action, Instant)| {
        let pose = model.advance(&action)?;
        let memory = model.memory().cloned().ok_or(WorldError::NotBegun)?;
        Ok::<Tick, WorldError>(Tick { submitted, pose, memory })
    };
    let worker = Worker::spawn("reverie-model", 2, move || Ok::<_, WorldError>(model), answer)
        .map_err(|e| failed(e.to_string()))?;
    let mut newest = Tick { submitted: Instant::now(), pose: Pose::IDENTITY, memory };
    let mut presented = Presenter::new(camera);
    presented.show(&newest.memory, &newest.pose)?;

    let tick_time = Duration::from_secs_f32(1.0 / TICK_HZ);
    let began = Instant::now();
    let mut ages = Timings::default();
    let (mut ticks, mut frames, mut next_tick) = (0_u64, 0_u64, began);
    while began.elapsed() < time {
        let now = Instant::now();
        if now >= next_tick {
            // A full queue means that the model is behind: this tick is left out, as in a game.
            let _ = worker.try_send((walk(ticks), now));
            ticks += 1;
            next_tick += tick_time;
        }
        let mut fresh = false;
        while let Some(tick) = worker.try_receive().map_err(|e| failed(e.to_string()))? {
            newest = tick?;
            fresh = true;
        }
        presented.show(&newest.memory, &newest.pose)?;
        frames += 1;
        if fresh {
            ages.push(newest.submitted.elapsed());
        }
    }
    Ok(Presented { fps: frames as f64 / began.elapsed().as_secs_f64(), ages })
}

/// A renderer with its buffers.
struct Presenter {
    camera: Intrinsics,
    renderer: Renderer,
    frame: Frame,
}

impl Presenter {
    fn new(camera: Intrinsics) -> Self {
        Self { camera, renderer: Renderer::new(), frame: Frame::new() }
    }

    fn show(&mut self, memory: &Memory, pose: &Pose) -> Result<(), CliError> {
        self.renderer
            .render(memory, pose, &self.camera, &mut self.frame)
            .map(drop)
            .map_err(|e| CliError::Failed(e.to_string()))
    }
}

/// The high-water mark of resident memory, from `/proc/self/status` in kB.
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

fn table(r: &Report) -> String {
    let stage =
        |name: &str, s: &Stage| format!("  {name:8} {:6.2} ms  {:4.1} %\n", s.ms, 100.0 * s.share);
    let stages = [
        stage("cull", &r.stages.cull),
        stage("raster", &r.stages.raster),
        stage("fill", &r.stages.fill),
        stage("observe", &r.stages.observe),
    ]
    .concat();
    format!(
        "{} at {}x{}, {} threads, {}; {:.2} million of {:.2} million points visible\n\
         model            {:6.1} frames/s  {:.1} ms median, {:.1} ms p99\n{stages}\
         reference        {:6.1} ms median: the fast renderer ({:.1} ms) is {:.1} times faster\n\
         presented        {:6.1} frames/s beside a model at {TICK_HZ} Hz\n\
         input to frame   {:6.1} ms median, {:.1} ms p99\n\
         first frame      {:6.2} s after the start\n{}\n{}\n\
         peak memory      {:>6} MB",
        r.model,
        r.size[0],
        r.size[1],
        r.threads,
        r.device,
        r.visible_points_mean / 1e6,
        r.memory_points as f64 / 1e6,
        r.model_fps,
        r.ms_p50,
        r.ms_p99,
        r.reference_ms_p50,
        r.render_ms_p50,
        r.ratio_to_reference,
        r.presented_fps,
        r.input_to_frame_ms_p50,
        r.input_to_frame_ms_p99,
        r.first_frame_secs,
        painting::lines(&r.painting),
        weather::lines(&r.weather),
        r.peak_rss_mb.map_or("?".to_owned(), |mb| format!("{mb:.0}")),
    )
}
