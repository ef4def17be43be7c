//! Threads for work that must not take time from frames.

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Added to the niceness of the threads: where frames want the processor, they get about three times
/// as much of it.
#[cfg(target_os = "linux")]
const NICER: i32 = 5;

/// A rayon pool whose threads have a lower priority than the rest of the program (on Linux; the
/// same one elsewhere). What runs in it keeps to its threads.
#[derive(Debug)]
pub struct BackgroundPool(ThreadPool);

impl BackgroundPool {
    /// A pool of so many threads, at least one.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn new(name: &'static str, threads: usize) -> Result<Self, String> {
        ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(move |number| format!("{name}-{number}"))
            .start_handler(|_| give_way())
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Runs `work` on the pool and waits for it. A panic in it goes on in the caller.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(work)
    }
}

/// Lowers the calling thread's priority.
#[cfg(target_os = "linux")]
fn give_way() {
    // SAFETY: both calls take and return plain numbers; 0 is the calling thread.
    let refused = unsafe {
        let nice = libc::getpriority(libc::PRIO_PROCESS, 0);
        libc::setpriority(libc::PRIO_PROCESS, 0, nice + NICER) != 0
    };
    if refused {
        tracing::debug!("a background thread keeps the priority it was started with");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests {
    use super::BackgroundPool;

    #[test]
    fn its_threads_give_way_and_work_stays_on_them() {
        let pool = BackgroundPool::new("test-background", 2).expect("threads");
        let (name, threads) = pool.run(|| {
            let name = std::thread::current().name().map(str::to_owned);
            (name, rayon::current_num_threads())
        });
        assert_eq!(threads, 2);
        assert!(name.is_some_and(|name| name.starts_with("test-background-")));
        #[cfg(target_os = "linux")]
        {
            // SAFETY: as in `give_way`.
            let nice = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
            assert_eq!(pool.run(nice), (nice() + super::NICER).min(19));
        }
    }
}
