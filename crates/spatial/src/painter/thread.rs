//! The painter beside the frames.

use super::{Easel, Futile, LookAhead, PaintError, PaintReport, Painter, paint_next};
use crate::Memory;
use reverie_inference::{Worker, WorkerError};
use std::{fmt, sync::Arc, time::Duration};

/// Makes the painter, on its thread.
pub type PainterFactory = Arc<dyn Fn() -> Result<Box<dyn Painter>, PaintError> + Send + Sync>;

/// Longest wait for a painting that is due, in all: a thread that is slower is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What goes to the thread.
struct Job {
    memory: Memory,
    ahead: LookAhead,
    futile: Vec<Futile>,
    rng_seed: u64,
}

/// What comes back.
#[derive(Debug)]
pub struct Painting {
    /// The memory with the window in it.
    pub memory: Memory,
    /// What was painted; `None` when nothing was missing.
    pub report: Option<PaintReport>,
}

/// A painter on a thread of its own: one window at a time, always the one that is needed most when
/// it is asked.
pub struct PaintThread {
    make: PainterFactory,
    worker: Worker<Job, Result<Painting, PaintError>>,
    busy: bool,
    /// Nobody wants what is being painted any more.
    stale: bool,
}

impl fmt::Debug for PaintThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaintThread").field("busy", &self.busy).finish_non_exhaustive()
    }
}

fn spawn(make: &PainterFactory) -> Result<Worker<Job, Result<Painting, PaintError>>, PaintError> {
    let make = Arc::clone(make);
    let init = move || make().map(|painter| (painter, Easel::default()));
    let work = |(painter, easel): &mut (Box<dyn Painter>, Easel), job: Job| {
        let Job { mut memory, ahead, futile, rng_seed } = job;
        let report = paint_next(&mut memory, &ahead, &futile, rng_seed, painter.as_mut(), easel)?;
        Ok(Painting { memory, report })
    };
    Worker::spawn("reverie-painter", 1, init, work).map_err(|e| PaintError::Painter(e.to_string()))
}

impl PaintThread {
    /// Starts the thread; the painter itself is made there.
    ///
    /// # Errors
    /// [`PaintError::Painter`] when the system gives no thread.
    pub fn new(make: PainterFactory) -> Result<Self, PaintError> {
        Ok(Self { worker: spawn(&make)?, make, busy: false, stale: false })
    }

    /// A window is being painted.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// Has the window painted that is needed most; whether it is being painted now. While the
    /// thread still is at a window that nobody wants any more, it is not, unless with `wait`.
    ///
    /// # Errors
    /// [`PaintError::Painter`] when the thread is gone and cannot be started again.
    pub fn request(
        &mut self,
        memory: &Memory,
        ahead: &LookAhead,
        futile: &[Futile],
        rng_seed: u64,
        wait: bool,
    ) -> Result<bool, PaintError> {
        if self.stale {
            self.receive(wait)?;
        }
        if self.busy {
            return Ok(false);
        }
        let job = Job { memory: memory.clone(), ahead: *ahead, futile: futile.to_vec(), rng_seed };
        if let Err((job, _)) = self.worker.try_send(job) {
            // It died since: once more from the start.
            self.worker = spawn(&self.make)?;
            self.worker.try_send(job).map_err(|(_, e)| PaintError::Painter(e.to_string()))?;
        }
        self.busy = true;
        Ok(true)
    }

    /// The finished painting, if there is one; with `wait`, the one that is being painted.
    ///
    /// # Errors
    /// [`PaintError`]: what the painter said, or that the thread panicked. The next request starts
    /// another one.
    pub fn receive(&mut self, wait: bool) -> Result<Option<Painting>, PaintError> {
        if !self.busy {
            return Ok(None);
        }
        let patience = if wait { PATIENCE } else { Duration::ZERO };
        match self.worker.receive_timeout(patience) {
            Ok(Some(answer)) => {
                self.busy = false;
                if std::mem::take(&mut self.stale) { Ok(None) } else { answer.map(Some) }
            }
            Ok(None) if wait => {
                // It may be starved and not dead: its answer is thrown away when it comes.
                self.stale = true;
                Err(PaintError::Painter(format!("gave no answer in {PATIENCE:?}")))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                (self.busy, self.stale) = (false, false);
                if !matches!(error, WorkerError::NotReady { .. }) {
                    self.worker = spawn(&self.make)?;
                }
                Err(PaintError::Painter(error.to_string()))
            }
        }
    }

    /// Forgets what is being painted: the world it was for is gone.
    pub fn abandon(&mut self) {
        self.stale = self.busy;
    }
}
