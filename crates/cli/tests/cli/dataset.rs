//! `reverie dataset`: what it makes, and how it gets over interruptions.

use crate::support::{Folder, json};
use reverie_simulator::dataset::{Channel, DatasetReader, MANIFEST_FILE};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Command, Output},
    thread,
    time::{Duration, Instant},
};

/// A small set: seven episodes of five frames, two to a file.
const SMALL: [&str; 15] = [
    "dataset",
    "--domain",
    "primitives",
    "--episodes",
    "7",
    "--out",
    "out",
    "--size",
    "32x18",
    "--ticks",
    "4",
    "--episodes-per-shard",
    "2",
    "--conditions",
    "random",
];

fn with<'a>(changes: &[(&str, &'a str)], more: &[&'a str]) -> Vec<&'a str> {
    let mut args: Vec<&str> = SMALL.to_vec();
    for (name, value) in changes {
        let at = args.iter().position(|arg| arg == name).unwrap();
        args[at + 1] = value;
    }
    [&args[..], more].concat()
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    files
        .map(|p| (p.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&p).unwrap()))
        .collect()
}

/// Exit code and the only line on stderr.
fn failure(output: &Output) -> (Option<i32>, String) {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    (output.status.code(), stderr)
}

#[test]
fn episodes_hold_what_was_asked_for_and_the_same_ones_come_again() {
    let folder = Folder::new();
    let report = json(&folder.succeeds(&with(&[], &["--json"])).stdout);
    assert_eq!(report["program"], "reverie dataset");
    assert_eq!((&report["episodes"], &report["frames"]), (&Value::from(7), &Value::from(35)));
    let mut reader = DatasetReader::open(&folder.at("out")).unwrap();
    reader.verify().unwrap();
    assert!(reader.manifest().complete && !reader.manifest().held_out);
    assert_eq!(reader.manifest().classes[&0], "sky");
    let mut weathers = std::collections::BTreeSet::new();
    for number in 0..7 {
        let found = reader.episode(number).unwrap();
        assert_eq!((found.record.meta.seed, found.record.frames), (number, 5));
        assert_eq!(found.record.actions.len(), 4);
        weathers.insert(found.record.conditions[0].conditions["weather"].to_string());
        for channel in Channel::ALL {
            let bytes = reader.channel(&found, channel, 3).unwrap();
            let expected = 32 * 18 * channel.components() * channel.value_bytes();
            assert_eq!(bytes.len(), expected);
        }
        let [first, last] = [0, 4].map(|at| reader.channel(&found, Channel::Rgb, at).unwrap());
        let spread = first.iter().max().unwrap() - first.iter().min().unwrap();
        assert!(spread > 20, "episode {number} shows nothing");
        let moved = found.record.poses[0] != found.record.poses[4];
        assert_eq!(moved, first != last, "episode {number}");
    }
    assert!(weathers.len() > 1, "{weathers:?}");
    // Again, on one core, and with files of another size, frames are the same.
    let mut one = folder.command(&with(&[("--out", "one")], &[]));
    one.env("RAYON_NUM_THREADS", "1");
    assert!(one.output().unwrap().status.success());
    assert!(contents(&folder.at("out")) == contents(&folder.at("one")));
    // Nothing is left to do.
    let before = contents(&folder.at("out"));
    let again = json(&folder.succeeds(&with(&[], &["--json"])).stdout);
    assert_eq!(again["new_episodes"], 0);
    assert!(contents(&folder.at("out")) == before);
}

#[test]
fn conditions_take_turns_and_held_out_data_says_so() {
    let folder = Folder::new();
    let args = with(
        &[("--conditions", "clear@12,snow@21.5"), ("--episodes", "3")],
        &["--held-out", "--channels", "depth,rgb"],
    );
    folder.succeeds(&args);
    let mut reader = DatasetReader::open(&folder.at("out")).unwrap();
    assert!(reader.manifest().held_out);
    let names: Vec<_> = reader.manifest().channels.iter().map(|c| c.name).collect();
    assert_eq!(names, [Channel::Rgb, Channel::Depth]);
    for (number, hour) in [(0, 12.0), (1, 21.5), (2, 12.0)] {
        let found = reader.episode(number).unwrap();
        assert_eq!(found.record.meta.seed, 1_000_000 + number);
        assert_eq!(found.record.conditions[0].conditions["hour"], hour);
        assert_eq!(found.record.conditions.len(), 1, "nothing changes on the way");
        assert!(reader.channel(&found, Channel::Flow, 0).is_err());
    }
}

/// Waits until there is something to interrupt.
#[test]
fn attempts_at_a_task_carry_its_state() {
    let folder = Folder::new();
    let changes = [("--domain", "warehouse"), ("--episodes", "6"), ("--ticks", "24")];
    folder.succeeds(&with(&changes, &["--task", "go_to_goal", "--channels", "rgb"]));
    let mut reader = DatasetReader::open(&folder.at("out")).unwrap();
    let mut policies = std::collections::BTreeSet::new();
    for number in 0..6 {
        let record = reader.episode(number).unwrap().record;
        policies.insert(record.meta.policy.unwrap());
        assert_eq!(record.tasks.len() as u64, record.frames);
        assert_eq!(record.tasks[0]["kind"], "go_to_goal");
        assert_eq!(record.tasks[0]["time_secs"], 0.0);
        let last = &record.tasks[record.tasks.len() - 1];
        assert!(last["time_secs"].as_f64().unwrap() > 0.9, "{last}");
        assert_ne!(last["total_reward"], 0.0);
    }
    assert_eq!(policies.len(), 6);
}

#[test]
fn frames_left_out_change_nothing_about_the_way() {
    let folder = Folder::new();
    folder.succeeds(&with(&[("--episodes", "2"), ("--ticks", "24"), ("--out", "all")], &[]));
    let few = [("--episodes", "2"), ("--ticks", "24"), ("--out", "few")];
    folder.succeeds(&with(&few, &["--every", "8"]));
    let [mut all, mut few] =
        ["all", "few"].map(|name| DatasetReader::open(&folder.at(name)).unwrap());
    for number in 0..2 {
        let [a, b] = [&mut all, &mut few].map(|reader| reader.episode(number).unwrap());
        assert_eq!((a.record.frames, b.record.frames, b.record.meta.tick_hz), (25, 4, 3.0));
        let kept: Vec<_> = a.record.poses.iter().copied().step_by(8).collect();
        assert_eq!(kept, b.record.poses);
        let mean: f32 = a.record.actions[..8].iter().map(|action| action[2]).sum::<f32>() / 8.0;
        assert!((mean - b.record.actions[0][2]).abs() < 1e-5);
        assert_eq!(
            all.channel(&a, Channel::Rgb, 16).unwrap(),
            few.channel(&b, Channel::Rgb, 2).unwrap()
        );
    }
}

fn wait_for_shard(child: &mut Child, out: &Path, shards: usize) {
    let began = Instant::now();
    loop {
        let done = fs::read_dir(out).map_or(0, |entries| {
            entries
                .filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|x| x == "rvd"))
                .count()
        });
        if done >= shards || child.try_wait().unwrap().is_some() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(120), "no shard in two minutes");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_killed_run_goes_on_and_ends_up_the_same() {
    let folder = Folder::new();
    let args = with(&[("--episodes", "24")], &[]);
    folder.succeeds(&with(&[("--episodes", "24"), ("--out", "whole")], &[]));
    let out = folder.at("out");
    let mut kills = 0;
    for shards in [0, 2, 3, 7] {
        let mut child = folder.command(&args).spawn().unwrap();
        wait_for_shard(&mut child, &out, shards);
        // Not at the moment a shard is finished, but somewhere behind.
        thread::sleep(Duration::from_millis(3 * shards as u64));
        child.kill().unwrap();
        kills += usize::from(!child.wait().unwrap().success());
    }
    assert!(kills >= 2, "it was too quick to be killed");
    folder.succeeds(&args);
    assert!(contents(&out) == contents(&folder.at("whole")));
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_folder_that_is_gone_on_with() {
    let folder = Folder::new();
    let args = with(&[("--episodes", "400")], &[]);
    let mut child = folder.command(&args).spawn().unwrap();
    wait_for_shard(&mut child, &folder.at("out"), 1);
    assert!(
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success()
    );
    let output = child.wait_with_output().unwrap();
    let (code, line) = failure(&output);
    assert_eq!(code, Some(130), "{line}");
    assert!(line.contains("of 400 episodes are kept in out; the same command goes on"), "{line}");
    let done = DatasetReader::open(&folder.at("out")).unwrap().manifest().episodes;
    assert!((2..400).contains(&done), "{done}");
    let (more, size) = ((done + 3).to_string(), "32x18");
    folder.succeeds(&with(&[("--episodes", &more), ("--size", size)], &[]));
    folder.succeeds(&with(&[("--episodes", &more), ("--out", "whole")], &[]));
    let [mut reader, mut whole] =
        ["out", "whole"].map(|name| DatasetReader::open(&folder.at(name)).unwrap());
    assert!(reader.manifest().complete);
    for number in 0..done + 3 {
        let [a, b] = [&mut reader, &mut whole].map(|r| {
            let found = r.episode(number).unwrap();
            (r.channel(&found, Channel::Rgb, 4).unwrap(), found.record.poses)
        });
        assert!(a == b, "episode {number}");
    }
}

#[cfg(unix)]
#[test]
fn no_room_is_one_line_and_what_is_there_is_kept() {
    let folder = Folder::new();
    let args = with(&[("--episodes-per-shard", "7")], &[]);
    // Files cannot grow beyond 128 blocks; the signal that goes with it is ignored.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 128; exec '{}' {}",
        env!("CARGO_BIN_EXE_reverie"),
        args.join(" ")
    );
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).current_dir(folder.at("."));
    let (code, line) = failure(&command.output().unwrap());
    assert_eq!(code, Some(2), "{line}");
    for part in ["error: no room left: ", "shard-00000.partial", "of 7 episodes are kept in out"] {
        assert!(line.contains(part), "{line}");
    }
    folder.succeeds(&args);
    folder.succeeds(&with(&[("--episodes-per-shard", "7"), ("--out", "whole")], &[]));
    assert!(contents(&folder.at("out")) == contents(&folder.at("whole")));
}

#[test]
fn what_cannot_be_made_is_refused_before_anything_is_written() {
    let folder = Folder::new();
    for (changes, more, parts) in [
        (&[("--domain", "moon")][..], &[][..], ["unknown domain `moon`", "valid: mountain, city"]),
        (&[], &["--channels", "rgb,smell"], ["unknown channel `smell`", "valid: rgb, depth"]),
        (&[("--conditions", "hail@3")], &[], ["unknown weather `hail`", "valid: clear, rain"]),
        (&[("--conditions", "rain@25")], &[], ["rain@25", "not within 0 to 24"]),
        (&[("--conditions", "rain")], &[], ["`rain`", "WEATHER@HOUR"]),
        (&[], &["--task", "dance"], ["unknown task `dance`", "valid: go_to_goal, fetch_box"]),
        (&[], &["--task", "patrol"], ["--task patrol", "domain warehouse"]),
        (&[], &["--fov", "170"], ["--fov", "10 to 150 degrees"]),
        (&[("--episodes", "0")], &[], ["--episodes", "0"]),
        (&[], &["--every", "3"], ["--every 3", "--ticks 4 is no multiple"]),
        (&[("--ticks", "0")], &[], ["--ticks", "0"]),
        (&[("--size", "8x8")], &[], ["--size", "16 to 8192"]),
        (&[], &["--first-seed", "999995"], ["seed 1000001", "--held-out"]),
        (&[], &["--first-seed", "5", "--held-out"], ["--first-seed 5", "begin at 1000000"]),
        (&[], &["--first-seed", "18446744073709551615"], ["--first-seed", "too large"]),
        (&[("--out", "photo.png/out")], &[], ["photo.png/out", "cannot be written"]),
        (&[("--out", ".")], &[], ["is no data set", MANIFEST_FILE]),
    ] {
        folder.refuses(&with(changes, more), &parts);
    }
    folder.succeeds(&with(&[("--episodes", "2")], &[]));
    for (changes, part) in [
        (("--ticks", "5"), "parameters.ticks is 4 there and 5 here"),
        (("--size", "32x20"), "size is 32x18 there and 32x20 here"),
        (("--conditions", "clear@3"), "parameters.conditions is \"random\" there"),
        (("--episodes", "1"), "episodes is already 2 there and only 1 here"),
    ] {
        let mut all = vec![("--episodes", "2")];
        all.push(changes);
        folder.refuses(&with(&all, &[]), &["out/manifest.json: ", part]);
    }
}
