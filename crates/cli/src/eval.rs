//! `reverie eval world`: world models against the ground truth.

mod chart;
mod contestant;
mod figures;
mod objects;
mod painter;
mod policies;
mod prompts;
mod repaint;
mod report;
mod sheet;
mod table;
mod windows;

pub use sheet::grid;

use crate::{
    args::{EvalPart, EvalWorld},
    error::CliError,
    explore::{progress_bar, watch_for_interrupts},
    output::{print, print_json},
    worlds::DEVICE,
};
use clap::ValueEnum as _;
use contestant::{MODELS, Named, chosen_model, contestants, has_painter, named};
use indicatif::ProgressBar;
use reverie_evaluation::{
    Command, ConditionsNetwork, JudgeError, Judged, Metric, Obeyed, Scores, Walk, WalkOptions,
    frechet_distance, judge, judge_commands,
};
use reverie_inference::ModelStore;
use reverie_simulator::{Quality, SceneKind, SimulatorModel};
use reverie_spatial::MODEL_NAME;
use reverie_world_model::{
    Embodiment, Intrinsics, SceneSeed, Seed, SeedSource, Weather, WorldModel as _,
};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};
use table::{CommandLine, MetricLine, ModelLine, PainterLine, Table, WalkLine, text};

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
    (Weather::Rain, 21.5),
    (Weather::Snow, 12.0),
    (Weather::Fog, 9.0),
];
/// Weather and hour that are commanded one after another in a world of each domain; the quick ones
/// first.
const COMMANDS: [(Weather, f32); 10] = [
    (Weather::Rain, 13.0),
    (Weather::Clear, 23.0),
    (Weather::Snow, 9.0),
    (Weather::Fog, 18.0),
    (Weather::Overcast, 6.0),
    (Weather::Clear, 7.0),
    (Weather::Rain, 2.0),
    (Weather::Snow, 19.0),
    (Weather::Fog, 11.0),
    (Weather::Overcast, 15.0),
];
/// How many of them `--quick` commands.
const QUICK_COMMANDS: usize = 4;
/// Small frames: what is compared is what is seen, not its finish.
const SIZE: [u32; 2] = [128, 72];
const FOV_DEG: f32 = 75.0;
const QUALITY: Quality = Quality { samples: 2, bounce_rays: 1 };
/// The same for quick walks.
const QUICK_QUALITY: Quality = Quality { samples: 1, bounce_rays: 1 };
/// Ticks after which a short walk may turn home: past the horizon of 240.
const SHORT_TICKS: u64 = 250;
/// The same for a long one.
const LONG_TICKS: u64 = 2410;
/// Legs of quick walks, as a share of the usual length.
const QUICK_LEGS: f32 = 0.25;
/// Name of the truth in the table.
const TRUTH_NAME: &str = "simulator";
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
    let store = ModelStore::open()?;
    let network = ConditionsNetwork::load(&store).map_err(|e| CliError::BadInput(e.to_string()))?;
    let interrupted = watch_for_interrupts()?;
    if args.policies {
        return rank(args, model, &store, &interrupted);
    }
    let painter = has_painter(&store);
    if !painter {
        eprintln!("no painter's weights in the assets: only the baselines are judged");
    }
    let model = model.or(painter.then_some(MODEL_NAME));
    let parts: &[EvalPart] =
        if args.part.is_empty() { EvalPart::value_variants() } else { &args.part };
    let walks: &[u64] = if !parts.contains(&EvalPart::Walks) {
        &[]
    } else if args.quick {
        &[SHORT_TICKS]
    } else {
        &[SHORT_TICKS, LONG_TICKS, SHORT_TICKS, SHORT_TICKS]
    };
    let commands = match (walks.is_empty(), args.quick) {
        (true, _) => &[],
        (false, true) => &COMMANDS[..QUICK_COMMANDS],
        (false, false) => &COMMANDS[..],
    };
    let ticks = domains.len() as u64 * walks.iter().sum::<u64>();
    let mut judge = Bench::new(model, &store, network, args.quick, &interrupted, ticks)?;
    let (mut shown, mut obeyed, mut imagined) = (Vec::new(), Vec::new(), Vec::new());
    for (domain, embodiment) in &domains {
        for (number, least_ticks) in walks.iter().enumerate() {
            shown.push(judge.walk(domain, *embodiment, number, *least_ticks)?);
        }
        if !walks.is_empty() {
            obeyed.push((*domain, judge.commands(domain, commands)?));
        }
        let of_painter = [EvalPart::Windows, EvalPart::Straight];
        if painter && parts.iter().any(|part| of_painter.contains(part)) {
            let bench = judge.painter(&store, args.quick);
            imagined.push((*domain, bench.domain(domain, *embodiment, parts)?));
        }
    }
    let prompts = if parts.contains(&EvalPart::Prompts) {
        let names: Vec<&str> = domains.iter().map(|(name, _)| *name).collect();
        Some(judge.prompts(&store, &names, args.quick)?)
    } else {
        None
    };
    let repaint = if parts.contains(&EvalPart::Repaint) {
        let names: Vec<&str> = domains.iter().map(|(name, _)| *name).collect();
        repaint::run(&judge.network, &names, args.quick, &judge.progress, &interrupted)?
    } else {
        None
    };
    let placed = if parts.contains(&EvalPart::Place) {
        let names: Vec<&str> = domains.iter().map(|(name, _)| *name).collect();
        Some(objects::run(&store, &names, args.quick, &judge.progress, &interrupted)?)
    } else {
        None
    };
    judge.progress.finish_and_clear();
    let line = painter
        .then(|| PainterLine { model: MODEL_NAME, effort: painter::Effort::new(args.quick) });
    let mut table = judge.table(args.quick, &shown, &obeyed, commands)?;
    table.imagine(line, &imagined);
    table.prompts = prompts;
    table.repaint = repaint;
    table.placed = placed;
    if let Some(folder) = &args.report {
        report::write(folder, &table, &shown, &obeyed, &imagined)?;
    }
    if args.json { print_json(&table) } else { print(&text(&table)) }
}

/// Runs `eval world --policies`.
fn rank(
    args: &EvalWorld,
    model: Option<&'static str>,
    store: &ModelStore,
    interrupted: &AtomicBool,
) -> Result<(), CliError> {
    let tick_hz = SimulatorModel::new(camera(policies::SIZE), QUALITY)?.spec().tick_hz;
    let mut models = contestants(model, store, policies::SIZE, tick_hz)?;
    let ranking = policies::run(&mut models, FIRST_SEED + 1, args.quick, interrupted)?;
    if args.json { print_json(&ranking) } else { policies::show(&ranking) }
}

fn camera([width, height]: [u32; 2]) -> Intrinsics {
    Intrinsics::from_horizontal_fov(width, height, FOV_DEG.to_radians())
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

/// The truth, the models and what they scored so far.
struct Bench<'a> {
    truth: SimulatorModel,
    models: Vec<Named>,
    network: ConditionsNetwork,
    /// Per walk.
    lines: Vec<WalkLine>,
    leg_share: f32,
    progress: ProgressBar,
    /// Ticks of the walks before this one.
    done: u64,
    interrupted: &'a AtomicBool,
}

impl<'a> Bench<'a> {
    fn new(
        model: Option<&'static str>,
        store: &ModelStore,
        network: ConditionsNetwork,
        quick: bool,
        interrupted: &'a AtomicBool,
        ticks: u64,
    ) -> Result<Self, CliError> {
        let (quality, leg_share) = if quick { (QUICK_QUALITY, QUICK_LEGS) } else { (QUALITY, 1.0) };
        let truth = SimulatorModel::new(camera(SIZE), quality)?;
        let models = contestants(model, store, SIZE, truth.spec().tick_hz)?;
        let progress = progress_bar(ticks);
        Ok(Self {
            truth,
            models,
            network,
            lines: Vec::new(),
            leg_share,
            progress,
            done: 0,
            interrupted,
        })
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
        let leg_share = self.leg_share;
        let options =
            WalkOptions { start, embodiment, tick_hz, least_ticks, leg_share, rng_seed: seed };
        let walk = Walk::plan(&options, world).map_err(|e| CliError::Failed(e.to_string()))?;
        // The way home comes on top of what was asked for.
        let length = self.progress.length().unwrap_or_default();
        self.progress.set_length(length + walk.home - least_ticks.min(walk.home));

        let mut contestants = named(&mut self.models);
        let (progress, done, interrupted) = (&self.progress, self.done, self.interrupted);
        let mut watch = |tick: u64| {
            progress.set_position(done + tick);
            !interrupted.load(Ordering::Relaxed)
        };
        let network = Some(&self.network);
        let episode = judge(&mut self.truth, &scene, &walk, &mut contestants, network, &mut watch)?;
        self.done += walk.home;
        self.lines.push(WalkLine {
            domain,
            seed,
            weather,
            hour,
            ticks: walk.home,
            revisits: walk.revisits.len(),
            seen_share: episode.seen_share,
            still_share: episode.still_share,
        });
        Ok(Shown { line: self.lines.len() - 1, judged: episode.judged, walk })
    }

    /// Changes weather and hour in the first world of a domain.
    fn commands(
        &mut self,
        domain: &'static str,
        commands: &[(Weather, f32)],
    ) -> Result<Vec<Obeyed>, CliError> {
        let seed = FIRST_SEED + 1;
        self.progress.set_message(format!("{domain} {seed}, commands"));
        let scene = SceneSeed::new(domain, seed);
        let scene = Seed { rng_seed: seed, ..Seed::new(SeedSource::Scene(scene)) };
        let commands: Vec<_> =
            commands.iter().map(|&(weather, hour)| Command { weather, hour }).collect();
        let mut contestants = named(&mut self.models);
        let interrupted = self.interrupted;
        let mut watch = |_| !interrupted.load(Ordering::Relaxed);
        let (truth, network) = (&mut self.truth, &self.network);
        Ok(judge_commands(truth, &scene, &mut contestants, network, &commands, &mut watch)?)
    }

    /// First views of captions that name these kinds of place.
    fn prompts(
        &mut self,
        store: &ModelStore,
        domains: &[&str],
        quick: bool,
    ) -> Result<prompts::PromptLine, CliError> {
        let (network, truth, progress) = (&self.network, &mut self.truth, &self.progress);
        prompts::run(store, network, truth, domains, quick, progress, self.interrupted)
    }

    fn painter<'b>(&'b self, store: &'b ModelStore, quick: bool) -> painter::Bench<'b> {
        painter::Bench {
            effort: painter::Effort::new(quick),
            quick,
            store,
            network: &self.network,
            progress: &self.progress,
            interrupted: self.interrupted,
        }
    }

    fn table(
        self,
        quick: bool,
        shown: &[Shown],
        obeyed: &[(&'static str, Vec<Obeyed>)],
        commands: &[(Weather, f32)],
    ) -> Result<Table, CliError> {
        let names: Vec<&str> = shown
            .first()
            .map(|shown| shown.judged.iter().map(|judged| judged.name.as_str()).collect())
            .unwrap_or_default();
        let mut models = Vec::new();
        for (row, name) in names.iter().enumerate() {
            let mut domains = BTreeMap::new();
            for (domain, obeyed) in obeyed {
                let of_domain: Vec<&Shown> =
                    shown.iter().filter(|s| self.lines[s.line].domain == *domain).collect();
                let walks = of_domain.iter().map(|shown| &shown.judged[row].scores);
                let mut scores = Scores::mean(walks.chain([&obeyed[row].scores]));
                if let Some(distance) = frechet(&of_domain, row)? {
                    scores.figures.insert(Metric::FrechetConditions, distance);
                }
                domains.insert(*domain, scores);
            }
            models.push(ModelLine {
                name: (*name).to_owned(),
                baseline: !MODELS.contains(name),
                ignores_commands: obeyed.iter().any(|(_, obeyed)| obeyed[row].ignored),
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
        let command = |&(weather, hour): &(Weather, f32)| CommandLine { weather, hour };
        Ok(Table {
            program: "reverie eval world",
            version: env!("CARGO_PKG_VERSION"),
            quick,
            size: SIZE,
            tick_hz: self.truth.spec().tick_hz,
            device: DEVICE,
            walks: self.lines,
            commands: commands.iter().map(command).collect(),
            metrics: Metric::ALL.map(metric).into(),
            models,
            painter: None,
            painted: figures::Figures::new(),
            domains: BTreeMap::new(),
            prompts: None,
            repaint: None,
            placed: None,
        })
    }
}

/// Distance between the frames of a model and the true ones over all walks of a domain; the truth
/// is the last one judged.
fn frechet(walks: &[&Shown], row: usize) -> Result<Option<f64>, CliError> {
    let pooled = |of: &dyn Fn(&Shown) -> Option<&Judged>| -> Vec<Vec<f32>> {
        walks.iter().filter_map(|shown| of(shown)).flat_map(|j| j.features.clone()).collect()
    };
    let found = pooled(&|shown| shown.judged.get(row));
    let wanted = pooled(&|shown| shown.judged.last());
    if found.len() < 2 {
        return Ok(None);
    }
    let distance = frechet_distance(&found, &wanted);
    distance.map(Some).map_err(|e| CliError::Failed(e.to_string()))
}

impl From<JudgeError> for CliError {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::Stopped => Self::Interrupted,
            error => Self::Failed(error.to_string()),
        }
    }
}
