//! Models of all that threads share, explored by loom: every interleaving, up to a bound.
//!
//! Run by `.ci/run loom`. Each model states one promise of the module it belongs to.

mod sync;
mod threads;

use std::{
    collections::VecDeque,
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Wake, Waker},
    time::Instant,
};

use loom::thread;

use crate::{
    cancel::{
        CancelReason,
        deadline::Known,
        handle::{enter, reschedule},
        node::{Attached, Guard, Node},
    },
    executor::{
        places::Bell,
        queue::{Queue, Rest},
    },
    group::core::GroupCore,
    observe::GuardKind,
    task::{
        TaskId, TaskInfo, TaskName,
        state::{Status, TaskState},
    },
};

/// Counts how often it was woken; read only after the threads have been joined.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn waker() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (count.clone(), Waker::from(count))
}

fn woken(count: &Count) -> bool {
    count.0.load(Ordering::SeqCst) > 0
}

fn explore(model: impl Fn() + Sync + Send + 'static) {
    explore_within(5, model);
}

/// For models with so many steps that fewer preemptions have to do.
fn explore_within(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

fn group() -> Arc<GroupCore> {
    GroupCore::new(Location::caller(), None)
}

#[test]
fn a_scope_that_parks_while_it_is_cancelled_sees_it_or_is_woken() {
    explore(|| {
        let node = Node::new();
        let canceller = thread::spawn({
            let node = node.clone();
            move || {
                node.cancel(CancelReason::deadline());
            }
        });
        let (count, waker) = waker();
        node.park(&waker);
        let seen = node.is_cancelled();
        canceller.join().unwrap();
        assert!(seen || woken(&count));
    });
}

#[test]
fn a_node_attached_while_its_parent_is_cancelled_is_cancelled() {
    explore(|| {
        let parent = Node::new();
        let canceller = thread::spawn({
            let parent = parent.clone();
            move || {
                parent.cancel(CancelReason::deadline());
            }
        });
        let child = Attached::detached(Node::new());
        child.attach(Some(parent.clone()));
        canceller.join().unwrap();
        assert!(child.node().is_cancelled());
    });
}

#[test]
fn a_node_that_moves_away_while_its_old_parent_is_cancelled_is_not() {
    explore(|| {
        let (old, new) = (Node::new(), Node::new());
        let child = Attached::detached(Node::new());
        child.attach(Some(old.clone()));
        let canceller = thread::spawn({
            let old = old.clone();
            move || {
                old.cancel(CancelReason::deadline());
            }
        });
        child.attach(Some(new.clone()));
        canceller.join().unwrap();
        assert!(!child.node().is_cancelled());
        new.cancel(CancelReason::deadline());
        assert!(child.node().is_cancelled());
    });
}

#[test]
fn what_is_below_a_node_that_moves_away_goes_with_it() {
    explore(|| {
        let (old, new) = (Node::new(), Node::new());
        let moved = Attached::detached(Node::new());
        moved.attach(Some(old.clone()));
        let below = Attached::detached(Node::new());
        below.attach(Some(moved.node().clone()));
        let canceller = thread::spawn({
            let old = old.clone();
            move || {
                old.cancel(CancelReason::deadline());
            }
        });
        moved.attach(Some(new.clone()));
        canceller.join().unwrap();
        assert!(!below.node().is_cancelled());
        new.cancel(CancelReason::deadline());
        assert!(below.node().is_cancelled());
    });
}

#[test]
fn a_cancelled_scope_sees_its_guard_gone_or_is_woken_by_it() {
    explore(|| {
        let outer = Node::new();
        let inner = Attached::detached(Node::new());
        inner.attach(Some(outer.clone()));
        let guard = Guard::new(inner.node(), GuardKind::Shield);
        let (count, waker) = waker();
        outer.cancel(CancelReason::deadline());
        let holder = thread::spawn(move || drop(guard));
        outer.park(&waker);
        let free = !outer.is_held();
        holder.join().unwrap();
        assert!(free || woken(&count));
        assert!(!outer.is_held());
    });
}

#[test]
fn a_deadline_that_is_moved_while_its_scope_is_entered_and_suspends_is_seen_or_wakes_it() {
    let when = Instant::now();
    explore(move || {
        let node = Node::new();
        let mover = thread::spawn({
            let node = node.clone();
            move || reschedule(&node, Some(when))
        });
        assert!(enter(&node));
        let (count, waker) = waker();
        // As a scope does it: before the body is polled, and once more when it is suspended.
        let deadline = || node.deadline.get(&mut Known::default());
        let before = deadline();
        node.park(&waker);
        let after = deadline();
        mover.join().unwrap();
        assert!(before.or(after).is_some() || woken(&count));
    });
}

#[test]
fn a_guard_that_moves_holds_only_where_it_is() {
    explore(|| {
        let (old, new) = (Node::new(), Node::new());
        let child = Attached::detached(Node::new());
        child.attach(Some(old.clone()));
        let guard = Guard::new(child.node(), GuardKind::Shield);
        let dropper = thread::spawn(move || drop(guard));
        child.attach(Some(new.clone()));
        dropper.join().unwrap();
        assert!(!old.is_held() && !new.is_held() && !child.node().is_held());
    });
}

#[test]
fn a_task_that_parks_while_its_group_is_cancelled_is_told_or_woken() {
    explore(|| {
        let group = group();
        let canceller = thread::spawn({
            let group = group.clone();
            move || group.cancel(CancelReason::deadline())
        });
        let (count, waker) = waker();
        let place = group.park(&waker);
        let told = place.is_none() || group.is_cancelled();
        canceller.join().unwrap();
        assert!(told || woken(&count));
    });
}

#[test]
fn the_last_to_leave_a_group_wakes_the_one_who_waits() {
    explore(|| {
        let group = group();
        assert!(group.enter());
        assert!(group.enter());
        group.leave(); // The body.
        let children: Vec<_> = (0..2)
            .map(|_| {
                let group = group.clone();
                thread::spawn(move || group.leave())
            })
            .collect();
        let (count, waker) = waker();
        let closed = group.poll_closed(&waker);
        children.into_iter().for_each(|child| child.join().unwrap());
        assert!(closed || woken(&count));
        assert!(group.is_closed());
    });
}

#[test]
fn nobody_enters_a_group_that_has_closed() {
    explore(|| {
        let group = group();
        let late = thread::spawn({
            let group = group.clone();
            move || {
                let entered = group.enter();
                if entered {
                    assert!(!group.is_closed());
                    group.leave();
                }
                entered
            }
        });
        group.leave();
        late.join().unwrap();
        assert!(group.is_closed());
        assert!(!group.enter());
    });
}

#[test]
fn an_adopter_waits_for_the_children_of_a_dropped_group_and_no_longer() {
    explore(|| {
        let adopter = group();
        let dropped = group();
        assert!(dropped.follow(Some(&adopter)).is_none());
        assert!(dropped.enter());
        let child = thread::spawn({
            let dropped = dropped.clone();
            let adopter = adopter.clone();
            move || {
                assert!(!adopter.is_closed());
                dropped.leave();
            }
        });
        dropped.abandon();
        let (count, waker) = waker();
        // The body of the adopter cannot end before what it dropped was abandoned.
        let before = adopter.live();
        assert!(before == 1 || before == 2);
        child.join().unwrap();
        assert_eq!(adopter.live(), 1);
        adopter.leave();
        assert!(adopter.poll_closed(&waker));
        drop(count);
    });
}

fn state() -> Arc<TaskState<u32>> {
    TaskState::new(TaskInfo::new(
        TaskId::next(),
        TaskName::Type("model"),
        Location::caller(),
    ))
}

#[test]
fn who_waits_for_a_task_sees_its_end_or_is_woken() {
    explore(|| {
        let state = state();
        let child = thread::spawn({
            let state = state.clone();
            move || {
                state.begin();
                state.end(Status::Returned, Some(7));
            }
        });
        let (count, waker) = waker();
        let mut key = None;
        let mut came = state.register(&mut key, &waker, TaskState::is_done);
        if !came && woken(&count) {
            // Woken by the beginning, perhaps: it looks again.
            count.0.store(0, Ordering::SeqCst);
            came = state.register(&mut key, &waker, TaskState::is_done);
        }
        child.join().unwrap();
        assert!(came || woken(&count));
        assert!(state.is_done());
        assert_eq!(state.take().unwrap(), 7);
    });
}

#[test]
fn a_value_is_taken_once() {
    explore(|| {
        let state = state();
        state.end(Status::Returned, Some(7));
        let takers: Vec<_> = (0..2)
            .map(|_| {
                let state = state.clone();
                thread::spawn(move || state.take().is_ok())
            })
            .collect();
        let taken = takers
            .into_iter()
            .map(|taker| taker.join().unwrap())
            .filter(|taken| *taken);
        assert_eq!(taken.count(), 1);
    });
}

#[test]
fn those_who_are_told_together_while_their_executor_polls_or_goes_to_sleep_are_polled() {
    explore(|| {
        let queue = Arc::<Queue>::default();
        let teller = thread::spawn({
            let queue = queue.clone();
            move || queue.tell(vec![0])
        });
        let (count, waker) = waker();
        let mut turn = VecDeque::new();
        queue.take(&mut turn);
        let seen = turn.pop_front().is_some();
        let rest = queue.sleep(&waker);
        teller.join().unwrap();
        assert!(seen || rest == Rest::Busy || woken(&count));
        queue.take(&mut turn);
        assert!(seen || turn.pop_front().is_some());
        assert_eq!(queue.take_rows(), [0]);
    });
}

#[test]
fn a_task_that_is_woken_while_its_executor_polls_it_or_goes_to_sleep_is_polled_again() {
    explore(|| {
        let queue = Arc::<Queue>::default();
        let bell = Bell::new(0, &queue);
        let done = Arc::new(loom::sync::atomic::AtomicBool::new(false));
        let ringer = thread::spawn({
            let (bell, done) = (bell.clone(), done.clone());
            move || {
                done.store(true, loom::sync::atomic::Ordering::Relaxed);
                bell.wake();
            }
        });
        bell.wake_by_ref();
        let (count, waker) = waker();
        let mut turn = VecDeque::new();
        queue.take(&mut turn);
        // The other may have rung first, and be about to put it in.
        let seen = turn.pop_front().is_some_and(|_| {
            bell.still();
            done.load(loom::sync::atomic::Ordering::Relaxed)
        });
        let rest = queue.sleep(&waker);
        ringer.join().unwrap();
        assert!(seen || rest == Rest::Busy || woken(&count));
        queue.take(&mut turn);
        assert!(seen || turn.pop_front().is_some_and(|item| item.started.is_none()));
    });
}
