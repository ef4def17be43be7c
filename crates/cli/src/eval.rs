//! `reverie eval world`: world models against the ground truth.

mod chart;
mod report;

use crate::{
    args::EvalWorld,
    error::CliError,
    explore::{progress_bar, watch_for_interrupts},
    output::{print, print_json},
    worlds::DEVICE,
};
use indicatif::ProgressBar;
use reverie_evaluation::{
    Better, Contestant, HOLD_NAME, HORIZONS, HoldModel, JudgeError, Judged, Metric, Scores, Walk,
    WalkOptions, judge,
};
use reverie_simulator::{Quality, SceneKind, SimulatorModel};
use reverie_spatial::{MODEL_NAME, SpatialConfig, SpatialModel};
use reverie_world_model::{
    Embodiment, Intrinsics, SceneSeed, Seed, SeedSource, Weather, WorldModel,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::atomic::{AtomicBool, Ordering},
};

/// Worlds that are judged in, and who walks in them; those that the simulator has.
const DOMAINS: [(&str, Embodiment); 3] = [
    ("mountain", Embodiment::Drone),
    ("city", Embodiment::Walker),
    ("warehouse", Embodiment::Rover),
];
/// Seeds from here on are never trained on.
const FIRST_SEED: u64 = 1_000_000;
/// Conditions of the walks in each domain, one after another.
const CONDITIONS: [(Weather, f32); 5] = [
    (Weather::Clear, 10.0),
    (Weather::Overcast, 15.0),
    (Weather::Rain, 17.0),
    (Weather::Snow, 12.0),
    (Weather::Fog, 9.0),
];
/// Small frames: what is compared is what is seen, not its finish.
const SIZE: [u32; 2] = [128, 72];
const FOV_DEG: f32 = 75.0;
const QUALITY: Quality = Quality { samples: 2, bounce_rays: 1 };
/// Ticks after which a short walk may turn home: past the horizon of 240.
const SHORT_TICKS: u64 = 250;
/// The same for a long one.
const LONG_TICKS: u64 = 2410;
/// Name of the embedded memory with push-pull and nothing else.
const REPROJECTION_NAME: &str = "reprojection";
/// What `--model` accepts beside the baselines, which are always there.
const MODELS: [&str; 1] = [MODEL_NAME];

/// Everything that was measured.
#[derive(Serialize)]
struct Table {
    program: &'static str,
    version: &'static str,
    quick: bool,
    size: [u32; 2],
    tick_hz: f32,
    device: &'static str,
    walks: Vec<WalkLine>,
    metrics: Vec<MetricLine>,
    models: Vec<ModelLine>,
}

/// One walk through one world.
#[derive(Serialize)]
struct WalkLine {
    domain: &'static str,
    seed: u64,
    weather: Weather,
    hour: f32,
    ticks: u64,
    revisits: usize,
    /// Mean share of the true frames that the seed picture shows.
    seen_share: f64,
}

#[derive(Serialize)]
struct MetricLine {
    key: &'static str,
    label: &'static str,
    unit: &'static str,
    better: Better,
    meaning: &'static str,
}

#[derive(Serialize)]
struct ModelLine {
    name: String,
    baseline: bool,
    /// Mean of the domains.
    mean: Scores,
    domains: BTreeMap<&'static str, Scores>,
}

/// A walk as the report shows it.
struct Shown {
    line: usize,
    judged: Vec<Judged>,
    walk: Walk,
}

/// Runs `eval world`.
///
/// # Errors
/// [`CliError::BadInput`] for a domain or model that does not exist or a report folder that cannot be
/// written.
pub fn run(args: &EvalWorld) -> Result<(), CliError> {
    let domains = chosen_domains(&args.domain)?;
    let model = chosen_model(args.model.as_deref())?;
    if let Some(folder) = &args.report {
        report::check_folder(folder)?;
    }
    let interrupted = watch_for_interrupts()?;
    let walks: &[u64] = if args.quick {
        &[SHORT_TICKS]
    } else {
        &[SHORT_TICKS, LONG_TICKS, SHORT_TICKS, SHORT_TICKS]
    };
    let mut judge =
        Bench::new(model, &interrupted, domains.len() as u64 * walks.iter().sum::<u64>())?;
    let mut shown = Vec::new();
    for (domain, embodiment) in &domains {
        for (number, least_ticks) in walks.iter().enumerate() {
            shown.push(judge.walk(domain, *embodiment, number, *least_ticks)?);
        }
    }
    judge.progress.finish_and_clear();
    let table = judge.table(args.quick, &shown);
    if let Some(folder) = &args.report {
        report::write(folder, &table, &shown)?;
    }
    if args.json { print_json(&table) } else { print(&text(&table)) }
}

fn chosen_domains(names: &[String]) -> Result<Vec<(&'static str, Embodiment)>, CliError> {
    let there: Vec<_> =
        DOMAINS.into_iter().filter(|(name, _)| SceneKind::from_name(name).is_some()).collect();
    let valid = || there.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    for name in names {
        if !there.iter().any(|(known, _)| known == name) {
            let name: String = name.chars().take(60).collect();
            let text = format!("--domain {name} is unknown (valid: {})", valid());
            return Err(CliError::BadInput(text));
        }
    }
    let asked = |name: &str| names.is_empty() || names.iter().any(|asked| asked == name);
    Ok(there.into_iter().filter(|(name, _)| asked(name)).collect())
}

fn chosen_model(name: Option<&str>) -> Result<Option<&'static str>, CliError> {
    let Some(name) = name else { return Ok(None) };
    if let Some(known) = MODELS.into_iter().find(|known| *known == name) {
        return Ok(Some(known));
    }
    Err(CliError::BadInput(format!(
        "--model {} is unknown (valid: {}; the baselines are in every table)",
        name.chars().take(60).collect::<String>(),
        MODELS.join(", ")
    )))
}

/// The truth, the models and what they scored so far.
struct Bench<'a> {
    truth: SimulatorModel,
    models: Vec<(&'static str, Box<dyn WorldModel>)>,
    /// Per walk.
    lines: Vec<WalkLine>,
    progress: ProgressBar,
    /// Ticks of the walks before this one.
    done: u64,
    interrupted: &'a AtomicBool,
}

impl<'a> Bench<'a> {
    fn new(
        model: Option<&'static str>,
        interrupted: &'a AtomicBool,
        ticks: u64,
    ) -> Result<Self, CliError> {
        let [width, height] = SIZE;
        let camera = Intrinsics::from_horizontal_fov(width, height, FOV_DEG.to_radians());
        let truth = SimulatorModel::new(camera, QUALITY)?;
        let tick_hz = truth.spec().tick_hz;
        let spatial = || -> Result<Box<dyn WorldModel>, CliError> {
            let config = SpatialConfig { width, height, tick_hz, ..SpatialConfig::default() };
            Ok(Box::new(SpatialModel::new(config)?))
        };
        let mut models: Vec<(&'static str, Box<dyn WorldModel>)> = Vec::new();
        if let Some(name) = model {
            models.push((name, spatial()?));
        }
        models.push((REPROJECTION_NAME, spatial()?));
        models.push((HOLD_NAME, Box::new(HoldModel::new(width, height, tick_hz))));
        let progress = progress_bar(ticks);
        Ok(Self { truth, models, lines: Vec::new(), progress, done: 0, interrupted })
    }

    fn walk(
        &mut self,
        domain: &'static str,
        embodiment: Embodiment,
        number: usize,
        least_ticks: u64,
    ) -> Result<Shown, CliError> {
        let (weather, hour) = CONDITIONS[number % CONDITIONS.len()];
        let seed = FIRST_SEED + 1 + number as u64;
        self.progress.set_message(format!("{domain} {seed}, {weather}"));
        let scene = SceneSeed { weather, hour, ..SceneSeed::new(domain, seed) };
        let scene = Seed { rng_seed: seed, ..Seed::new(SeedSource::Scene(scene)) };
        let start = self.truth.begin(&scene)?.pose;
        let Some(world) = self.truth.scene() else {
            return Err(CliError::Failed("the simulator has no scene".to_owned()));
        };
        let tick_hz = self.truth.spec().tick_hz;
        let options = WalkOptions { start, embodiment, tick_hz, least_ticks, rng_seed: seed };
        let walk = Walk::plan(&options, world).map_err(|e| CliError::Failed(e.to_string()))?;
        // The way home comes on top of what was asked for.
        let length = self.progress.length().unwrap_or_default();
        self.progress.set_length(length + walk.home - least_ticks.min(walk.home));

        let mut contestants: Vec<_> = self
            .models
            .iter_mut()
            .map(|(name, model)| Contestant { name: (*name).to_owned(), model: model.as_mut() })
            .collect();
        let (progress, done, interrupted) = (&self.progress, self.done, self.interrupted);
        let mut watch = |tick: u64| {
            progress.set_position(done + tick);
            !interrupted.load(Ordering::Relaxed)
        };
        let episode = judge(&mut self.truth, &scene, &walk, &mut contestants, &mut watch)?;
        self.done += walk.home;
        self.lines.push(WalkLine {
            domain,
            seed,
            weather,
            hour,
            ticks: walk.home,
            revisits: walk.revisits.len(),
            seen_share: episode.seen_share,
        });
        Ok(Shown { line: self.lines.len() - 1, judged: episode.judged, walk })
    }

    fn table(self, quick: bool, shown: &[Shown]) -> Table {
        let names: Vec<&str> = shown
            .first()
            .map(|shown| shown.judged.iter().map(|judged| judged.name.as_str()).collect())
            .unwrap_or_default();
        let mut models = Vec::new();
        for (row, name) in names.iter().enumerate() {
            let mut of_domain: BTreeMap<&'static str, Vec<&Scores>> = BTreeMap::new();
            for shown in shown {
                let domain = self.lines[shown.line].domain;
                of_domain.entry(domain).or_default().push(&shown.judged[row].scores);
            }
            let domains: BTreeMap<_, _> = of_domain
                .into_iter()
                .map(|(domain, scores)| (domain, Scores::mean(scores)))
                .collect();
            models.push(ModelLine {
                name: (*name).to_owned(),
                baseline: !MODELS.contains(name),
                mean: Scores::mean(domains.values()),
                domains,
            });
        }
        let metric = |metric: Metric| MetricLine {
            key: metric.key(),
            label: metric.label(),
            unit: metric.unit(),
            better: metric.better(),
            meaning: metric.meaning(),
        };
        Table {
            program: "reverie eval world",
            version: env!("CARGO_PKG_VERSION"),
            quick,
            size: SIZE,
            tick_hz: self.truth.spec().tick_hz,
            device: DEVICE,
            walks: self.lines,
            metrics: Metric::ALL.map(metric).into(),
            models,
        }
    }
}

impl Table {
    /// Domains in the order of the walks, then their mean if there are several.
    fn parts(&self) -> Vec<(&'static str, Vec<&Scores>)> {
        let mut names: Vec<&'static str> = self.walks.iter().map(|walk| walk.domain).collect();
        names.dedup();
        let mut parts: Vec<_> = names
            .iter()
            .map(|name| (*name, self.models.iter().filter_map(|m| m.domains.get(name)).collect()))
            .collect();
        if names.len() > 1 {
            parts.push(("mean", self.models.iter().map(|model| &model.mean).collect()));
        }
        parts
    }
}

/// The table for people: a block a domain, a line a figure, a column a model.
fn text(table: &Table) -> String {
    let mut out = String::new();
    for (domain, scores) in table.parts() {
        let walks = table.walks.iter().filter(|walk| walk.domain == domain).count();
        let title = if walks > 0 { format!("{domain} ({walks})") } else { domain.to_owned() };
        let _ = write!(out, "{title:<24}");
        for model in &table.models {
            let _ = write!(out, "{:>14}", model.name);
        }
        out.push('\n');
        for metric in Metric::ALL {
            let unit = format!("{} {}", metric.label(), metric.unit());
            let _ = write!(out, "  {:<16}{:<6}", unit.trim_end(), aim(metric.better()));
            for scores in &scores {
                let value = scores.figures.get(&metric);
                let _ = write!(out, "{:>14}", figure(value.copied(), metric.digits()));
            }
            out.push('\n');
        }
        for horizon in HORIZONS {
            let points: Vec<_> = scores.iter().map(|scores| scores.drift.get(&horizon)).collect();
            if points.iter().all(Option::is_none) {
                continue;
            }
            let _ = write!(out, "  {:<16}{:<6}", format!("PSNR at {horizon} dB"), "more");
            for point in points {
                let _ = write!(out, "{:>14}", figure(point.map(|point| point.psnr_db), 1));
            }
            out.push('\n');
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

fn aim(better: Better) -> &'static str {
    match better {
        Better::Higher => "more",
        Better::Lower => "less",
        Better::One => "to 1",
        Better::Zero => "to 0",
        Better::Neither => "",
    }
}

fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

impl From<JudgeError> for CliError {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::Stopped => Self::Interrupted,
            error => Self::Failed(error.to_string()),
        }
    }
}
