//! The three honest figures: how often the model ticks, how often the screen shows something up to
//! date, and how old the input is that a frame shows.

use crate::{ReverieSystems, WorldFigures, WorldPainting, WorldView, world::ViewRuntime};
use bevy::prelude::*;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What figures are taken over.
const WINDOW: Duration = Duration::from_secs(2);
/// Most events kept in that time.
const CAPACITY: usize = 512;
/// How often the figures change, so that they can be read.
const REFRESH: Duration = Duration::from_millis(250);

/// Counts events per second.
#[derive(Debug)]
pub(crate) struct RateMeter {
    marks: VecDeque<Instant>,
}

impl Default for RateMeter {
    fn default() -> Self {
        Self { marks: VecDeque::with_capacity(CAPACITY) }
    }
}

impl RateMeter {
    pub fn mark(&mut self) {
        self.mark_at(Instant::now());
    }

    fn mark_at(&mut self, now: Instant) {
        if self.marks.len() == CAPACITY {
            self.marks.pop_front();
        }
        self.marks.push_back(now);
    }

    /// Events per second within the window before `now`; 0 with fewer than two.
    fn rate(&mut self, now: Instant) -> f32 {
        while self.marks.front().is_some_and(|mark| now.duration_since(*mark) > WINDOW) {
            self.marks.pop_front();
        }
        let (Some(first), Some(last)) = (self.marks.front(), self.marks.back()) else { return 0.0 };
        let secs = last.duration_since(*first).as_secs_f32();
        if secs > 0.0 { (self.marks.len() - 1) as f32 / secs } else { 0.0 }
    }
}

/// What the render world tells about finished frames.
#[derive(Debug)]
pub(crate) struct ScreenMeter {
    frames: RateMeter,
    ages: VecDeque<(Instant, f32)>,
    sorted: Vec<f32>,
}

impl Default for ScreenMeter {
    fn default() -> Self {
        Self {
            frames: RateMeter::default(),
            ages: VecDeque::with_capacity(CAPACITY),
            sorted: Vec::with_capacity(CAPACITY),
        }
    }
}

impl ScreenMeter {
    /// The device finished a frame that shows the world up to date; `input_at` when its picture is
    /// a new one.
    fn finished(&mut self, input_at: Option<Instant>, now: Instant) {
        self.frames.mark_at(now);
        if let Some(input_at) = input_at {
            if self.ages.len() == CAPACITY {
                self.ages.pop_front();
            }
            self.ages.push_back((now, now.duration_since(input_at).as_secs_f32() * 1e3));
        }
    }

    fn median_age_ms(&mut self, now: Instant) -> f32 {
        while self.ages.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.ages.pop_front();
        }
        self.sorted.clear();
        self.sorted.extend(self.ages.iter().map(|(_, age)| *age));
        self.sorted.sort_unstable_by(f32::total_cmp);
        self.sorted.get(self.sorted.len() / 2).copied().unwrap_or(0.0)
    }
}

/// A screen meter that the device's callbacks write to.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedMeter(Arc<Mutex<ScreenMeter>>);

impl SharedMeter {
    pub fn finished(&self, input_at: Option<Instant>) {
        // A meter has no invariant that a panic elsewhere could have broken.
        let mut meter = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        meter.finished(input_at, Instant::now());
    }
}

/// The meters of one view.
#[derive(Debug, Default)]
pub(crate) struct ViewMeters {
    pub model: RateMeter,
    pub screen: SharedMeter,
    shown_at: Option<Instant>,
}

impl ViewMeters {
    /// A new world begins: what was measured belongs to the old one.
    pub fn restart(&mut self) {
        *self = Self::default();
    }
}

pub(crate) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, refresh.after(ReverieSystems::Receive));
}

type Shown = (&'static mut ViewRuntime, &'static mut WorldFigures, &'static mut WorldPainting);

fn refresh(mut views: Query<Shown, With<WorldView>>) {
    let now = Instant::now();
    for (mut runtime, mut figures, mut painting) in &mut views {
        let runtime = &mut *runtime;
        let meters = &mut runtime.meters;
        if meters.shown_at.is_some_and(|at| now.duration_since(at) < REFRESH) {
            continue;
        }
        meters.shown_at = Some(now);
        let mut screen = meters.screen.0.lock().unwrap_or_else(PoisonError::into_inner);
        let world = runtime.world.as_ref();
        painting.set_if_neq(world.map_or_else(Default::default, |world| world.painting.clone()));
        figures.set_if_neq(WorldFigures {
            model_fps: meters.model.rate(now),
            presented_fps: screen.frames.rate(now),
            input_to_frame_ms: screen.median_age_ms(now),
            coverage: world.map_or(0.0, |world| world.coverage),
            memory_bytes: world.map_or(0, |world| world.memory.bytes() as u64),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_counts_intervals_of_the_last_two_seconds() {
        let start = Instant::now();
        let mut meter = RateMeter::default();
        for i in 0..100 {
            meter.mark_at(start + Duration::from_millis(50 * i));
        }
        let end = start + Duration::from_millis(50 * 99);
        assert!((meter.rate(end) - 20.0).abs() < 1e-3);
        assert_eq!(meter.rate(end + Duration::from_secs(3)), 0.0, "a stopped model shows 0");
    }

    #[test]
    fn ages_count_from_the_input_and_only_for_new_pictures() {
        let start = Instant::now();
        let mut meter = ScreenMeter::default();
        for (i, age_ms) in [30_u64, 50, 40].into_iter().enumerate() {
            let now = start + Duration::from_millis(100 * (i as u64 + 1));
            meter.finished(Some(now - Duration::from_millis(age_ms)), now);
        }
        let now = start + Duration::from_millis(400);
        meter.finished(None, now);
        assert!((meter.median_age_ms(now) - 40.0).abs() < 0.01);
        assert!((meter.frames.rate(now) - 10.0).abs() < 0.01);
    }
}
