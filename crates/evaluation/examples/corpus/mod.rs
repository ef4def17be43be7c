//! What the makers of training data share: the command line, walking a free camera, files that are whole or not there.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use glam::{Vec2, Vec3};
use reverie_simulator::SimulatorModel;
use reverie_world_model::{Action, Pose, WorldModel as _};

/// Seeds from here on are never trained on.
pub const HELD_OUT: u64 = 1_000_000;

/// `--out DIR --shards N [--held-out]`: the folder, which is there then, how many shards, and the first seed.
pub fn arguments(worlds_per_shard: u64) -> Result<(PathBuf, u64, u64), Box<dyn Error>> {
    let (mut out, mut shards, mut held_out) = (None, 1, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--out" => out = Some(PathBuf::from(value()?)),
            "--shards" => shards = value()?.parse::<u64>()?,
            "--held-out" => held_out = true,
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    let out = out.ok_or("--out DIR is needed")?;
    if shards > HELD_OUT / worlds_per_shard {
        return Err(format!("training seeds must stay below {HELD_OUT}").into());
    }
    fs::create_dir_all(&out)?;
    Ok((out, shards, if held_out { HELD_OUT } else { 0 }))
}

/// Brings the free camera to a pose, in as many ticks as the fastest action takes.
pub fn jump(model: &mut SimulatorModel, from: Pose, to: Pose) -> Result<Pose, Box<dyn Error>> {
    let hz = model.spec().tick_hz;
    let most_m = 14.0;
    let ticks = (from.position.distance(to.position) / most_m).ceil().max(1.0) as u32;
    let mut now = from;
    for tick in 0..ticks {
        let (yaw, pitch, _) = now.yaw_pitch_roll();
        let (to_yaw, to_pitch, _) = to.yaw_pitch_roll();
        let turn = (to_yaw - yaw + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU)
            - std::f32::consts::PI;
        let way = (to.position - now.position) / (ticks - tick) as f32;
        let local = to.rotation.conjugate() * way;
        let action = Action {
            move_mps: Vec3::new(local.x, local.y, -local.z) * hz,
            look_rps: Vec2::new(turn, to_pitch - pitch) * hz,
            interact: false,
        };
        if tick + 1 == ticks {
            now = model.step(&action)?.pose;
        } else {
            model.pass(&action)?;
            now = model.body().ok_or("no body")?.pose();
        }
    }
    if now.position.distance(to.position) > 0.05 {
        return Err(format!("{} was not reached, but {}", to.position, now.position).into());
    }
    Ok(now)
}

/// Writes a file that is either whole or not there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, bytes)?;
    fs::rename(part, path)
}
