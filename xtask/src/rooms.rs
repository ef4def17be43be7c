//! The rooms and arrows of ARCHITECTURE.md, enforced: who may depend on whom.

use crate::{Outcome, metadata};
use std::{collections::BTreeMap, fs, path::Path};

/// Every room and what it may use of ours; ` (tests)` marks what only its tests may use. Since each
/// room may only use rooms above it, there are no circles.
const ROOMS: &[(&str, &[&str])] = &[
    ("reverie_world_model", &[]),
    ("reverie_inference", &[]),
    ("reverie_behavior", &[]),
    ("reverie_avatar", &["reverie_behavior"]),
    ("reverie_body", &["reverie_avatar"]),
    ("reverie_portrait", &["reverie_behavior", "reverie_avatar", "reverie_body"]),
    ("reverie_media", &["reverie_world_model"]),
    ("reverie_simulator", &["reverie_world_model"]),
    (
        "reverie_spatial",
        &[
            "reverie_world_model",
            "reverie_inference",
            "reverie_media (tests)",
            "reverie_simulator (tests)",
        ],
    ),
    (
        "reverie_evaluation",
        &["reverie_world_model", "reverie_inference", "reverie_simulator (tests)"],
    ),
    ("reverie_language", &["reverie_world_model", "reverie_inference"]),
    (
        "reverie_imagination",
        &[
            "reverie_world_model",
            "reverie_simulator",
            "reverie_language",
            "reverie_inference (tests)",
        ],
    ),
    ("reverie_voice", &["reverie_behavior", "reverie_inference"]),
    (
        "reverie_cli",
        &[
            "reverie_world_model",
            "reverie_inference",
            "reverie_media",
            "reverie_simulator",
            "reverie_spatial",
            "reverie_evaluation",
            "reverie_language",
            "reverie_imagination",
            "reverie_behavior",
            "reverie_avatar",
            "reverie_body",
            "reverie_portrait",
            "reverie_voice",
        ],
    ),
    (
        "bevy_reverie",
        &[
            "reverie_world_model",
            "reverie_inference",
            "reverie_media",
            "reverie_simulator",
            "reverie_spatial",
            "reverie_language",
            "reverie_imagination",
            "reverie_behavior",
            "reverie_voice",
            "reverie_avatar",
            "reverie_body",
        ],
    ),
    ("demo_game", &["bevy_reverie"]),
    (
        "reverie_tests",
        &[
            "reverie_world_model",
            "reverie_inference",
            "reverie_media",
            "reverie_simulator",
            "reverie_spatial",
            "bevy_reverie",
        ],
    ),
    ("xtask", &[]),
];

/// The only rooms that may use Bevy.
const BEVY_ROOMS: &[&str] = &["bevy_reverie", "demo_game", "reverie_tests"];

/// Fails on a forbidden arrow, on a room that ARCHITECTURE.md does not list, and on Bevy in the
/// wrong place.
pub fn check(root: &Path) -> Outcome {
    eprintln!("\n\u{25b6} room checks");
    let metadata = metadata()?;
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md"))
        .map_err(|e| format!("ARCHITECTURE.md: {e}"))?;
    let mut problems = Vec::new();
    let rooms: BTreeMap<&str, (usize, &[&str])> =
        ROOMS.iter().enumerate().map(|(at, (name, uses))| (*name, (at, *uses))).collect();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((at, allowed)) = rooms.get(name) else {
            problems.push(format!("{name} is a room that xtask/src/rooms.rs does not know"));
            continue;
        };
        if !architecture.contains(&format!("`{name}`")) {
            problems.push(format!("ARCHITECTURE.md has no row for `{name}`"));
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let in_tests = format!("{used} (tests)");
            let may_use = allowed.contains(&used)
                || dependency["kind"] == "dev" && allowed.contains(&in_tests.as_str());
            match rooms.get(used) {
                Some((above, _)) if !may_use || above >= at => {
                    problems.push(format!("{name} may not use {used}"));
                }
                None if bevy(used) && !BEVY_ROOMS.contains(&name) => {
                    problems.push(format!("{name} may not use {used}: Bevy stays in the plugin"));
                }
                _ => {}
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\nxtask: ")) }
}

fn bevy(name: &str) -> bool {
    name == "bevy" || name.starts_with("bevy_") || name == "leafwing-input-manager"
}
