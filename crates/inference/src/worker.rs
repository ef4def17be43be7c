//! A named thread that owns a value and answers requests through bounded channels.

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::Duration;

/// Why a worker does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// The system gave no thread.
    #[error("thread `{name}` could not be started: {reason}")]
    NotStarted {
        /// The worker's name.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// The value could not be made; the thread has ended.
    #[error("{reason}")]
    NotReady {
        /// The worker's name.
        name: String,
        /// What its initialisation said.
        reason: String,
    },
    /// The thread panicked and has ended.
    #[error("thread `{name}` panicked: {message}")]
    Panicked {
        /// The worker's name.
        name: String,
        /// The panic's message.
        message: String,
    },
    /// All request slots are taken.
    #[error("thread `{name}` is busy")]
    Busy {
        /// The worker's name.
        name: String,
    },
    /// The thread has ended; an earlier answer said why.
    #[error("thread `{name}` has ended")]
    Ended {
        /// The worker's name.
        name: String,
    },
}

/// A running worker. Dropping it closes the channels and joins the thread, which finishes the
/// request it is at.
pub struct Worker<Request, Response> {
    name: String,
    // Options so that drop can close them before it joins.
    requests: Option<Sender<Request>>,
    responses: Option<Receiver<Result<Response, WorkerError>>>,
    thread: Option<JoinHandle<()>>,
}

impl<Request: Send + 'static, Response: Send + 'static> Worker<Request, Response> {
    /// Starts a thread called `name`. The value is made by `init` on the thread itself, so it
    /// need not be `Send`; `handle` answers each request. At most `capacity` (at least one)
    /// requests and as many answers wait.
    ///
    /// A failed `init` and a panic arrive as errors in the place of an answer.
    ///
    /// # Errors
    /// [`WorkerError::NotStarted`] when the system gives no thread.
    pub fn spawn<T, E: std::fmt::Display>(
        name: &str,
        capacity: usize,
        init: impl FnOnce() -> Result<T, E> + Send + 'static,
        mut handle: impl FnMut(&mut T, Request) -> Response + Send + 'static,
    ) -> Result<Self, WorkerError> {
        let (requests, inbox) = bounded::<Request>(capacity.max(1));
        let (outbox, responses) = bounded(capacity.max(1));
        let thread_name = name.to_owned();
        let work = move || {
            let panicked = |payload: Box<dyn Any + Send>| WorkerError::Panicked {
                name: thread_name.clone(),
                message: panic_message(payload.as_ref()),
            };
            let mut value = match catch_unwind(AssertUnwindSafe(init)) {
                Ok(Ok(value)) => value,
                Ok(Err(e)) => {
                    let (name, reason) = (thread_name.clone(), e.to_string());
                    // Nobody may be listening any more; then nobody needs to know.
                    let _ = outbox.send(Err(WorkerError::NotReady { name, reason }));
                    return;
                }
                Err(payload) => {
                    let _ = outbox.send(Err(panicked(payload)));
                    return;
                }
            };
            for request in inbox {
                // The value is dropped after a panic, so it is never seen half-changed.
                let answer = catch_unwind(AssertUnwindSafe(|| handle(&mut value, request)));
                let stop = answer.is_err();
                if outbox.send(answer.map_err(panicked)).is_err() || stop {
                    return;
                }
            }
        };
        let thread =
            std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|e| {
                WorkerError::NotStarted { name: name.to_owned(), reason: e.to_string() }
            })?;
        Ok(Self {
            name: name.to_owned(),
            requests: Some(requests),
            responses: Some(responses),
            thread: Some(thread),
        })
    }

    /// Hands a request over without waiting.
    ///
    /// # Errors
    /// [`WorkerError::Busy`] when all slots are taken, [`WorkerError::Ended`] when the thread has
    /// ended (an answer that is still to be received says why). The request comes back.
    pub fn try_send(&self, request: Request) -> Result<(), (Request, WorkerError)> {
        let name = || self.name.clone();
        let Some(requests) = &self.requests else {
            return Err((request, WorkerError::Ended { name: name() }));
        };
        requests.try_send(request).map_err(|e| match e {
            TrySendError::Full(request) => (request, WorkerError::Busy { name: name() }),
            TrySendError::Disconnected(request) => (request, WorkerError::Ended { name: name() }),
        })
    }

    /// The next answer, if one is there.
    ///
    /// # Errors
    /// When initialisation failed, the thread panicked, or it has ended.
    pub fn try_receive(&self) -> Result<Option<Response>, WorkerError> {
        self.receive_timeout(Duration::ZERO)
    }

    /// Waits for the next answer, at most `timeout`; `None` when the time is over.
    ///
    /// # Errors
    /// When initialisation failed, the thread panicked, or it has ended.
    pub fn receive_timeout(&self, timeout: Duration) -> Result<Option<Response>, WorkerError> {
        let ended = || WorkerError::Ended { name: self.name.clone() };
        match self.responses.as_ref().ok_or_else(ended)?.recv_timeout(timeout) {
            Ok(answer) => answer.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
        }
    }

    /// The thread's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl<Request, Response> Drop for Worker<Request, Response> {
    fn drop(&mut self) {
        // Both ends: the thread may be waiting to receive or to send.
        self.requests = None;
        self.responses = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(name = self.name, "worker thread died outside of a request");
        }
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "?".to_owned())
}
