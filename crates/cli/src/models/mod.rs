//! `reverie models`: the weights of the networks.

mod fetch;

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
    /// It is not shipped and was not fetched yet.
    not_fetched: bool,
    /// Why it cannot be used.
    problem: Option<String>,
}

impl From<&ModelStatus> for Line {
    fn from(status: &ModelStatus) -> Self {
        let entry = &status.entry;
        let problem = problem(status);
        Self {
            name: entry.name.clone(),
            kind: format!("{:?}", entry.kind),
            path: status.path.display().to_string(),
            bytes: entry.bytes,
            sha256: entry.sha256.clone(),
            licence: entry.licence.clone(),
            origin: entry.origin.clone(),
            verified: matches!(status.state, ModelState::Verified),
            not_fetched: matches!(status.state, ModelState::NotFetched),
            problem,
        }
    }
}

/// Why a model cannot be used, if something is wrong with it.
fn problem(status: &ModelStatus) -> Option<String> {
    match &status.state {
        ModelState::Verified | ModelState::NotFetched => None,
        ModelState::Broken(e) => Some(e.to_string()),
    }
}

/// Runs `models list`, `models fetch` or `models verify`.
///
/// # Errors
/// When there is no store, for `fetch` and `verify` when a model is not whole, and when a package cannot be fetched.
pub fn run(action: &Models, json: bool) -> Result<(), CliError> {
    let store = ModelStore::open()?;
    let mut statuses = store.verify_all();
    if matches!(action, Models::Fetch) {
        // What is shipped has to be restored, not fetched.
        let broken = statuses.iter().find(|s| s.entry.fetch.is_none() && problem(s).is_some());
        if let Some(problem) = broken.and_then(problem) {
            let hint = "shipped with Reverie, not downloadable: restore the file";
            return Err(CliError::BadInput(format!("{problem} ({hint})")));
        }
        if fetch::fetch(&statuses, store.cache())? > 0 {
            statuses = store.verify_all();
        }
    }
    if !matches!(action, Models::List)
        && let Some(problem) = statuses.iter().find_map(problem)
    {
        return Err(CliError::BadInput(problem));
    }
    let models: Vec<Line> = statuses.iter().map(Line::from).collect();
    if json {
        return print_json(&Listing { world_models: &worlds::NAMES, models });
    }
    let mut text = String::new();
    for m in &models {
        let state = match (m.verified, m.not_fetched) {
            (true, _) => "ok",
            (false, true) => "absent",
            (false, false) => "BROKEN",
        };
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
