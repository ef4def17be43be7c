//! The thread that repaints.

use super::RepainterFactory;
use crate::{
    Memory,
    repaint::{RepaintError, Repainted, Repainter},
};
use reverie_inference::{BackgroundPool, Worker, WorkerError};
use reverie_world_model::Conditions;
use std::{fmt, sync::Arc, time::Duration};

/// Longest wait for a repainting.
const PATIENCE: Duration = Duration::from_secs(120);

/// What goes to the thread.
pub(super) struct Job {
    pub memory: Memory,
    pub conditions: Conditions,
    /// Tiles that have these colours already.
    pub known: Repainted,
}

type RepaintWorker = Worker<Job, Result<Repainted, RepaintError>>;

/// One memory at a time; started when it is first asked.
pub(super) struct RepaintThread {
    make: RepainterFactory,
    worker: Option<RepaintWorker>,
    /// Something is being painted, and whether nobody wants it any more.
    busy: bool,
    stale: bool,
}

impl RepaintThread {
    pub fn new(make: RepainterFactory) -> Self {
        Self { make, worker: None, busy: false, stale: false }
    }

    /// What is being painted is of no use any more.
    pub fn abandon(&mut self) {
        self.stale = self.busy;
    }

    /// Has a memory repainted; whether it is being painted now. While the thread still is at something that nobody
    /// wants any more, it is not, unless with `wait`.
    pub fn request(&mut self, job: Job, wait: bool) -> Result<bool, RepaintError> {
        if self.stale {
            self.receive(wait)?;
            if self.stale {
                return Ok(false);
            }
        }
        let worker = match &mut self.worker {
            Some(worker) => worker,
            none => none.insert(spawn(&self.make)?),
        };
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
    pub fn receive(&mut self, wait: bool) -> Result<Option<Repainted>, RepaintError> {
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
