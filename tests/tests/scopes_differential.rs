//! Programs of nested scopes, made at random: what they do does not depend on how a scope is kept, nor on who polls.
//!
//! Scopes without a node are light, those with a handle have one, and frames are made of light ones in the midst of others when
//! a guard needs a node. None of that is to be seen.
#![forbid(unsafe_code)]

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use easynet::{
    BuiltinBackend, TaskGroup,
    cancel::{
        CancelScope, catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope,
        open_cancel_scope_after,
    },
    task::create_task_group,
    time::{coro_yield, current_time, move_on_after, sleep, timeout},
};
use easynet_tests::{LONG, Runner, ms, watched};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use proptest::prelude::*;

type Body = BoxFuture<'static, ()>;

#[derive(Debug, Clone)]
enum Step {
    Yield,
    Sleep(u64),
    Look,
    /// Of the scopes with handles, the innermost first.
    Cancel(usize),
    Reschedule(usize, u64),
    Panic,
    Timeout(u64, Vec<Step>),
    Handle(Option<u64>, Vec<Step>),
    Shield(Vec<Step>),
    Catch(Vec<Step>),
    /// The body and a child do the same.
    Group(Vec<Step>),
    CatchPanic(Vec<Step>),
}

/// So long, in milliseconds, that hardly two things come at one moment: what is first then is not said.
const MOMENTS: std::ops::Range<u64> = 1..100_000;

fn leaf() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Yield),
        3 => MOMENTS.prop_map(Step::Sleep),
        3 => Just(Step::Look),
        2 => (0..3_usize).prop_map(Step::Cancel),
        1 => (0..3_usize, MOMENTS).prop_map(|(which, delay)| Step::Reschedule(which, delay)),
        1 => Just(Step::Panic),
    ]
}

fn program() -> impl Strategy<Value = Vec<Step>> {
    let step = leaf().prop_recursive(6, 40, 4, |inner| {
        let body = prop::collection::vec(inner, 0..4);
        prop_oneof![
            3 => (MOMENTS, body.clone()).prop_map(|(delay, body)| Step::Timeout(delay, body)),
            1 => body.clone().prop_map(|body| Step::Timeout(0, body)),
            2 => (prop::option::of(MOMENTS), body.clone()).prop_map(|(delay, body)| Step::Handle(delay, body)),
            2 => body.clone().prop_map(Step::Shield),
            2 => body.clone().prop_map(Step::Catch),
            2 => body.clone().prop_map(Step::Group),
            1 => body.prop_map(Step::CatchPanic),
        ]
    });
    prop::collection::vec(step, 1..5)
}

/// How scopes are kept, and who polls their bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    AsItIs,
    /// Each timeout has a handle, and so a node.
    WithHandles,
    /// Each body is deep inside of light scopes.
    AmongLight,
    /// Each body is polled with a waker of its own.
    ForeignWakers,
    /// All of that.
    Mixed,
}

/// What each task has to say, in its order.
type Log = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// Where a step is run.
#[derive(Clone)]
struct Place {
    way: Way,
    task: String,
    start: Instant,
    handles: Vec<CancelScope<BuiltinBackend>>,
    log: Log,
}

fn alone(body: Body) -> Body {
    let mut bodies = FuturesUnordered::from_iter([body]);
    async move { bodies.next().await.unwrap_or_default() }.boxed()
}

impl Place {
    fn say(&self, what: impl std::fmt::Debug) {
        let line = format!("{:?} {what:?} {}", current_time() - self.start, is_cancelled());
        self.log
            .lock()
            .unwrap()
            .entry(self.task.clone())
            .or_default()
            .push(line);
    }

    /// A body that runs here.
    fn body(&self, steps: Vec<Step>) -> Body {
        let place = self.clone();
        let body = async move {
            for step in steps {
                place.run(step).await;
            }
        }
        .boxed();
        match self.way {
            Way::AsItIs | Way::WithHandles => body,
            Way::AmongLight => timeout(LONG * 999, move_on_after(LONG * 999, timeout(LONG * 999, body)))
                .map(drop)
                .boxed(),
            Way::ForeignWakers => alone(body),
            Way::Mixed => {
                let body = open_cancel_scope().run(timeout(LONG * 999, body)).map(drop);
                alone(move_on_after(LONG * 999, body).map(drop).boxed())
            }
        }
    }

    /// The body of a child or of a group, which no handle from outside cancels at a moment of its own.
    fn task(&self, name: &str, steps: Vec<Step>) -> Body {
        let mut place = self.clone();
        place.task.push_str(name);
        place.handles.clear();
        AssertUnwindSafe(place.body(steps))
            .catch_unwind()
            .map(drop)
            .boxed()
    }

    async fn run(&self, step: Step) {
        match step {
            Step::Yield => coro_yield().await,
            Step::Sleep(delay) => sleep(ms(delay)).await,
            Step::Look => {}
            Step::Cancel(which) => self.handles.get(which).into_iter().for_each(CancelScope::cancel),
            Step::Reschedule(which, delay) => {
                let handle = self.handles.get(which).into_iter();
                handle.for_each(|handle| handle.reschedule(current_time() + ms(delay)));
            }
            Step::Panic => resume_unwind(Box::new("P")),
            Step::Timeout(delay, steps) => self.time_out(ms(delay), self.body(steps)).await,
            Step::Handle(delay, steps) => self.handle(delay, steps).await,
            Step::Shield(steps) => ignore_cancellation(self.body(steps)).await,
            Step::Catch(steps) => {
                let caught = catch_cancelled(self.body(steps)).await;
                self.say(("caught", caught.is_err()));
            }
            Step::Group(steps) => {
                let (child, body) = (self.task("c", steps.clone()), self.task("b", steps));
                let group: TaskGroup = create_task_group();
                group.start_soon(child);
                self.say(("group", group.run(body).await.is_ok()));
            }
            Step::CatchPanic(steps) => {
                let caught = AssertUnwindSafe(self.body(steps)).catch_unwind().await;
                self.say(("panicked", caught.is_err()));
            }
        }
        self.say("goes on");
    }

    async fn time_out(&self, delay: Duration, body: Body) {
        let ended = match self.way {
            Way::WithHandles => open_cancel_scope_after(delay).run(body).await,
            _ => move_on_after(delay, body).await,
        };
        self.say(("ended in time", ended.is_some()));
    }

    async fn handle(&self, delay: Option<u64>, steps: Vec<Step>) {
        let scope = delay.map_or_else(open_cancel_scope, |delay| open_cancel_scope_after(ms(delay)));
        let mut inside = self.clone();
        inside.handles.insert(0, scope.clone());
        scope.run(inside.body(steps)).await;
        self.say((
            "called and caught",
            scope.cancel_called(),
            scope.cancelled_caught(),
        ));
    }
}

/// What a program does.
fn trace(runner: Runner, way: Way, steps: &[Step]) -> BTreeMap<String, Vec<String>> {
    let (log, steps) = (Log::default(), steps.to_vec());
    let own = log.clone();
    let program = async move {
        let place = Place {
            way,
            task: String::new(),
            start: current_time(),
            handles: Vec::new(),
            log: own,
        };
        let panicked = AssertUnwindSafe(place.body(steps)).catch_unwind().await.is_err();
        place.say(("ends", panicked));
    };
    // A program that hangs is one that does something else.
    watched(move || runner.run(program));
    std::mem::take(&mut *log.lock().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_scopes_do_does_not_depend_on_how_they_are_kept(steps in program()) {
        let expected = trace(Runner::TOKIO_CURRENT_THREAD, Way::AsItIs, &steps);
        for way in [Way::AsItIs, Way::WithHandles, Way::AmongLight, Way::ForeignWakers, Way::Mixed] {
            for runner in [Runner::TOKIO_CURRENT_THREAD, Runner::SIM] {
                prop_assert_eq!(&trace(runner, way, &steps), &expected, "{:?} {:?}", way, runner);
            }
        }
    }
}
