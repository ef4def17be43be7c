//! `reverie models`: the weights of the networks.

use crate::{
    args::Models,
    error::CliError,
    output::{print, print_json},
    worlds,
};
use reverie_inference::{ModelState, ModelStatus, ModelStore};
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Serialize)]
struct Listing {
    /// What `--model` accepts.
    world_models: &'static [&'static str],
    /// The networks' weights.
    models: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    kind: String,
    path: String,
    bytes: u64,
    sha256: String,
    licence: String,
    origin: String,
    verified: bool,
    /// Why it cannot be used.
    problem: Option<String>,
}

impl From<&ModelStatus> for Line {
    fn from(status: &ModelStatus) -> Self {
        let entry = &status.entry;
        let problem = match &status.state {
            ModelState::Verified => None,
            ModelState::Broken(e) => Some(e.to_string()),
        };
        Self {
            name: entry.name.clone(),
            kind: format!("{:?}", entry.kind),
            path: status.path.display().to_string(),
            bytes: entry.bytes,
            sha256: entry.sha256.clone(),
            licence: entry.licence.clone(),
            origin: entry.origin.clone(),
            verified: problem.is_none(),
            problem,
        }
    }
}

/// Runs `models list`, `models fetch` or `models verify`.
///
/// # Errors
/// When there is no store, and for `fetch` and `verify` when a model is not whole.
pub fn run(action: &Models, json: bool) -> Result<(), CliError> {
    let statuses = ModelStore::open()?.verify_all();
    let models: Vec<Line> = statuses.iter().map(Line::from).collect();
    // Every model of this version is shipped, so what is missing has to be restored, not fetched.
    if !matches!(action, Models::List)
        && let Some(problem) = models.iter().find_map(|m| m.problem.clone())
    {
        let hint = match action {
            Models::Fetch => " (shipped with Reverie, not downloadable: restore the file)",
            _ => "",
        };
        return Err(CliError::BadInput(format!("{problem}{hint}")));
    }
    if json {
        return print_json(&Listing { world_models: &worlds::NAMES, models });
    }
    let mut text = String::new();
    for m in &models {
        let state = if m.verified { "ok" } else { "BROKEN" };
        let size_mb = m.bytes as f64 / 1e6;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{state:6}  {:24}  {size_mb:7.2} MB  {}", m.name, m.licence);
        if let Some(problem) = &m.problem {
            let _ = writeln!(text, "        {problem}");
        }
    }
    let _ = write!(text, "world models: {}", worlds::NAMES.join(", "));
    print(&text)
}
