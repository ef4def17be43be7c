//! Changes of weather, hour and season in step with the world's ticks: what was asked for, what has been painted of
//! it, and how far what is shown has gone there.

use crate::{
    Air, Memory, PaintEntry, PaintTiming,
    repaint::{RepaintError, Repainted, Repainter},
    snapshot::{Reader, Writer},
};
use glam::{Vec2, Vec3};
use reverie_inference::{BackgroundPool, Worker, WorkerError};
use reverie_world_model::{Conditions, Season, SpatialQuery as _, Weather, WorldEvent};
use std::{fmt, sync::Arc, time::Duration};

/// Time that colours and air take from one look to the next, seconds.
const FADE_SECS: f32 = 2.5;
/// Ticks between two steps of the colours on their way.
const STEP_TICKS: u64 = 2;
/// Ways up on which a roof is looked for, and how far, metres: all but one must meet it.
const OVERHEAD: [[f32; 3]; 5] =
    [[0.0, 1.0, 0.0], [0.5, 1.0, 0.0], [-0.5, 1.0, 0.0], [0.0, 1.0, 0.5], [0.0, 1.0, -0.5]];
const ROOF_M: f32 = 25.0;
/// Time in which rain fades away under a roof, seconds.
const SHELTER_SECS: f32 = 0.6;
/// Most changes that can be taken back.
const MOST_BEFORE: usize = 64;
/// Longest wait for a repainting.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes repainters, on the threads that use them.
pub(crate) type RepainterFactory = Arc<dyn Fn() -> Result<Repainter, RepaintError> + Send + Sync>;

/// How a change of conditions stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepaintStatus {
    /// The conditions that were asked for; `None` while they are those that the world began with.
    pub wanted: Option<Conditions>,
    /// A memory is being repainted.
    pub busy: bool,
    /// Colours are on their way.
    pub fading: bool,
    /// Why the newest repainting failed, until one succeeds.
    pub error: Option<String>,
}

/// Colours of the memory: its own, or those under conditions.
#[derive(Debug, Clone, Default)]
struct Look {
    conditions: Option<Conditions>,
    /// `None`: the memory's own.
    tiles: Option<Repainted>,
}

/// The part of a world's state that conditions are.
#[derive(Debug, Clone)]
pub(crate) struct Changing {
    /// What the world began with: told, or recognised when it was first asked for.
    began: Option<Conditions>,
    wanted: Option<Conditions>,
    before: Vec<Option<Conditions>>,
    /// What is shown, once it has come there.
    look: Look,
    /// What was shown before, and since when it goes.
    from: Option<(Option<Repainted>, u64)>,
    pending: Option<Pending>,
    air: [Air; 2],
    air_since: u64,
    /// How much of what falls something overhead keeps off, 0 to 1.
    sheltered: f32,
    /// The memory as it shows, its own revision then, and the step of its way; `None` while that is the memory itself.
    shown: Option<Shown>,
}

#[derive(Debug, Clone)]
struct Shown {
    memory: Memory,
    tiles: Repainted,
    of: (u64, u32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Pending {
    asked_tick: u64,
    conditions: Conditions,
}

impl Changing {
    /// Of a world that begins under these conditions, if anybody knows.
    pub fn new(began: Option<Conditions>) -> Self {
        Self {
            began,
            wanted: None,
            before: Vec::new(),
            look: Look::default(),
            from: None,
            pending: None,
            air: [Air::NONE; 2],
            air_since: 0,
            sheltered: 0.0,
            shown: None,
        }
    }

    /// What the world began with, for who knows it.
    pub fn tell(&mut self, began: Conditions) {
        self.began = Some(began);
    }

    /// The conditions that were asked for last, or those that the world began with; `None` while nobody knows.
    pub fn conditions(&self) -> Option<Conditions> {
        self.wanted.or(self.began)
    }

    /// The memory as it shows.
    pub fn shown<'a>(&'a self, memory: &'a Memory) -> &'a Memory {
        self.shown.as_ref().map_or(memory, |shown| &shown.memory)
    }

    /// The air at a tick, as it is in the open.
    fn open_air(&self, tick: u64, tick_hz: f32) -> Air {
        let gone = tick.saturating_sub(self.air_since) as f32 / (FADE_SECS * tick_hz);
        self.air[0].towards(&self.air[1], eased(gone))
    }

    /// The air at a tick where the player is.
    pub fn air(&self, tick: u64, tick_hz: f32) -> Air {
        let (air, open) = (self.open_air(tick, tick_hz), 1.0 - self.sheltered);
        Air { rain: air.rain * open, snow: air.snow * open, ..air }
    }

    /// Looks whether there is a roof, and moves towards what it means.
    fn take_shelter(&mut self, memory: &Memory, eye: Vec3, tick_hz: f32) {
        let wet = |air: &Air| air.rain > 0.0 || air.snow > 0.0;
        if !self.air.iter().any(wet) {
            self.sheltered = 0.0;
            return;
        }
        let roof = OVERHEAD.iter().filter(|way| {
            let way = Vec3::from_array(**way).normalize();
            memory.ray_cast(eye, way, ROOF_M).is_some()
        });
        let goal = f32::from(u8::from(roof.count() + 1 >= OVERHEAD.len()));
        let step = 1.0 / (SHELTER_SECS * tick_hz).max(1.0);
        self.sheltered += (goal - self.sheltered).clamp(-step, step);
    }

    /// How far the colours are on their way at a tick, of 256; `None` when they are there.
    fn step(&self, tick: u64, tick_hz: f32) -> Option<u32> {
        let (_, since) = self.from.as_ref()?;
        let ticks = (FADE_SECS * tick_hz).max(1.0) as u64;
        let gone = tick.saturating_sub(*since);
        (gone < ticks).then(|| {
            let gone = (gone / STEP_TICKS * STEP_TICKS) as f32 / ticks as f32;
            (eased(gone) * 256.0) as u32
        })
    }

    /// Brings what is shown to where it is at a tick; whether colours have come where they go at this very tick.
    fn show(&mut self, memory: &Memory, tick: u64, tick_hz: f32) -> bool {
        let step = self.step(tick, tick_hz).unwrap_or(256);
        let arrived = step == 256 && self.from.take().is_some();
        if self.from.is_none() && self.look.tiles.is_none() {
            self.shown = None;
            return arrived;
        }
        let of = (memory.revision(), step);
        if self.shown.as_ref().is_some_and(|shown| shown.of == of) {
            return arrived;
        }
        let from = self.from.as_ref().and_then(|(tiles, _)| tiles.as_ref());
        let tiles = Repainted::between(memory, from, self.look.tiles.as_ref(), step);
        self.shown = Some(Shown { memory: memory.with_tiles_of(&tiles), tiles, of });
        arrived
    }

    /// From here on colours go to another look.
    fn turn_to(&mut self, look: Look, tick: u64) {
        self.from = Some((self.shown.as_ref().map(|shown| shown.tiles.clone()), tick));
        self.look = look;
        // What is shown stays until the next step.
        if let Some(shown) = &mut self.shown {
            shown.of.1 = u32::MAX;
        }
    }
}

/// Slow at both ends.
fn eased(gone: f32) -> f32 {
    let gone = gone.clamp(0.0, 1.0);
    gone * gone * (3.0 - 2.0 * gone)
}

/// What goes to the thread.
struct Job {
    memory: Memory,
    conditions: Conditions,
    known: Repainted,
}

type RepaintWorker = Worker<Job, Result<Repainted, RepaintError>>;

/// The repainter of a model.
pub(crate) struct Repaint {
    make: RepainterFactory,
    timing: PaintTiming,
    /// Answers at once: what a picture shows, the colour of air.
    own: Option<Repainter>,
    worker: Option<RepaintWorker>,
    /// Something is being painted, and whether nobody wants it any more.
    busy: bool,
    stale: bool,
    log: Vec<PaintEntry>,
    error: Option<String>,
}

impl fmt::Debug for Repaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repaint").field("timing", &self.timing).finish_non_exhaustive()
    }
}

/// What a change sees of the world.
pub(crate) struct Sight<'a> {
    pub memory: &'a Memory,
    pub state: &'a mut Changing,
    pub tick: u64,
    pub tick_hz: f32,
    /// Height of the ground where the world began, metres.
    pub floor_m: f32,
    /// Where the player looks from, world space.
    pub eye: Vec3,
    pub rng_seed: u64,
}

impl Repaint {
    pub fn new(make: RepainterFactory, timing: PaintTiming) -> Self {
        Self {
            make,
            timing,
            own: None,
            worker: None,
            busy: false,
            stale: false,
            log: Vec::new(),
            error: None,
        }
    }

    pub fn set_timing(&mut self, timing: PaintTiming) {
        self.timing = timing;
    }

    pub fn log(&self) -> &[PaintEntry] {
        &self.log
    }

    pub fn status(&self, state: &Changing) -> RepaintStatus {
        let busy = state.pending.is_some() || state.wanted != state.look.conditions;
        let (fading, error) = (state.from.is_some(), self.error.clone());
        RepaintStatus { wanted: state.wanted, busy, fading, error }
    }

    /// A new world begins, or one is restored: what is being painted belongs to another. What was asked for when the
    /// state was saved is asked for again.
    pub fn restart(&mut self, sight: Sight<'_>) {
        self.stale = self.busy;
        self.log.clear();
        self.error = None;
        let Sight { memory, state, tick, tick_hz, .. } = sight;
        if let Some(pending) = state.pending {
            match self.request(memory, state, pending.conditions, true) {
                Ok(_) => self.note_asked(pending.asked_tick),
                Err(error) => {
                    state.pending = None;
                    self.give_up(state, error);
                }
            }
        }
        state.show(memory, tick, tick_hz);
    }

    /// An event of weather, hour or season, or that one is taken back. The air follows at once.
    pub fn apply(&mut self, event: &WorldEvent, sight: Sight<'_>) -> Result<(), RepaintError> {
        let Sight { memory, state, tick, tick_hz, floor_m, rng_seed, .. } = sight;
        let wanted = if *event == WorldEvent::Undo {
            match state.before.last() {
                None => return Ok(()),
                Some(before) => *before,
            }
        } else {
            let now = match state.conditions() {
                Some(now) => now,
                None => self.own()?.recognise(memory)?,
            };
            let wanted = now.after(event);
            state.began.get_or_insert(now);
            (Some(wanted) != state.began).then_some(wanted)
        };
        let air = match wanted {
            None => Air::NONE,
            Some(conditions) => {
                let colour = Vec3::from_array(self.own()?.haze(memory, &conditions)?);
                let bearing = rng_seed as f32 % 64.0 / 64.0 * std::f32::consts::TAU;
                Air::under(&conditions, colour, floor_m, Vec2::from_angle(bearing))
            }
        };
        // Only now nothing can fail any more.
        if *event == WorldEvent::Undo {
            state.before.pop();
        } else {
            if state.before.len() >= MOST_BEFORE {
                state.before.remove(0);
            }
            state.before.push(state.wanted);
        }
        state.wanted = wanted;
        state.air = [state.open_air(tick, tick_hz), air];
        state.air_since = tick;
        Ok(())
    }

    /// The end of a tick: takes what is due, asks for what is wanted, and moves what is shown. Returns whether colours
    /// have come where they go at this very tick.
    pub fn tick(&mut self, sight: Sight<'_>) -> bool {
        let Sight { memory, state, tick, tick_hz, eye, .. } = sight;
        self.take(state, tick);
        if state.pending.is_none() {
            self.ask(memory, state, tick);
        }
        state.take_shelter(memory, eye, tick_hz);
        state.show(memory, tick, tick_hz)
    }

    fn take(&mut self, state: &mut Changing, tick: u64) {
        let Some(pending) = state.pending else { return };
        let Some(wait) = self.due(pending.asked_tick, tick) else { return };
        let fails = self.logged(pending.asked_tick).is_some_and(|entry| entry.failed);
        match self.receive(wait) {
            Ok(None) => {}
            Ok(Some(_)) if fails => {
                self.note_taken(tick, true);
                state.pending = None;
                state.wanted = state.look.conditions;
            }
            Ok(Some(tiles)) => {
                self.note_taken(tick, false);
                self.error = None;
                state.pending = None;
                let look = Look { conditions: Some(pending.conditions), tiles: Some(tiles) };
                if state.look.conditions == look.conditions {
                    // What has come into the memory since.
                    state.look = look;
                    if let Some(shown) = &mut state.shown {
                        shown.of.1 = u32::MAX;
                    }
                } else {
                    state.turn_to(look, tick);
                }
            }
            Err(error) => {
                self.note_taken(tick, true);
                state.pending = None;
                self.give_up(state, error);
            }
        }
    }

    fn ask(&mut self, memory: &Memory, state: &mut Changing, tick: u64) {
        let known = state.look.tiles.as_ref();
        let behind = known.is_some_and(|tiles| !tiles.covers(memory));
        if state.wanted == state.look.conditions && !behind {
            return;
        }
        let Some(conditions) = state.wanted else {
            // Back to the memory's own colours: nothing to paint.
            state.turn_to(Look::default(), tick);
            return;
        };
        if matches!(self.timing, PaintTiming::Replay(_)) && self.logged(tick).is_none() {
            return;
        }
        match self.request(memory, state, conditions, self.timing.waits()) {
            Ok(false) => {}
            Ok(true) => {
                self.note_asked(tick);
                state.pending = Some(Pending { asked_tick: tick, conditions });
            }
            Err(error) => self.give_up(state, error),
        }
    }

    /// What is shown stays.
    fn give_up(&mut self, state: &mut Changing, error: RepaintError) {
        tracing::error!("{error}; the world keeps the look it has");
        state.wanted = state.look.conditions;
        self.error = Some(error.to_string());
    }

    fn own(&mut self) -> Result<&mut Repainter, RepaintError> {
        match &mut self.own {
            Some(own) => Ok(own),
            none => Ok(none.insert((self.make)()?)),
        }
    }

    /// Has a memory repainted; whether it is being painted now. While the thread still is at something that nobody
    /// wants any more, it is not, unless with `wait`.
    fn request(
        &mut self,
        memory: &Memory,
        state: &Changing,
        conditions: Conditions,
        wait: bool,
    ) -> Result<bool, RepaintError> {
        if self.stale {
            self.receive(wait)?;
            if self.stale {
                return Ok(false);
            }
        }
        let known = match &state.look {
            Look { conditions: Some(have), tiles: Some(tiles) } if *have == conditions => {
                tiles.clone()
            }
            _ => Repainted::default(),
        };
        let worker = match &mut self.worker {
            Some(worker) => worker,
            none => none.insert(spawn(&self.make)?),
        };
        let job = Job { memory: memory.clone(), conditions, known };
        match worker.try_send(job) {
            Ok(()) => {
                self.busy = true;
                Ok(true)
            }
            Err((_, ended)) => {
                let reason = worker.try_receive().err().unwrap_or(ended);
                self.worker = None;
                Err(RepaintError::Network(reason.to_string()))
            }
        }
    }

    /// The finished tiles, if there are any; with `wait`, those that are being painted.
    fn receive(&mut self, wait: bool) -> Result<Option<Repainted>, RepaintError> {
        let Some(worker) = &mut self.worker else { return Ok(None) };
        let timeout = if wait { PATIENCE } else { Duration::ZERO };
        match worker.receive_timeout(timeout) {
            Ok(Some(answer)) => {
                self.busy = false;
                if std::mem::take(&mut self.stale) {
                    return Ok(None);
                }
                answer.map(Some)
            }
            Ok(None) if wait => {
                (self.worker, self.busy, self.stale) = (None, false, false);
                Err(RepaintError::Network(format!("gave no answer in {PATIENCE:?}")))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                let reason = match error {
                    WorkerError::NotReady { .. } => error.to_string(),
                    ended => format!("its thread ended: {ended}"),
                };
                (self.worker, self.busy, self.stale) = (None, false, false);
                Err(RepaintError::Network(reason))
            }
        }
    }

    fn due(&self, asked_tick: u64, tick: u64) -> Option<bool> {
        match &self.timing {
            PaintTiming::WhenReady => Some(false),
            PaintTiming::Lockstep { ticks } => {
                (tick >= asked_tick + u64::from((*ticks).max(1))).then_some(true)
            }
            PaintTiming::Replay(_) => {
                (self.logged(asked_tick)?.taken_tick == Some(tick)).then_some(true)
            }
        }
    }

    fn logged(&self, asked_tick: u64) -> Option<&PaintEntry> {
        let PaintTiming::Replay(entries) = &self.timing else { return None };
        entries.iter().find(|entry| entry.asked_tick == asked_tick)
    }

    fn note_asked(&mut self, tick: u64) {
        self.log.push(PaintEntry { asked_tick: tick, taken_tick: None, failed: false });
    }

    fn note_taken(&mut self, tick: u64, failed: bool) {
        if let Some(entry) = self.log.last_mut() {
            (entry.taken_tick, entry.failed) = (Some(tick), failed);
        }
    }
}

fn spawn(make: &RepainterFactory) -> Result<RepaintWorker, RepaintError> {
    let no_thread =
        |reason: &dyn fmt::Display| RepaintError::Network(format!("no thread: {reason}"));
    let pool = BackgroundPool::new("reverie-repainting", 1).map_err(|e| no_thread(&e))?;
    let make = Arc::clone(make);
    let init = move || {
        make().map_err(|error| match error {
            RepaintError::Network(reason) => reason,
            other => other.to_string(),
        })
    };
    let work = move |repainter: &mut Repainter, job: Job| {
        pool.run(|| repainter.repaint(&job.memory, &job.conditions, &job.known))
    };
    Worker::spawn("reverie-repainter", 1, init, work).map_err(|e| no_thread(&e))
}

impl Changing {
    pub fn write(&self, writer: &mut Writer, memory: &Memory) {
        optional(writer, self.began.as_ref());
        optional(writer, self.wanted.as_ref());
        writer.u32(self.before.len() as u32);
        self.before.iter().for_each(|before| optional(writer, before.as_ref()));
        for air in &self.air {
            writer.f32s(&[air.extinction_per_m, air.floor_m, air.scale_height_m, air.dark_per_m]);
            writer.f32s(&air.colour.to_array());
            writer.f32s(&[air.rain, air.snow]);
            writer.f32s(&air.wind_mps.to_array());
        }
        writer.u64(self.air_since);
        writer.f32s(&[self.sheltered]);
        optional(writer, self.look.conditions.as_ref());
        writer.repainted(memory, self.look.tiles.as_ref());
        writer.u32(u32::from(self.from.is_some()));
        if let Some((tiles, since)) = &self.from {
            writer.u64(*since);
            writer.repainted(memory, tiles.as_ref());
        }
        writer.u32(u32::from(self.pending.is_some()));
        if let Some(Pending { asked_tick, conditions }) = &self.pending {
            writer.u64(*asked_tick);
            optional(writer, Some(conditions));
        }
    }

    pub fn read(reader: &mut Reader<'_>, memory: &Memory) -> Result<Self, String> {
        let (began, wanted) = (conditions(reader)?, conditions(reader)?);
        let count = reader.u32("changes")? as usize;
        if count > MOST_BEFORE {
            return Err(format!("{count} changes, at most {MOST_BEFORE} are kept"));
        }
        let before = (0..count).map(|_| conditions(reader)).collect::<Result<Vec<_>, _>>()?;
        let mut air = [Air::NONE; 2];
        for air in &mut air {
            *air = read_air(reader)?;
        }
        let air_since = reader.u64("since when the air changes")?;
        let sheltered = reader.f32("shelter")?.clamp(0.0, 1.0);
        let look = Look { conditions: conditions(reader)?, tiles: reader.repainted(memory)? };
        if look.conditions.is_some() != look.tiles.is_some() {
            return Err("conditions and colours do not go together".to_owned());
        }
        let from = if reader.flag("a change of colours")? {
            let since = reader.u64("since when colours change")?;
            Some((reader.repainted(memory)?, since))
        } else {
            None
        };
        let pending = if reader.flag("a repainting")? {
            let asked_tick = reader.u64("asked tick")?;
            conditions(reader)?.map(|conditions| Pending { asked_tick, conditions })
        } else {
            None
        };
        Ok(Self {
            began,
            wanted,
            before,
            look,
            from,
            pending,
            air,
            air_since,
            sheltered,
            shown: None,
        })
    }
}

fn optional(writer: &mut Writer, conditions: Option<&Conditions>) {
    writer.u32(u32::from(conditions.is_some()));
    if let Some(Conditions { weather, strength, hour, season }) = conditions {
        let at = |found: Option<usize>| found.unwrap_or(0) as u32;
        writer.u32(at(Weather::ALL.iter().position(|w| w == weather)));
        writer.f32s(&[*strength, *hour]);
        writer.u32(at(Season::ALL.iter().position(|s| s == season)));
    }
}

fn conditions(reader: &mut Reader<'_>) -> Result<Option<Conditions>, String> {
    if !reader.flag("conditions")? {
        return Ok(None);
    }
    let weather = Weather::ALL.get(reader.u32("weather")? as usize).copied();
    let (strength, hour) = (reader.f32("strength")?, reader.f32("hour")?);
    let season = Season::ALL.get(reader.u32("season")? as usize).copied();
    let (Some(weather), Some(season)) = (weather, season) else {
        return Err("unknown weather or season".to_owned());
    };
    let conditions = Conditions { weather, strength, hour, season };
    conditions.validate().map_err(|e| e.to_string())?;
    Ok(Some(conditions))
}

fn read_air(reader: &mut Reader<'_>) -> Result<Air, String> {
    let air = Air {
        extinction_per_m: reader.f32("extinction")?,
        floor_m: reader.f32("floor")?,
        scale_height_m: reader.f32("scale height")?,
        dark_per_m: reader.f32("dark")?,
        colour: reader.vec3("air")?,
        rain: reader.f32("rain")?,
        snow: reader.f32("snow")?,
        wind_mps: Vec2::new(reader.f32("wind")?, reader.f32("wind")?),
    };
    let shares = [air.rain, air.snow, air.colour.min_element(), air.colour.max_element()];
    let fits = (0.0..=10.0).contains(&air.extinction_per_m)
        && (0.0..=10.0).contains(&air.dark_per_m)
        && (1.0..=1e5).contains(&air.scale_height_m)
        && air.floor_m.abs() <= 1e6
        && shares.iter().all(|share| (0.0..=1.0).contains(share))
        && air.wind_mps.abs().max_element() <= 100.0;
    if fits { Ok(air) } else { Err("the air has values out of range".to_owned()) }
}
