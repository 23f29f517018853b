//! What only shows inside: when threads begin and end.

use std::{
    pin::Pin,
    sync::{Barrier, mpsc},
    task::{Context, Poll, Waker},
};

use super::*;

fn pool(limit: usize, keep_alive: Duration) -> Pool {
    Pool(Arc::new(Shared {
        runtime: OnceLock::new(),
        name: "test".to_owned(),
        limit,
        keep_alive,
        line: Mutex::default(),
    }))
}

impl Pool {
    /// Runs a job; asked, it says whether that has ended, and how.
    fn run<J, T>(&self, job: J) -> impl Fn() -> Poll<thread::Result<T>> + use<J, T>
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let piece = Piece::new(job);
        self.0.push(piece.clone());
        let running = RefCell::new(Running::new(piece));
        move || {
            let polled = Pin::new(&mut *running.borrow_mut()).poll(&mut Context::from_waker(Waker::noop()));
            polled.map(|ended| ended.unwrap_or_else(|_| panic!("it was given back")))
        }
    }
}

/// Waits for a job.
fn value<T>(job: impl Fn() -> Poll<thread::Result<T>>) -> thread::Result<T> {
    loop {
        if let Poll::Ready(value) = job() {
            return value;
        }
        thread::yield_now();
    }
}

fn until(what: impl Fn() -> bool) {
    while !what() {
        thread::yield_now();
    }
}

#[test]
fn jobs_that_wait_for_each_other_get_a_thread_each() {
    let (pool, met) = (pool(8, KEEP_ALIVE), Arc::new(Barrier::new(8)));
    let jobs: Vec<_> = (0..8)
        .map(|_| {
            let met = met.clone();
            pool.run(move || met.wait())
        })
        .collect();
    for job in jobs {
        value(job).unwrap();
    }
    assert_eq!(pool.0.lock().threads, 8);
}

#[test]
fn there_are_no_more_threads_than_the_limit_and_all_jobs_run() {
    let (pool, (sender, receiver)) = (pool(2, KEEP_ALIVE), mpsc::channel());
    for n in 0..1000 {
        let sender = sender.clone();
        let _detached = pool.run(move || sender.send(n).unwrap());
        assert!(pool.0.lock().threads <= 2);
    }
    drop(sender);
    let mut ran: Vec<_> = receiver.iter().collect();
    ran.sort_unstable();
    assert_eq!(ran, (0..1000).collect::<Vec<_>>());
}

#[test]
fn an_idle_thread_serves_the_next_job() {
    let pool = pool(8, KEEP_ALIVE);
    for _ in 0..100 {
        value(pool.run(|| ())).unwrap();
        until(|| pool.0.lock().sleeping.len() == 1);
    }
    assert_eq!(pool.0.lock().threads, 1);
}

#[test]
fn threads_that_were_idle_for_too_long_end_and_jobs_that_come_meanwhile_run() {
    let pool = pool(8, Duration::ZERO);
    for n in 0..1000 {
        assert_eq!(value(pool.run(move || n)).unwrap(), n);
    }
    until(|| pool.0.lock().threads == 0);
    let line = pool.0.lock();
    assert_eq!((line.looking, line.sleeping.len(), line.jobs.len()), (0, 0, 0));
}

#[test]
fn a_job_that_panics_leaves_its_thread_to_the_others() {
    let pool = pool(1, KEEP_ALIVE);
    let job: fn() = || panic!("it panics, for a test");
    assert!(value(pool.run(job)).is_err());
    assert_eq!(value(pool.run(|| 42)).unwrap(), 42);
    assert_eq!(pool.0.lock().threads, 1);
}

#[test]
fn jobs_that_rely_on_a_thread_that_cannot_be_started_are_refused_too() {
    let pool = pool(8, KEEP_ALIVE);
    let count = |by: fn(&mut usize)| {
        let mut line = pool.0.lock();
        by(&mut line.threads);
        by(&mut line.looking);
    };
    // Somebody else has just sent for a thread, which fails.
    count(|n| *n += 1);
    let captured = Arc::new(());
    let own = captured.clone();
    let job = pool.run(move || drop(own));
    assert!(job().is_pending());
    count(|n| *n -= 1);
    pool.0.refuse(&io::Error::other("there is no room"));
    assert_eq!(Arc::strong_count(&captured), 1);
    assert!(catch_unwind(AssertUnwindSafe(job)).is_err());
    assert_eq!(value(pool.run(|| 42)).unwrap(), 42);
}

#[test]
fn closing_gives_back_what_somebody_waits_for() {
    let pool = pool(1, KEEP_ALIVE);
    let (go, wait) = mpsc::channel::<()>();
    let _busy = pool.run(move || wait.recv());
    let job = |value: i32| move || value;
    let piece = Piece::new(job(42));
    pool.0.push(piece.clone());
    let shared = pool.0.clone();
    drop(pool);
    let late = Piece::new(job(43));
    shared.push(late.clone());
    for (piece, value) in [(piece, 42), (late, 43)] {
        let left = piece.take_result().expect("it is given back");
        let Err(job) = left else { panic!("it ran") };
        assert_eq!(job(), value);
    }
    go.send(()).unwrap();
}

#[test]
fn closing_drops_what_waits_and_lets_the_threads_end() {
    struct Dropped(mpsc::Sender<&'static str>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }
    let pool = pool(1, KEEP_ALIVE);
    let shared = Arc::downgrade(&pool.0);
    let (go, wait) = mpsc::channel::<()>();
    let (began, has_begun) = mpsc::channel();
    let _first = pool.run(move || {
        began.send(()).unwrap();
        wait.recv().unwrap();
    });
    has_begun.recv().unwrap();
    let (says, heard) = mpsc::channel();
    let ran = says.clone();
    let captured = Dropped(says);
    drop(pool.run(move || {
        let _captured = captured;
        ran.send("ran").unwrap();
    }));
    drop(pool);
    assert_eq!(heard.iter().collect::<Vec<_>>(), ["dropped"]);
    go.send(()).unwrap();
    until(|| shared.strong_count() == 0);
}
