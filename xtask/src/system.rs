//! What the system must have besides cargo; installs it on Debian and its relatives.

use crate::{Outcome, run};
use std::{
    env,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::Path,
    process::{Command, Stdio},
};

/// Whether packages may be installed without asking.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Ask when a person is there; on a machine alone (CI, no terminal) go ahead.
    Ask,
    /// Go ahead.
    Given,
}

/// A thing that must be there: the Debian package and how to see that it is installed.
pub struct Need {
    package: &'static str,
    present: fn() -> bool,
}

/// To build and to show a window.
pub const FOR_PLAY: &[Need] = &[
    Need { package: "gcc", present: || program("cc") },
    Need { package: "pkg-config", present: || program("pkg-config") },
    Need { package: "libudev-dev", present: || pkg_config("libudev") },
    Need { package: "libasound2-dev", present: || pkg_config("alsa") },
    Need { package: "libvulkan1", present: || shared_library("libvulkan.so.1") },
    Need { package: "mesa-vulkan-drivers", present: vulkan_driver },
    Need { package: "libxkbcommon-x11-0", present: || shared_library("libxkbcommon-x11.so.0") },
    Need { package: "libx11-xcb1", present: || shared_library("libX11-xcb.so.1") },
    Need { package: "libxcursor1", present: || shared_library("libXcursor.so.1") },
    Need { package: "libxi6", present: || shared_library("libXi.so.6") },
    Need { package: "libxrandr2", present: || shared_library("libXrandr.so.2") },
];

/// Besides [`FOR_PLAY`], to run all tests.
pub const FOR_TESTS: &[Need] = &[
    Need { package: "python3", present: || program("python3") },
    Need { package: "python3-venv", present: python_venv },
];

/// Installs what is missing.
pub fn ensure(needs: &[Need], consent: Consent) -> Outcome {
    if !cfg!(target_os = "linux") {
        // Windows and macOS bring windows and drivers along.
        return Ok(());
    }
    let missing: Vec<&str> =
        needs.iter().filter(|need| !(need.present)()).map(|need| need.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !program("apt-get") {
        return Err(format!("missing on this system (Debian's package names): {list}"));
    }
    if consent == Consent::Ask && person_present() {
        eprint!("Reverie needs these packages: {list}. Install them with apt-get? [Y/n] ");
        io::stderr().flush().map_err(|e| e.to_string())?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(|e| e.to_string())?;
        if !matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes") {
            return Err(format!("please install: {list}"));
        }
    }
    run(apt().arg("update").stdout(Stdio::null()))?;
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(&missing))
}

/// Runs `cargo install` for the test runner when it is missing.
pub fn ensure_nextest() -> Outcome {
    let installed = crate::cargo()
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if installed {
        return Ok(());
    }
    run(crate::cargo().args(["install", "--locked", "cargo-nextest"]))
}

/// `apt-get`, through `sudo` for those who are not root.
fn apt() -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
    let mut command = if root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn person_present() -> bool {
    env::var_os("CI").is_none() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn program(name: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}

fn pkg_config(library: &str) -> bool {
    quiet(Command::new("pkg-config").args(["--exists", library]))
}

fn shared_library(name: &str) -> bool {
    ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib"]
        .iter()
        .any(|dir| Path::new(dir).join(name).exists())
}

/// Any Vulkan driver will do, a card's own or Mesa's software one.
fn vulkan_driver() -> bool {
    ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"]
        .iter()
        .any(|dir| std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()))
}

fn python_venv() -> bool {
    quiet(Command::new("python3").args(["-c", "import venv, ensurepip"]))
}

fn quiet(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
