//! What painting ahead costs and what it takes from the frames: a walk through a shipped photograph
//! at 1280x720, without and with the shipped painter.
//!
//! `cargo run -p reverie_spatial --example paint_speed [seconds]`

use glam::{Vec2, Vec3};
use reverie_media::{ImageOptions, load_image_seed};
use reverie_spatial::{PaintStatus, PaintTiming, SpatialConfig, SpatialModel};
use reverie_world_model::{Action, Seed, SeedSource, WorldModel as _};
use std::{
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

const PHOTOGRAPH: &str = "../../assets/seeds/mountain_trail.jpg";
const TICK: Duration = Duration::from_nanos(1_000_000_000 / 24);

fn main() -> Result<(), Box<dyn Error>> {
    let secs = std::env::args().nth(1).map_or(Ok(10.0), |text| text.parse())?;
    let photograph = Path::new(env!("CARGO_MANIFEST_DIR")).join(PHOTOGRAPH);
    let seed = load_image_seed(&photograph, &ImageOptions::default())?;
    let seed = Seed::new(SeedSource::Image(seed));
    for painting in [None, Some(PaintTiming::WhenReady)] {
        let begun = Instant::now();
        let mut model = SpatialModel::new(SpatialConfig { painting, ..SpatialConfig::default() })?;
        model.begin(&seed)?;
        println!("first frame after {:.2} s", begun.elapsed().as_secs_f64());
        let status = |model: &SpatialModel| model.paint_status().cloned();
        // Standing still until all around is painted.
        let begun = Instant::now();
        if status(&model).is_some() {
            let frames = frames(&mut model, 60.0, &Action::default(), |model| {
                model.paint_status().is_none_or(|status| status.complete)
            })?;
            println!("all around painted in {:.2} s", begun.elapsed().as_secs_f64());
            frames.print("standing, painting");
        }
        let on = Action {
            move_mps: Vec3::new(0.0, 0.0, 1.4),
            look_rps: Vec2::new(0.5, 0.0),
            interact: false,
        };
        let frames = frames(&mut model, secs, &on, |_| false)?;
        frames.print(if status(&model).is_some() { "walking, painting" } else { "walking" });
        if let Some(status) = status(&model) {
            report(&status);
        }
        println!("memory {:.1} MB", model.memory().map_or(0, |m| m.bytes()) as f64 / 1e6);
    }
    Ok(())
}

fn report(status: &PaintStatus) {
    if let Some(error) = &status.error {
        println!("painter: {error}");
    }
    let stage = |pick: fn(&reverie_spatial::painter::PaintReport) -> f64| {
        let mut ms: Vec<f64> = status.reports.iter().map(|r| 1e3 * pick(r)).collect();
        ms.sort_by(f64::total_cmp);
        ms.get(ms.len() / 2).copied().unwrap_or(f64::NAN)
    };
    println!(
        "{} windows: plan {:.0} ms, paint {:.0} ms, merge {:.0} ms (medians)",
        status.windows,
        stage(|r| r.plan_secs),
        stage(|r| r.paint_secs),
        stage(|r| r.merge_secs),
    );
}

struct Frames(Vec<f64>);

impl Frames {
    fn print(mut self, what: &str) {
        self.0.sort_by(f64::total_cmp);
        let at = |share: f64| self.0[(share * (self.0.len() - 1) as f64).round() as usize];
        println!(
            "{what}: {} frames, p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms",
            self.0.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

/// Draws frames as fast as they come while the world ticks 24 times a second.
fn frames(
    model: &mut SpatialModel,
    secs: f64,
    action: &Action,
    done: impl Fn(&SpatialModel) -> bool,
) -> Result<Frames, Box<dyn Error>> {
    let begun = Instant::now();
    let mut next_tick = begun;
    let mut frames = Vec::new();
    while begun.elapsed().as_secs_f64() < secs && !done(model) {
        let frame = Instant::now();
        if frame >= next_tick {
            model.advance(action)?;
            next_tick += TICK;
        }
        model.look()?;
        frames.push(1e3 * frame.elapsed().as_secs_f64());
    }
    Ok(Frames(frames))
}
