//! A job that does not end though it was told to is reported.

use std::{
    fmt::Write as _,
    future::IntoFuture as _,
    sync::{
        Arc, Mutex, Once, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use easynet::{AsyncBackend as _, cancel::open_cancel_scope, threads::run_in_thread, time::sleep};
use easynet_tests::{Runner, beside_threads, ms, work, work_until};
use tracing::{Event, Metadata, Subscriber, span};

/// Keeps what is logged.
struct Logged;

fn log() -> &'static Mutex<Vec<String>> {
    static LOG: OnceLock<Mutex<Vec<String>>> = OnceLock::new();
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Logged).expect("there is no other"));
    LOG.get_or_init(Mutex::default)
}

fn lines_with(name: &str) -> Vec<String> {
    let lines = log().lock().unwrap();
    lines.iter().filter(|line| line.contains(name)).cloned().collect()
}

struct Text(String);

impl tracing::field::Visit for Text {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Subscriber for Logged {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "easynet"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(format!("{} ", event.metadata().level()));
        event.record(&mut text);
        log().lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// A name that no other run of a test has.
fn name_of_its_own() -> String {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    format!("job number {}.", RUNS.fetch_add(1, SeqCst))
}

/// Runs a job that is told to end, and does when that is so; the lines about it.
fn report(
    runner: Runner,
    abandon: bool,
    grace: Option<std::time::Duration>,
    ends: impl Fn(&str) -> bool + Send + 'static,
) -> Vec<String> {
    let _ = log();
    let name = name_of_its_own();
    let given = name.clone();
    let options = runner.options();
    let options = match grace {
        Some(grace) => options.job_grace(grace),
        None => options,
    };
    let program = async move {
        let scope = open_cancel_scope();
        let (handle, own) = (scope.clone(), given.clone());
        let job = run_in_thread(move || {
            handle.cancel();
            work_until(|| ends(&own));
        });
        let ended = scope
            .run(job.abandon_on_cancel(abandon).named(given).into_future())
            .await;
        assert_eq!(ended.is_none(), abandon);
        sleep(ms(1)).await;
    };
    runner.backend().bootstrap_with(&options, program).unwrap();
    lines_with(&name)
}

beside_threads! {
    fn a_job_that_is_stuck_is_named(runner: Runner) {
        for abandon in [false, true] {
            let lines = report(runner, abandon, Some(ms(2)), |name| !lines_with(name).is_empty());
            let [line] = &lines[..] else { panic!("once: {lines:?}") };
            assert!(line.starts_with("WARN"), "{line}");
            assert!(line.contains("told to end 2ms ago and still runs"), "{line}");
            assert!(line.contains("reports.rs:"), "{line}");
        }
    }

    fn a_job_that_ends_in_time_is_not(runner: Runner) {
        for abandon in [false, true] {
            assert_eq!(report(runner, abandon, None, |_| true), [] as [&str; 0]);
        }
    }

    fn a_panic_of_an_abandoned_job_is_logged(runner: Runner) {
        let _ = log();
        let name = name_of_its_own();
        let given = name.clone();
        runner.run(async move {
            let (scope, left) = (open_cancel_scope(), Arc::new(AtomicBool::new(false)));
            let (handle, until) = (scope.clone(), left.clone());
            let job = run_in_thread(move || -> () {
                handle.cancel();
                work_until(|| until.load(SeqCst));
                panic!("it panics, for a test")
            });
            assert!(scope.run(job.abandon_on_cancel(true).named(given).into_future()).await.is_none());
            left.store(true, SeqCst);
        });
        let lines = lines_with(&name);
        assert!(lines.len() == 1 && lines[0].starts_with("ERROR"), "{lines:?}");
    }
}

/// If nobody says otherwise, it is ten seconds.
#[test]
fn the_grace_is_ten_seconds() {
    for (longer, reports) in [(false, 0), (true, 1)] {
        let lines = Runner::SIM.watch(move |runner| {
            let worked = AtomicUsize::new(0);
            report(runner, true, None, move |_| {
                // Steps of a millisecond, each of which the simulation sees.
                work(ms(98));
                worked.fetch_add(99, SeqCst) > if longer { 11_000 } else { 9_000 }
            })
        });
        assert_eq!(lines.len(), reports, "{lines:?}");
    }
}
