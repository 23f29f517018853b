//! What only shows inside: when threads begin and end.

use std::{
    sync::{Barrier, mpsc},
    task::{Context, Poll},
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
    fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> impl Fn() -> Poll<T> {
        let piece = Piece::new(job);
        self.0.push(piece.clone());
        let running = Mutex::new(Running::new(piece));
        move || {
            let mut running = running.lock().unwrap();
            let polled =
                std::pin::Pin::new(&mut *running).poll(&mut Context::from_waker(std::task::Waker::noop()));
            polled.map(|value| value.unwrap())
        }
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
            pool.run(move || drop(met.wait()))
        })
        .collect();
    jobs.iter().for_each(|job| until(|| job().is_ready()));
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
        let job = pool.run(|| ());
        until(|| job().is_ready());
        until(|| pool.0.lock().sleeping.len() == 1);
    }
    assert_eq!(pool.0.lock().threads, 1);
}

#[test]
fn threads_that_were_idle_for_too_long_end_and_jobs_that_come_meanwhile_run() {
    let pool = pool(8, Duration::ZERO);
    for n in 0..1000 {
        let job = pool.run(move || n);
        until(|| job().is_ready());
    }
    until(|| pool.0.lock().threads == 0);
    let line = pool.0.lock();
    assert_eq!((line.looking, line.sleeping.len(), line.jobs.len()), (0, 0, 0));
}

#[test]
fn a_job_that_panics_leaves_its_thread_to_the_others() {
    let pool = pool(1, KEEP_ALIVE);
    let piece = Piece::new(|| panic!("it panics, for a test"));
    pool.0.push(piece.clone());
    let mut running: Running<_, ()> = Running::new(piece);
    let mut poll =
        || std::pin::Pin::new(&mut running).poll(&mut Context::from_waker(std::task::Waker::noop()));
    loop {
        if let Poll::Ready(value) = poll() {
            assert!(value.is_err());
            break;
        }
        thread::yield_now();
    }
    let job = pool.run(|| 42);
    until(|| job() == Poll::Ready(42));
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
