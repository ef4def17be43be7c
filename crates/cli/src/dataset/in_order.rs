//! Work done side by side, results taken in order.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

struct State<T> {
    /// The next number that nobody works on.
    next: u64,
    /// The next number to be taken.
    due: u64,
    ready: BTreeMap<u64, T>,
}

/// Calls `make` for every number, on as many threads as there are workers, and `take` with each
/// result in order, on this thread. Ends with the first error of either; then `make` is told to
/// stop by its second argument. Workers keep at most two results each ahead of what is due.
///
/// # Errors
/// The first error, in order.
pub fn in_order<T: Send, E: Send>(
    numbers: Range<u64>,
    workers: usize,
    make: impl Fn(u64, &AtomicBool) -> Result<T, E> + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let (stop, changed) = (AtomicBool::new(false), Condvar::new());
    let state =
        Mutex::new(State { next: numbers.start, due: numbers.start, ready: BTreeMap::new() });
    let ahead = 2 * workers.max(1) as u64;
    let stopped = || stop.load(Ordering::SeqCst);
    let work = || {
        // However a worker ends, nobody waits for it.
        let _end = StopOnPanic { stop: &stop, changed: &changed };
        loop {
            let mut guard = wait(&changed, lock(&state), |s| {
                !stopped() && s.next < numbers.end && s.next >= s.due + ahead
            });
            if stopped() || guard.next >= numbers.end {
                return;
            }
            let number = guard.next;
            guard.next += 1;
            drop(guard);
            let result = make(number, &stop);
            lock(&state).ready.insert(number, result);
            changed.notify_all();
        }
    };
    let mut collect = || {
        for number in numbers.clone() {
            let missing = |s: &State<_>| !stopped() && !s.ready.contains_key(&number);
            let result = wait(&changed, lock(&state), missing).ready.remove(&number);
            // Nothing comes from a worker that panicked; the scope below passes that on.
            let Some(result) = result else { return Ok(()) };
            take(result?)?;
            lock(&state).due = number + 1;
            changed.notify_all();
        }
        Ok(())
    };
    thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            scope.spawn(work);
        }
        let outcome = collect();
        // With the lock, so that nobody is between looking and waiting.
        let guard = lock(&state);
        stop.store(true, Ordering::SeqCst);
        drop(guard);
        changed.notify_all();
        outcome
    })
}

struct StopOnPanic<'a> {
    stop: &'a AtomicBool,
    changed: &'a Condvar,
}

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.stop.store(true, Ordering::SeqCst);
            self.changed.notify_all();
        }
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a, T>(
    changed: &Condvar,
    guard: MutexGuard<'a, State<T>>,
    mut condition: impl FnMut(&State<T>) -> bool,
) -> MutexGuard<'a, State<T>> {
    changed.wait_while(guard, |s| condition(s)).unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_come_in_order_and_not_far_ahead() {
        let (mut taken, most) = (Vec::new(), Mutex::new(0));
        let due = Mutex::new(3);
        let made = in_order(
            3..40,
            3,
            |number, _| {
                // Some take longer than others.
                thread::sleep(Duration::from_micros(number * 7919 % 900));
                let ahead = number - *due.lock().unwrap_or_else(PoisonError::into_inner);
                let mut most = most.lock().unwrap_or_else(PoisonError::into_inner);
                *most = ahead.max(*most);
                Ok::<_, String>(number)
            },
            |number| {
                *due.lock().unwrap_or_else(PoisonError::into_inner) = number;
                taken.push(number);
                Ok(())
            },
        );
        assert_eq!(made, Ok(()));
        assert_eq!(taken, (3..40).collect::<Vec<_>>());
        assert!(most.into_inner().is_ok_and(|most| most <= 7));
    }

    #[test]
    fn the_first_error_in_order_ends_it() {
        for workers in 1..4 {
            let mut taken = Vec::new();
            let make = |number: u64, _: &AtomicBool| {
                if number % 5 == 4 { Err(format!("no {number}")) } else { Ok(number) }
            };
            let outcome = in_order(0..1_000_000, workers, make, |number| {
                taken.push(number);
                Ok(())
            });
            assert_eq!((outcome, taken), (Err("no 4".to_owned()), vec![0, 1, 2, 3]));
        }
        let outcome = in_order(
            0..1_000_000,
            2,
            |number, _| Ok(number),
            |number| if number == 9 { Err("full") } else { Ok(()) },
        );
        assert_eq!(outcome, Err("full"));
        assert_eq!(in_order(5..5, 2, |n, _| Ok::<_, String>(n), |_| Ok(())), Ok(()));
    }
}
