//! `reverie bench avatar`: how many people live at 60 Hz on one core, and how long it takes to build one.

use crate::{
    args::BenchAvatar,
    avatar::{load_pack, preset_specs},
    error::CliError,
    output::{print, print_json},
    stats::Timings,
};
use reverie_avatar::{Crowd, Lod, Rig};
use reverie_behavior::TimelineError;
use reverie_body::{AvatarSpec, Body, Pack};
use serde::Serialize;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// People of the crowd that is measured.
const CROWD: usize = 1000;
const HZ: f64 = 60.0;
/// How often a body is built with a fresh pack.
const COLD_BUILDS: usize = 5;

#[derive(Serialize)]
struct Report {
    /// With face, gaze, blinks and body, every frame: 1/60 s over the time for one.
    avatars_per_core_60hz: f64,
    us_per_avatar_full: f64,
    us_per_avatar_far: f64,
    us_per_avatar_hidden: f64,
    crowd: usize,
    /// A body from its spec, all textures included, on all threads: the first one of a pack, with what
    /// it makes for all bodies or without, and later ones.
    build_ms_p50_cold: f64,
    build_ms_p50_first: f64,
    build_ms_p50_warm: f64,
    /// Reading the pack, and making what all bodies share.
    pack_ms_p50: f64,
    prepare_ms_p50: f64,
    builds_cold: usize,
    builds_warm: usize,
    threads: usize,
}

/// Runs `bench avatar`.
///
/// # Errors
/// [`CliError::BadInput`] when the shipped people are not there.
pub fn run(args: &BenchAvatar) -> Result<(), CliError> {
    let specs = preset_specs()?;
    eprintln!("building bodies");
    let [mut packs, mut prepared, mut first, mut cold] = [(); 4].map(|()| Timings::default());
    let mut last = None;
    for spec in specs.iter().cycle().take(COLD_BUILDS) {
        let started = Instant::now();
        let pack = load_pack()?;
        packs.push(started.elapsed());
        cold.push(build(&pack, spec)?.1);
        let pack = load_pack()?;
        let started = Instant::now();
        pack.prepare();
        prepared.push(started.elapsed());
        first.push(build(&pack, spec)?.1);
        last = Some(pack);
    }
    let mut warm = Timings::default();
    let mut rig = Rig::adult();
    if let Some(pack) = &last {
        for _ in 0..3 {
            for spec in &specs {
                let (body, time) = build(pack, spec)?;
                warm.push(time);
                rig = body.rig;
            }
        }
    }
    let time = Duration::from_secs_f64(args.secs);
    let us = |lod| -> Result<f64, CliError> {
        eprintln!("{CROWD} people, {lod:?}, for {} s", args.secs);
        lives(&rig, lod, time).map_err(|e| CliError::Failed(e.to_string()))
    };
    let (full, far, hidden) = (us(Lod::Full)?, us(Lod::Far)?, us(Lod::Hidden)?);
    let report = Report {
        avatars_per_core_60hz: 1e6 / HZ / full,
        us_per_avatar_full: full,
        us_per_avatar_far: far,
        us_per_avatar_hidden: hidden,
        crowd: CROWD,
        build_ms_p50_cold: super::figure(cold.percentile(50.0))?,
        build_ms_p50_first: super::figure(first.percentile(50.0))?,
        build_ms_p50_warm: super::figure(warm.percentile(50.0))?,
        pack_ms_p50: super::figure(packs.percentile(50.0))?,
        prepare_ms_p50: super::figure(prepared.percentile(50.0))?,
        builds_cold: cold.len(),
        builds_warm: warm.len(),
        threads: rayon::current_num_threads(),
    };
    if args.json {
        return print_json(&report);
    }
    print(&format!(
        "{:.0} people at 60 Hz on one core: {:.2} us each in full, {:.2} us far away, {:.2} us unseen\n\
         a body: {:.0} ms the first of a pack, {:.0} ms of a prepared one, {:.0} ms later ones ({} threads)\n\
         reading the pack {:.0} ms, preparing it {:.0} ms",
        report.avatars_per_core_60hz,
        report.us_per_avatar_full,
        report.us_per_avatar_far,
        report.us_per_avatar_hidden,
        report.build_ms_p50_cold,
        report.build_ms_p50_first,
        report.build_ms_p50_warm,
        report.threads,
        report.pack_ms_p50,
        report.prepare_ms_p50,
    ))
}

fn build(pack: &Pack, spec: &AvatarSpec) -> Result<(Body, Duration), CliError> {
    let started = Instant::now();
    let body = Body::build(pack, spec).map_err(|e| CliError::BadInput(e.to_string()))?;
    Ok((body, started.elapsed()))
}

/// Microseconds of one person's frame, on this thread alone: the median over frames of a crowd.
fn lives(rig: &Rig, lod: Lod, time: Duration) -> Result<f64, TimelineError> {
    let mut crowd = Crowd::new(rig, CROWD)?;
    let mut frames = Timings::default();
    let begun = Instant::now();
    let mut frame = 0u32;
    while begun.elapsed() < time || frames.len() == 0 {
        let secs = f64::from(frame) / HZ;
        let started = Instant::now();
        crowd.frame(secs, lod);
        let took = started.elapsed();
        black_box(&mut crowd);
        // The first second of all lives begins at once; what comes later is usual.
        if frame >= 60 || begun.elapsed() >= time {
            frames.push(took);
        }
        frame += 1;
    }
    Ok(frames.percentile(50.0).unwrap_or(f64::NAN) * 1e3 / CROWD as f64)
}
