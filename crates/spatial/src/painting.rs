//! Painting in step with the world's ticks: what is asked for when, and when it is merged.

use crate::{
    Memory,
    painter::{LookAhead, PaintError, PaintReport, PaintThread, Painting, Trail, noise::mixed},
    snapshot::{Reader, Writer},
    timing::{Ledger, PaintEntry, PaintTiming},
};
use glam::Vec3;
use reverie_world_model::Pose;
use std::collections::VecDeque;

/// Failures in a row after which a world goes on unpainted.
const MOST_FAILURES: u32 = 3;
/// Reports that are kept.
const MOST_REPORTS: usize = 32;
/// When nothing was missing, the player has to come this far before anybody looks again.
const LOOK_AGAIN_M: f32 = 0.25;
const LOOK_AGAIN_RAD: f32 = 0.15;
/// How painting stands.
#[derive(Debug, Clone, Default)]
pub struct PaintStatus {
    /// Windows painted since the world began.
    pub windows: u64,
    /// A window is being painted.
    pub busy: bool,
    /// Nothing is missing around the player, as far as anybody looked.
    pub complete: bool,
    /// The newest windows, oldest first.
    pub reports: VecDeque<PaintReport>,
    /// Why the newest window failed, until one succeeds.
    pub error: Option<String>,
}

/// The part of a world's state that painting goes by.
#[derive(Debug, Clone, Default)]
pub(crate) struct PaintState {
    /// Windows asked for so far: each has random numbers of its own.
    asked: u64,
    trail: Trail,
    pending: Option<Pending>,
    /// Where nothing was missing.
    quiet_at: Option<Pose>,
}

#[derive(Debug, Clone, Copy)]
struct Pending {
    asked_tick: u64,
    ahead: LookAhead,
    /// The memory it was asked for.
    revision: u64,
}

/// The painter of a model.
#[derive(Debug)]
pub(crate) struct Paint {
    thread: PaintThread,
    ledger: Ledger,
    status: PaintStatus,
    failures: u32,
}

/// What painting sees of the world.
pub(crate) struct Scenery<'a> {
    pub memory: &'a mut Memory,
    pub state: &'a mut PaintState,
    pub ahead: LookAhead,
    pub tick: u64,
    pub rng_seed: u64,
}

impl Paint {
    pub fn new(thread: PaintThread, timing: PaintTiming) -> Self {
        let status = PaintStatus::default();
        Self { thread, ledger: Ledger::new(timing), status, failures: 0 }
    }

    pub fn status(&self) -> &PaintStatus {
        &self.status
    }

    /// From here on as told; a window that is awaited stays so.
    pub fn set_timing(&mut self, timing: PaintTiming) {
        self.ledger.set_timing(timing);
    }

    /// Before a world begins: one that shall be the same everywhere does not begin without its
    /// painter.
    pub fn check(&mut self) -> Result<(), PaintError> {
        if self.ledger.waits() { self.thread.wait_until_made() } else { Ok(()) }
    }

    pub fn log(&self) -> &[PaintEntry] {
        self.ledger.entries()
    }

    /// A new world begins, or one is restored: what is being painted belongs to another.
    pub fn restart(&mut self, scenery: Scenery<'_>) {
        self.thread.abandon();
        self.ledger.clear();
        self.failures = 0;
        self.status = PaintStatus::default();
        // What was asked for when the state was saved is asked for again: the memory is the same.
        let Scenery { memory, state, rng_seed, .. } = scenery;
        if let Some(pending) = &mut state.pending {
            pending.revision = memory.revision();
            let seed = window_seed(rng_seed, state.asked);
            let (ahead, wait) = (pending.ahead, self.ledger.waits());
            match self.thread.request(memory, &ahead, &state.trail, seed, wait) {
                Ok(true) => self.ledger.note_asked(pending.asked_tick),
                Ok(false) => state.pending = None,
                Err(error) => {
                    state.pending = None;
                    self.judge(Err(error));
                }
            }
        }
    }

    /// The end of a tick: merges what is due and asks for the next window.
    pub fn tick(&mut self, scenery: Scenery<'_>) {
        if self.failures >= MOST_FAILURES {
            return;
        }
        let Scenery { memory, state, ahead, tick, rng_seed } = scenery;
        state.trail.note_player(&ahead.pose);
        if let Some(pending) = state.pending
            && let Some(wait) = self.ledger.due(pending.asked_tick, tick)
        {
            let fails = self.ledger.failed(pending.asked_tick);
            match self.thread.receive(wait) {
                Ok(None) => {}
                outcome if fails => {
                    drop(outcome);
                    state.pending = None;
                    self.ledger.note_taken(tick, true);
                }
                Ok(Some(painting)) => {
                    state.pending = None;
                    self.ledger.note_taken(tick, false);
                    self.take(painting, &pending, memory, state);
                }
                Err(error) => {
                    state.pending = None;
                    self.ledger.note_taken(tick, true);
                    self.judge(Err(error));
                }
            }
        }
        if state.pending.is_none() && self.ledger.may_ask(tick) && !is_quiet(state, &ahead.pose) {
            let seed = window_seed(rng_seed, state.asked + 1);
            match self.thread.request(memory, &ahead, &state.trail, seed, self.ledger.waits()) {
                // Still at a window of another world.
                Ok(false) => {}
                Ok(true) => {
                    state.asked += 1;
                    state.quiet_at = None;
                    let revision = memory.revision();
                    state.pending = Some(Pending { asked_tick: tick, ahead, revision });
                    self.ledger.note_asked(tick);
                }
                Err(error) => self.judge(Err(error)),
            }
        }
        self.status.busy = state.pending.is_some();
        self.status.complete = state.quiet_at.is_some();
    }

    fn take(
        &mut self,
        painting: Painting,
        pending: &Pending,
        memory: &mut Memory,
        state: &mut PaintState,
    ) {
        self.judge(Ok(()));
        // Somebody else put something in meanwhile: the window is painted again onto that.
        if memory.revision() != pending.revision {
            return;
        }
        *memory = painting.memory;
        match painting.report {
            None => state.quiet_at = Some(pending.ahead.pose),
            Some(report) => {
                state.trail.note_window(&report.pose, report.new);
                self.status.windows += 1;
                if self.status.reports.len() >= MOST_REPORTS {
                    self.status.reports.pop_front();
                }
                self.status.reports.push_back(report);
            }
        }
    }

    fn judge(&mut self, outcome: Result<(), PaintError>) {
        match outcome {
            Ok(()) => {
                self.failures = 0;
                self.status.error = None;
            }
            Err(error) => {
                self.failures += 1;
                if self.failures == MOST_FAILURES {
                    tracing::error!("{error}; the world goes on unpainted");
                } else {
                    tracing::warn!("{error}; trying again");
                }
                self.status.error = Some(error.to_string());
            }
        }
    }
}

fn is_quiet(state: &PaintState, pose: &Pose) -> bool {
    state.quiet_at.is_some_and(|quiet| {
        quiet.position.distance(pose.position) < LOOK_AGAIN_M
            && quiet.forward().dot(pose.forward()) > LOOK_AGAIN_RAD.cos()
    })
}

/// Random numbers of a window: splitmix64 of the world's seed and the window's number.
fn window_seed(rng_seed: u64, number: u64) -> u64 {
    mixed(rng_seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

impl PaintState {
    pub fn write(&self, writer: &mut Writer) {
        writer.u64(self.asked);
        self.trail.write(writer);
        writer.u32(u32::from(self.quiet_at.is_some()));
        self.quiet_at.iter().for_each(|pose| writer.pose(pose));
        writer.u32(u32::from(self.pending.is_some()));
        if let Some(Pending { asked_tick, ahead, .. }) = &self.pending {
            writer.u64(*asked_tick);
            writer.pose(&ahead.pose);
            writer.f32s(&ahead.velocity_mps.to_array());
            writer.f32s(&[ahead.yaw_rps]);
            writer.intrinsics(&ahead.camera);
        }
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let asked = reader.u64("windows")?;
        let trail = Trail::read(reader)?;
        let valid = |pose: Pose| pose.validate().map(|()| pose).map_err(|e| e.to_string());
        let quiet_at = if reader.flag("quiet")? { Some(valid(reader.pose()?)?) } else { None };
        let pending = if reader.flag("pending")? {
            let asked_tick = reader.u64("asked tick")?;
            let pose = valid(reader.pose()?)?;
            let (velocity_mps, yaw_rps) = (reader.vec3("velocity")?, reader.f32("yaw_rps")?);
            let limit = Vec3::splat(1e3);
            let velocity_mps = velocity_mps.clamp(-limit, limit);
            let camera = reader.intrinsics()?;
            let ahead = LookAhead { pose, velocity_mps, yaw_rps, camera };
            Some(Pending { asked_tick, ahead, revision: 0 })
        } else {
            None
        };
        Ok(Self { asked, trail, pending, quiet_at })
    }
}
