//! The painter beside the frames.

use super::{Easel, LookAhead, PaintError, PaintReport, Painter, Trail, paint_next};
use crate::Memory;
use reverie_inference::{BackgroundPool, Worker, WorkerError};
use std::{
    fmt,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

/// Makes the painter, on its thread.
pub type PainterFactory = Arc<dyn Fn() -> Result<Box<dyn Painter>, PaintError> + Send + Sync>;

/// Longest wait for a painting: a thread that is slower is given up, and another one started.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a painter shares the processor with the frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaintPriority {
    /// On one core, and only as much of it as frames leave.
    Background,
    /// On all cores, like everything else: for worlds that wait for their windows.
    Equal,
}

/// What goes to the thread.
struct Job {
    memory: Memory,
    ahead: LookAhead,
    trail: Trail,
    rng_seed: u64,
}

/// What comes back.
#[derive(Debug)]
pub struct Painting {
    /// The memory with the window in it, and with what was looked at.
    pub memory: Memory,
    /// What was painted; `None` when nothing was missing.
    pub report: Option<PaintReport>,
}

/// A painter on a thread of its own: one window at a time, always the one that is needed most when
/// it is asked.
pub struct PaintThread {
    make: PainterFactory,
    priority: PaintPriority,
    worker: PaintWorker,
    /// Says whether the painter could be made; `None` once it is known that it could.
    made: Option<mpsc::Receiver<Result<(), PaintError>>>,
    /// Since when a window is being painted.
    busy: Option<Instant>,
    patience: Duration,
    /// Nobody wants what is being painted any more.
    stale: bool,
}

impl fmt::Debug for PaintThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaintThread").field("busy", &self.busy.is_some()).finish_non_exhaustive()
    }
}

type PaintWorker = Worker<Job, Result<Painting, PaintError>>;
type Made = mpsc::Receiver<Result<(), PaintError>>;

/// What the thread owns.
struct Studio {
    painter: Box<dyn Painter>,
    easel: Easel,
}

fn spawn(
    make: &PainterFactory,
    priority: PaintPriority,
) -> Result<(PaintWorker, Made), PaintError> {
    let (say, made) = mpsc::channel();
    let make = Arc::clone(make);
    let pool = match priority {
        PaintPriority::Equal => None,
        PaintPriority::Background => Some(
            BackgroundPool::new("reverie-painting", 1)
                .map_err(|reason| PaintError::Painter(format!("no thread: {reason}")))?,
        ),
    };
    let init = move || {
        let painter = make();
        // Nobody may be listening: then nobody needs to know.
        let _ = say.send(painter.as_ref().map(|_| ()).map_err(Clone::clone));
        painter.map(|painter| Studio { painter, easel: Easel::default() }).map_err(|e| match e {
            PaintError::Painter(reason) => reason,
            other => other.to_string(),
        })
    };
    let work = move |studio: &mut Studio, job: Job| match &pool {
        None => studio.paint(job),
        Some(pool) => pool.run(|| studio.paint(job)),
    };
    let worker = Worker::spawn("reverie-painter", 1, init, work)
        .map_err(|e| PaintError::Painter(e.to_string()))?;
    Ok((worker, made))
}

impl Studio {
    fn paint(&mut self, job: Job) -> Result<Painting, PaintError> {
        let Job { mut memory, ahead, trail, rng_seed } = job;
        let Self { painter, easel } = self;
        let report = paint_next(&mut memory, &ahead, &trail, rng_seed, painter.as_mut(), easel)?;
        Ok(Painting { memory, report })
    }
}

impl PaintThread {
    /// Starts the thread; the painter itself is made there.
    ///
    /// # Errors
    /// [`PaintError::Painter`] when the system gives no thread.
    pub fn new(make: PainterFactory, priority: PaintPriority) -> Result<Self, PaintError> {
        let (worker, made) = spawn(&make, priority)?;
        let (made, patience) = (Some(made), PATIENCE);
        Ok(Self { make, priority, worker, made, busy: None, patience, stale: false })
    }

    /// Waits until the painter is made.
    ///
    /// # Errors
    /// [`PaintError`] when it cannot be: missing weights, or weights that do not fit. The next call
    /// tries again.
    pub fn wait_until_made(&mut self) -> Result<(), PaintError> {
        let Some(made) = &self.made else { return Ok(()) };
        let outcome = made.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            Err(PaintError::Painter("its thread ended before it was made".to_owned()))
        });
        match outcome {
            Ok(()) => self.made = None,
            Err(_) => self.start_again()?,
        }
        outcome
    }

    fn start_again(&mut self) -> Result<(), PaintError> {
        let (worker, made) = spawn(&self.make, self.priority)?;
        let old = std::mem::replace(&mut self.worker, worker);
        self.made = Some(made);
        (self.busy, self.stale) = (None, false);
        // The old thread may still be at something, and nobody waits for it.
        let end = move || drop(old);
        if let Err(error) = std::thread::Builder::new().name("reverie-ended".into()).spawn(end) {
            tracing::debug!("the painter's old thread was waited for: {error}");
        }
        Ok(())
    }

    /// A window is being painted.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy.is_some()
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
        trail: &Trail,
        rng_seed: u64,
        wait: bool,
    ) -> Result<bool, PaintError> {
        if self.stale {
            self.receive(wait)?;
        }
        if self.busy.is_some() {
            return Ok(false);
        }
        let job = Job { memory: memory.clone(), ahead: *ahead, trail: trail.clone(), rng_seed };
        if let Err((job, _)) = self.worker.try_send(job) {
            // It died since: once more from the start.
            self.start_again()?;
            if let Err((_, ended)) = self.worker.try_send(job) {
                // Gone already: it says why.
                let reason = self.worker.try_receive().err().unwrap_or(ended);
                return Err(PaintError::Painter(reason.to_string()));
            }
        }
        self.busy = Some(Instant::now());
        Ok(true)
    }

    /// The finished painting, if there is one; with `wait`, the one that is being painted.
    ///
    /// # Errors
    /// [`PaintError`]: what the painter said, or that the thread panicked. The next request starts
    /// another one.
    pub fn receive(&mut self, wait: bool) -> Result<Option<Painting>, PaintError> {
        let Some(since) = self.busy else { return Ok(None) };
        let patience = self.patience.saturating_sub(since.elapsed());
        let timeout = if wait { patience } else { Duration::ZERO };
        match self.worker.receive_timeout(timeout) {
            Ok(Some(answer)) => {
                self.busy = None;
                if std::mem::take(&mut self.stale) { Ok(None) } else { answer.map(Some) }
            }
            Ok(None) if wait || patience.is_zero() => {
                let stale = self.stale;
                self.start_again()?;
                // Nobody waited for what is not wanted any more.
                if stale {
                    return Ok(None);
                }
                let patience = self.patience;
                Err(PaintError::Painter(format!("gave no answer in {patience:?}; started again")))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                (self.busy, self.stale) = (None, false);
                if !matches!(error, WorkerError::NotReady { .. }) {
                    self.start_again()?;
                }
                Err(PaintError::Painter(error.to_string()))
            }
        }
    }

    /// Sets how long a painting may take.
    #[cfg(test)]
    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Forgets what is being painted: the world it was for is gone.
    pub fn abandon(&mut self) {
        self.stale = self.busy.is_some();
    }
}
