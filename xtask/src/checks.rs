//! All checks, in the order in which they fail fastest.

use crate::{Outcome, cargo, rooms, root, run, system, target_directory};
use std::process::Command;

/// Everything that must hold before a change lands.
pub fn run_all(consent: system::Consent) -> Outcome {
    system::ensure(system::FOR_PLAY, consent)?;
    system::ensure(system::FOR_TESTS, consent)?;
    system::ensure_nextest()?;

    run(cargo().args(["fmt", "--all", "--check"]))?;
    rooms::check(&root())?;
    run(cargo().args(["nextest", "run", "--workspace", "--all-targets", "--no-fail-fast"]))?;
    run(cargo().args(["test", "--workspace", "--doc"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    python()
}

/// Tests of the training code, in an environment of their own beside the build.
fn python() -> Outcome {
    let environment = target_directory()?.join("python");
    let python = environment.join("bin").join("python");
    if !python.is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    }
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "pytest", "numpy"]))?;
    run(Command::new(&python).args(["-m", "pytest", "-q"]).current_dir(root().join("python")))
}
