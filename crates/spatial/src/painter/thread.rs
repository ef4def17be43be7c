//! The painter beside the frames.

use super::{Easel, Futile, LookAhead, PaintError, PaintReport, Painter, paint_next};
use crate::Memory;
use reverie_inference::{BackgroundPool, Worker, WorkerError};
use std::{
    fmt,
    sync::{Arc, mpsc},
    time::Duration,
};

/// Makes the painter, on its thread.
pub type PainterFactory = Arc<dyn Fn() -> Result<Box<dyn Painter>, PaintError> + Send + Sync>;

/// Longest wait for a painting that is due, in all: a thread that is slower is given up.
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
    priority: PaintPriority,
    worker: PaintWorker,
    /// Says whether the painter could be made; `None` once it is known that it could.
    made: Option<mpsc::Receiver<Result<(), PaintError>>>,
    busy: bool,
    /// Nobody wants what is being painted any more.
    stale: bool,
}

impl fmt::Debug for PaintThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaintThread").field("busy", &self.busy).finish_non_exhaustive()
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
        let Job { mut memory, ahead, futile, rng_seed } = job;
        let Self { painter, easel } = self;
        let report = paint_next(&mut memory, &ahead, &futile, rng_seed, painter.as_mut(), easel)?;
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
        Ok(Self { make, priority, worker, made: Some(made), busy: false, stale: false })
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
        (self.worker, self.made) = (worker, Some(made));
        (self.busy, self.stale) = (false, false);
        Ok(())
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
            self.start_again()?;
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
                    self.start_again()?;
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
