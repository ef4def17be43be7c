//! What `reverie eval world` measured, as a table.

use super::TRUTH_NAME;
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
    let _ = write!(
        out,
        "Conditions (weather, hour, kind of world) are recognised by a small network; under \
         {TRUTH_NAME} stands how often it is right about true frames."
    );
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
