//! Exported VRM files and animations in the hands of those who use them: Khronos' validator, and three-vrm in
//! Chromium.

use crate::{Outcome, cargo, root, run};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What is said in the animation: it asks for both hands, nods, turns and all kinds of mouths.
const TEXT: &str = "Hello, traveller. {wave} [happy] Do you see that huge peak up there, three miles away? {nod} \
                    You must never go near it at night!";

/// Exports the default person, or the one of a spec (`.ron`), or takes a `.vrm` as it is; has it say
/// something as a VRM animation; loads both as other programs do; leaves pictures and reports in the build folder's `vrm-check`.
pub fn check(what: Option<&str>) -> Outcome {
    for (program, why) in [
        ("node", "runs the check (Debian: nodejs)"),
        ("npm", "fetches three.js, three-vrm and gltf-validator (Debian: npm)"),
    ] {
        there(program, why)?;
    }
    let browser = env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    there(&browser, "shows the file (Debian: chromium; or name one in $CHROMIUM)")?;
    let out = crate::target_directory()?.join("vrm-check");
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let here = env::current_dir().map_err(|e| e.to_string())?;
    let given = what.map(|what| here.join(what));
    let file = match &given {
        Some(file) if file.extension().is_some_and(|e| e.eq_ignore_ascii_case("vrm")) => {
            file.clone()
        }
        spec => export(spec.as_deref(), &out)?,
    };
    let tests = root().join("tests/vrm");
    if !tests.join("node_modules/@pixiv/three-vrm-animation").exists() {
        run(Command::new("npm").current_dir(&tests).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
        ]))?;
    }
    let (animation, track) = (out.join("talk.vrma"), out.join("talk.json"));
    let mut speak = reverie();
    speak.args(["speak", TEXT, "--seed", "3", "--liveliness", "1.4", "--out"]);
    run(speak.arg(out.join("talk.wav")).arg("--track").arg(&track))?;
    let mut animate = reverie();
    run(animate.arg("avatar").arg(&file).arg("--track").arg(&track).arg("--vrma").arg(&animation))?;
    let mut check = Command::new("node");
    run(check.arg(tests.join("check.mjs")).args([&file, &animation, &track, &out]))?;
    eprintln!("pictures and reports: {}", out.display());
    Ok(())
}

fn export(spec: Option<&Path>, out: &Path) -> Result<PathBuf, String> {
    let file = out.join("person.vrm");
    let mut command = cargo();
    command.args(["run", "-p", "reverie_body", "--example", "export_vrm", "--"]);
    command.arg("assets/avatars/people.pack").arg(&file).args(spec);
    run(&mut command)?;
    Ok(file)
}

/// The program of the command line.
fn reverie() -> Command {
    let mut command = cargo();
    command.args(["run", "-p", "reverie_cli", "--bin", "reverie", "--"]);
    command
}

fn there(program: &str, why: &str) -> Outcome {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("`{program}` is needed, which {why}")),
    }
}
