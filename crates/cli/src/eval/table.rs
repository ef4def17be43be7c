//! What `reverie eval world` measured, as a table.

use super::{
    TRUTH_NAME,
    figures::{FIGURES, Figures, mean, put},
    objects::ObjectLine,
    painter::{Effort, OfDomain},
    prompts::PromptLine,
    repaint::RepaintLine,
};
use reverie_evaluation::{Better, HORIZONS, Metric, Scores};
use reverie_world_model::Weather;
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write as _};

/// Everything that was measured.
#[derive(Serialize)]
pub struct Table {
    pub program: &'static str,
    pub version: &'static str,
    pub quick: bool,
    pub size: [u32; 2],
    pub tick_hz: f32,
    pub device: &'static str,
    pub walks: Vec<WalkLine>,
    pub commands: Vec<CommandLine>,
    pub metrics: Vec<MetricLine>,
    pub models: Vec<ModelLine>,
    /// Whose painter was judged; the rest of this object is about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub painter: Option<PainterLine>,
    /// Means of the domains, each under its own name.
    #[serde(flatten)]
    pub painted: Figures,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub domains: BTreeMap<&'static str, Figures>,
    /// Whether first views of sentences show what was asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PromptLine>,
    #[serde(flatten)]
    pub repaint: Option<RepaintLine>,
    /// Whether things that were placed as boxes are recognised.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub placed: Option<ObjectLine>,
}

/// The painter, and how much was done to judge it.
#[derive(Serialize)]
pub struct PainterLine {
    pub model: &'static str,
    #[serde(flatten)]
    pub effort: Effort,
}

/// One walk through one world.
#[derive(Serialize)]
pub struct WalkLine {
    pub domain: &'static str,
    pub seed: u64,
    pub weather: Weather,
    pub hour: f32,
    pub ticks: u64,
    pub revisits: usize,
    /// Mean share of the true frames that the seed picture shows.
    pub seen_share: f64,
    /// Mean share of the views seen twice in which the truth shows the same both times; only there
    /// revisits and the way home are compared.
    pub still_share: f64,
}

/// Conditions that were commanded in a world of each domain.
#[derive(Serialize)]
pub struct CommandLine {
    pub weather: Weather,
    pub hour: f32,
}

#[derive(Serialize)]
pub struct MetricLine {
    pub key: &'static str,
    pub label: &'static str,
    pub unit: &'static str,
    pub better: Better,
    pub meaning: &'static str,
}

#[derive(Serialize)]
pub struct ModelLine {
    pub name: String,
    pub baseline: bool,
    /// It takes no events for weather and hour and went on as it was.
    pub ignores_commands: bool,
    /// Mean of the domains.
    pub mean: Scores,
    pub domains: BTreeMap<&'static str, Scores>,
}

impl Table {
    /// Adds the painter's figures: those of its own judge, and what the walks say about it.
    pub fn imagine(&mut self, line: Option<PainterLine>, imagined: &[(&'static str, OfDomain)]) {
        for (domain, found) in imagined {
            let mut figures = found.figures.clone();
            let following = |model: Option<&ModelLine>| {
                let found = &model?.domains.get(domain)?.figures;
                let percent = found.get(&Metric::FollowTranslation)?;
                Some((percent + found.get(&Metric::FollowRotation)?) / 200.0)
            };
            let own = self.models.iter().find(|m| line.as_ref().is_some_and(|l| l.model == m.name));
            put(
                &mut figures,
                [
                    ("action_following_error", following(own)),
                    ("action_following_error_truth", following(self.models.last())),
                ],
            );
            self.domains.insert(domain, figures);
        }
        self.painted = mean(self.domains.values());
        self.painter = line;
    }

    /// Domains in the order of the walks, then their mean if there are several.
    pub fn parts(&self) -> Vec<(&'static str, Vec<&Scores>)> {
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
pub fn text(table: &Table) -> String {
    let mut out = String::new();
    for (domain, scores) in table.parts() {
        let walks = table.walks.iter().filter(|walk| walk.domain == domain).count();
        let title = if walks > 0 { format!("{domain} ({walks})") } else { domain.to_owned() };
        let _ = write!(out, "{title:<48}");
        for model in &table.models {
            let _ = write!(out, "{:>14}", model.name);
        }
        out.push('\n');
        for metric in Metric::ALL {
            let unit = format!("{} {}", metric.label(), metric.unit());
            let _ = write!(out, "  {:<40}{:<6}", unit.trim_end(), aim(metric.better()));
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
            let _ = write!(out, "  {:<40}{:<6}", format!("PSNR at {horizon} dB"), "more");
            for point in points {
                let _ = write!(out, "{:>14}", figure(point.map(|point| point.psnr_db), 1));
            }
            out.push('\n');
        }
        out.push('\n');
    }
    if let Some(painter) = &table.painter {
        out.push_str(&painted(table, painter));
    }
    if let Some(prompts) = &table.prompts {
        out.push_str(&prompted(prompts));
    }
    if let Some(repaint) = &table.repaint {
        out.push_str(&repainted(repaint));
    }
    if let Some(placed) = &table.placed {
        out.push_str(&recognised(placed));
    }
    let _ = write!(
        out,
        "Conditions (weather, hour, kind of world) are recognised by a small network; under \
         {TRUTH_NAME} stands how often it is right about true frames."
    );
    out
}

/// Whether first views of sentences show what was asked for: a line a figure.
fn prompted(line: &PromptLine) -> String {
    let mut out = format!(
        "first views of {} captions written by hand, read by the encoder {}\n",
        line.prompts,
        line.prompt_encoder.name()
    );
    for (label, wanted, value, count) in [
        (
            "kind of place as asked",
            ">= 0.95",
            line.prompt_domain_agreement,
            line.prompt_domain_count,
        ),
        ("weather as asked", ">= 0.8", line.prompt_weather_agreement, line.prompt_weather_count),
        ("hour as asked", ">= 0.8", line.prompt_hour_agreement, line.prompt_hour_count),
    ] {
        let _ = writeln!(out, "  {label:<44}{wanted:>12}{:>12} of {count}", figure(value, 2));
    }
    out.push('\n');
    out
}

/// Whether worlds under other conditions look like the truth under them: a line a figure.
fn repainted(line: &RepaintLine) -> String {
    let mut out = format!("{} changes of weather, hour and season\n", line.repaints);
    for (label, wanted, value, digits) in [
        ("depth AbsRel to before", "<= 0.03", line.repaint_depth_absrel, 4),
        ("PSNR to the truth, dB", "", line.repaint_psnr_db, 1),
        ("above a grade known elsewhere, dB", ">= 2", line.repaint_psnr_gain_db, 2),
        (
            "above one that is fitted to each truth, dB",
            "",
            line.repaint_psnr_gain_over_fitted_db,
            2,
        ),
        (
            "weather and hour recognised, to those of the truth",
            ">= 0.85",
            line.repaint_followed_ratio,
            2,
        ),
    ] {
        let _ = writeln!(out, "  {label:<52}{wanted:>8}{:>12}", figure(Some(value), digits));
    }
    out.push('\n');
    out
}

/// Whether placed things are recognised: the ratio, and a line a class.
fn recognised(line: &ObjectLine) -> String {
    let mut out = format!("{} things placed as boxes\n", line.proxies);
    let ratio = figure(line.proxy_recognition_ratio, 2);
    let (ours, truly) = (line.proxy_recognised, line.proxy_recognised_true);
    let between = line
        .proxy_recognition_interval
        .map_or(String::new(), |[low, high]| format!(", {low:.2} to {high:.2}"));
    let _ = writeln!(
        out,
        "  {:<44}{:>12}{ratio:>12} ({ours:.2} over {truly:.2}{between})",
        "recognised, over true frames", ">= 0.8"
    );
    for (class, found) in &line.proxy_classes {
        let (ours, truly, all) = (found.recognised, found.recognised_true, found.count);
        let _ = writeln!(out, "  {class:<44}{ours:>12} of {all}, true {truly}");
    }
    out.push('\n');
    out
}

/// The painter's figures: a line a figure, a column a domain.
fn painted(table: &Table, painter: &PainterLine) -> String {
    let Effort { worlds, windows_per_world, sampled_per_world, samples, drift_ticks, .. } =
        painter.effort;
    let [near, far] = drift_ticks;
    let mut out = format!(
        "painter of {}: {} windows a world, {} of them with {samples} samples; far is tick {far}, near {near}\n",
        painter.model,
        worlds * windows_per_world,
        worlds * sampled_per_world,
    );
    let _ = write!(out, "  {:<44}{:>12}", "", "wanted");
    for domain in table.domains.keys() {
        let _ = write!(out, "{domain:>12}");
    }
    let _ = writeln!(out, "{:>12}", "mean");
    for figure in &FIGURES {
        let _ = write!(out, "  {:<44}{:>12}", figure.label, figure.wanted);
        for figures in table.domains.values().chain([&table.painted]) {
            let value = figures.get(figure.key).copied();
            let _ = write!(out, "{:>12}", self::figure(value, figure.digits));
        }
        out.push('\n');
    }
    out.push('\n');
    out
}

pub fn aim(better: Better) -> &'static str {
    match better {
        Better::Higher => "more",
        Better::Lower => "less",
        Better::One => "to 1",
        Better::Zero => "to 0",
        Better::Neither => "",
    }
}

pub fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}
