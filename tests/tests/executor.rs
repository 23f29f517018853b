//! Many tasks in one task of the runtime: the executor for backends on one thread, and what tokio's tasks notice of it.
#![forbid(unsafe_code)]

use std::{
    cell::Cell,
    future::{pending, poll_fn, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use allocation_counter::measure;
use easynet::{
    AsyncBackend, Flavor, RunnerOptions, TaskGroup,
    cancel::open_cancel_scope,
    net::{
        AsyncDatagramListener, AsyncDatagramSender, UnixAddress, create_udp_listeners,
        create_unix_datagram_listener,
    },
    new_builtin_backend,
    task::create_task_group,
    time::coro_yield,
};
use easynet_core::executor::Executor;
use easynet_tests::{Directory, Runner};

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Polls an executor once, as long as `goes_on`.
fn poll(executor: &mut Executor, waker: &Waker, goes_on: impl Fn() -> bool) -> Poll<()> {
    executor.poll(&mut Context::from_waker(waker), goes_on)
}

/// Suspends so many times, and wakes itself.
async fn turns(mut turns: usize) {
    poll_fn(|cx| {
        if turns == 0 {
            return Poll::Ready(());
        }
        turns -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn a_sleeping_executor_is_woken_once_for_all_that_comes() {
    let (count, mut executor) = (Arc::new(Count::default()), Executor::new());
    let waker = Waker::from(count.clone());
    assert!(poll(&mut executor, &waker, || true).is_pending());
    for _ in 0..3 {
        executor.spawner().spawn(ready(()));
    }
    assert_eq!(count.0.load(SeqCst), 1);
    assert!(poll(&mut executor, &waker, || true).is_pending());
    assert_eq!(count.0.load(SeqCst), 1);
}

#[test]
fn a_task_that_wakes_itself_has_the_others_run_first() {
    let (order, mut executor) = (Arc::new(Mutex::new(String::new())), Executor::new());
    for name in ["a", "b", "c"] {
        let order = order.clone();
        executor.spawner().spawn(async move {
            for _ in 0..2 {
                order.lock().unwrap().push_str(name);
                turns(1).await;
            }
        });
    }
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    assert_eq!(*order.lock().unwrap(), "abcabc");
}

/// The wake-up of one that has ended is in the queue yet when the next takes its place.
#[test]
fn a_task_in_a_place_that_was_rung_for_another_has_one_turn_as_the_others() {
    let (order, mut executor) = (Arc::new(Mutex::new(String::new())), Executor::new());
    let (own, spawner) = (order.clone(), executor.spawner().clone());
    executor.spawner().spawn(async move {
        turns(1).await;
        let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        std::thread::spawn(move || waker.wake()).join().unwrap();
        for name in ["a", "b"] {
            let order = own.clone();
            spawner.spawn(async move {
                for _ in 0..40 {
                    order.lock().unwrap().push_str(name);
                    turns(1).await;
                }
            });
        }
    });
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    let order = order.lock().unwrap();
    // Once it is polled for nothing, by the wake-up that was for the other.
    assert!(order.matches("aa").count() <= 1, "{order}");
}

#[test]
fn c3_a_task_that_wakes_itself_and_is_woken_by_others_has_one_turn_as_they_have() {
    const TURNS: usize = 100;
    let mut executor = Executor::new();
    let (told, polled) = (Arc::new(Mutex::new(None::<Waker>)), Arc::new(AtomicUsize::new(0)));
    let ended = Arc::new(AtomicBool::new(false));
    let (of_task, count, ends) = (told.clone(), polled.clone(), ended.clone());
    executor.spawner().spawn(poll_fn(move |cx| {
        if ends.load(SeqCst) {
            return Poll::Ready(());
        }
        count.fetch_add(1, SeqCst);
        *of_task.lock().unwrap() = Some(cx.waker().clone());
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    let mut left = TURNS;
    executor.spawner().spawn(poll_fn(move |cx| {
        left -= 1;
        if left == 0 {
            ended.store(true, SeqCst);
            return Poll::Ready(());
        }
        if let Some(waker) = &*told.lock().unwrap() {
            waker.wake_by_ref();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    let polled = polled.load(SeqCst);
    assert!(
        polled.abs_diff(TURNS) <= 2,
        "{polled} turns, beside {TURNS} of the other"
    );
}

/// More tasks that never wait than have their turn in one poll do not keep a cancellation from those that wait.
#[test]
fn c1_tasks_that_wait_end_beside_many_that_never_do() {
    Runner::TOKIO_CURRENT_THREAD.run(async {
        let over = Arc::new(AtomicBool::new(false));
        let (busy, waiting): (TaskGroup, TaskGroup) = (create_task_group(), create_task_group());
        let ended = busy.run(async {
            for _ in 0..600 {
                let over = over.clone();
                busy.start_soon(async move {
                    while !over.load(SeqCst) {
                        turns(1).await;
                    }
                });
            }
            let scope = open_cancel_scope();
            let cancelled = scope.run(waiting.run(async {
                for _ in 0..3 {
                    waiting.start_soon(pending::<()>());
                }
                turns(3).await;
                scope.cancel();
                pending::<()>().await
            }));
            assert!(cancelled.await.is_none());
            over.store(true, SeqCst);
        });
        ended.await.unwrap();
    });
}

/// Two reasons to poll it are one: what it awaits next is not over before others have run.
#[test]
fn c3_a_task_that_waits_for_its_turn_and_is_woken_by_another_is_polled_once_for_both() {
    let (order, mut executor) = (Arc::new(Mutex::new(String::new())), Executor::new());
    let told = Arc::new(Mutex::new(None::<Waker>));
    let (of_task, own, spawner) = (told.clone(), order.clone(), executor.spawner().clone());
    executor.spawner().spawn(async move {
        turns(1).await;
        let waker = told.lock().unwrap().take();
        waker.expect("the other has had its turn").wake();
    });
    executor.spawner().spawn(async move {
        let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        *of_task.lock().unwrap() = Some(waker);
        // The other is polled first in the next round, and wakes it.
        turns(1).await;
        let begun = own.clone();
        spawner.spawn(async move { begun.lock().unwrap().push_str("begun ") });
        turns(1).await;
        own.lock().unwrap().push_str("has waited");
    });
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    assert_eq!(*order.lock().unwrap(), "begun has waited");
}

#[test]
fn tasks_that_were_not_reached_are_first_in_the_next_turn() {
    let (order, mut executor) = (Arc::new(Mutex::new(String::new())), Executor::new());
    for name in 'a'..='j' {
        let order = order.clone();
        executor.spawner().spawn(async move {
            order.lock().unwrap().push(name);
            turns(1).await;
            order.lock().unwrap().push(name);
        });
    }
    // It is asked before the first, and after the eighth.
    let first = Cell::new(true);
    let once = || first.replace(false);
    assert!(poll(&mut executor, Waker::noop(), once).is_ready());
    assert_eq!(*order.lock().unwrap(), "abcdefgh");
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    assert_eq!(*order.lock().unwrap(), "abcdefghijabcdefghij");
}

#[test]
fn a_panic_resumes_and_leaves_the_other_tasks_alone() {
    let (ended, mut executor) = (Arc::new(AtomicBool::new(false)), Executor::new());
    executor.spawner().spawn(async { panic!("P") });
    let own = ended.clone();
    executor.spawner().spawn(async move { own.store(true, SeqCst) });
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _ = poll(&mut executor, Waker::noop(), || true);
    }));
    assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "P");
    assert!(poll(&mut executor, Waker::noop(), || true).is_pending());
    assert!(ended.load(SeqCst));
}

#[test]
fn tasks_are_dropped_with_their_executor_and_when_they_come_too_late() {
    let (alive, executor) = (Arc::new(()), Executor::new());
    let spawner = executor.spawner().clone();
    let task = |alive: Arc<()>| async move {
        pending::<()>().await;
        drop(alive);
    };
    spawner.spawn(task(alive.clone()));
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(executor);
    assert_eq!(Arc::strong_count(&alive), 1);
    spawner.spawn(task(alive.clone()));
    assert_eq!(Arc::strong_count(&alive), 1);
}

/// Places are given up when many have been waiting and nobody is left. A waker that was kept finds its place gone, or taken.
#[test]
fn a_waker_that_is_used_long_after_its_task_has_ended_wakes_nobody() {
    let (wakers, mut executor) = (Arc::new(Mutex::new(Vec::<Waker>::new())), Executor::new());
    let many = |wakers: &Arc<Mutex<Vec<Waker>>>, executor: &Executor| {
        for _ in 0..5_000 {
            let (wakers, mut begun) = (wakers.clone(), false);
            executor.spawner().spawn(poll_fn(move |cx| {
                if std::mem::replace(&mut begun, true) {
                    return Poll::Ready(());
                }
                wakers.lock().unwrap().push(cx.waker().clone());
                Poll::Pending
            }));
        }
    };
    many(&wakers, &executor);
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    wakers.lock().unwrap().iter().for_each(Waker::wake_by_ref);
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    wakers.lock().unwrap().iter().for_each(Waker::wake_by_ref);
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    let old = std::mem::take(&mut *wakers.lock().unwrap());
    many(&wakers, &executor);
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    old.iter().for_each(Waker::wake_by_ref);
    wakers.lock().unwrap().drain(..).for_each(Waker::wake);
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    assert_eq!(wakers.lock().unwrap().len(), 0);
}

/// How many bytes an executor holds more than before, when so many tasks have waited at a time, beside one that still does.
fn bytes_left_by_many(executor: &mut Executor) -> i64 {
    let many = || {
        let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
        for _ in 0..20_000 {
            let (wakers, mut begun) = (wakers.clone(), false);
            executor.spawner().spawn(poll_fn(move |cx| {
                if std::mem::replace(&mut begun, true) {
                    return Poll::Ready(());
                }
                wakers.lock().unwrap().push(cx.waker().clone());
                Poll::Pending
            }));
        }
        while poll(executor, Waker::noop(), || true).is_ready() {}
        wakers.lock().unwrap().drain(..).for_each(Waker::wake);
        // It is woken often afterwards, for the one that waits or for nothing.
        for _ in 0..5_000 {
            while poll(executor, Waker::noop(), || true).is_ready() {}
        }
    };
    measure(many).bytes_current
}

/// T4: the program itself waits in the executor of its runtime, so that there is always one who does.
#[test]
fn tasks_that_have_ended_leave_little_memory_behind_beside_one_that_waits() {
    let mut executor = Executor::new();
    executor.spawner().spawn(pending());
    assert!(poll(&mut executor, Waker::noop(), || true).is_pending());
    for _ in 0..2 {
        let left = bytes_left_by_many(&mut executor);
        assert!(left < 200_000, "{left} bytes are left");
    }
}

/// As a runtime does it: one who is woken in the midst of its own poll is next when that is over, behind those it has started until then.
#[test]
fn a_task_that_is_woken_while_it_is_polled_follows_those_that_it_starts() {
    let (order, mut executor) = (Arc::new(Mutex::new(String::new())), Executor::new());
    let (spawner, own, mut begun) = (executor.spawner().clone(), order.clone(), 0);
    executor.spawner().spawn(poll_fn(move |cx| {
        own.lock().unwrap().push('a');
        begun += 1;
        if begun == 3 {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        let own = own.clone();
        spawner.spawn(async move { own.lock().unwrap().push('b') });
        Poll::Pending
    }));
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    assert_eq!(*order.lock().unwrap(), "ababa");
}

/// What one starts from within is polled in the order of starting, whichever way it came.
#[test]
fn tasks_that_are_started_by_a_task_follow_those_that_were_woken_before() {
    let (order, mut executor) = (Arc::new(Mutex::new(String::new())), Executor::new());
    let say = |order: &Arc<Mutex<String>>, what: &'static str| {
        let order = order.clone();
        async move { order.lock().unwrap().push_str(what) }
    };
    let (spawner, own) = (executor.spawner().clone(), order.clone());
    executor.spawner().spawn(async move {
        let (first, second) = (say(&own, "b"), say(&own, "d"));
        spawner.spawn(first);
        turns(1).await;
        own.lock().unwrap().push('c');
        spawner.spawn(second);
    });
    executor.spawner().spawn(say(&order, "a"));
    while poll(&mut executor, Waker::noop(), || true).is_ready() {}
    assert_eq!(*order.lock().unwrap(), "abcd");
}

/// Children that are always ready, until the flag is set.
async fn busy_until(ended: Arc<AtomicBool>, group: &TaskGroup<'_>) {
    for _ in 0..300 {
        let ended = ended.clone();
        group.start_soon(async move {
            while !ended.load(SeqCst) {
                coro_yield().await;
            }
        });
    }
}

#[test]
fn tasks_of_tokio_have_their_turn_among_children_that_never_wait() {
    Runner::TOKIO_CURRENT_THREAD.run(async {
        let ended = Arc::new(AtomicBool::new(false));
        let own = ended.clone();
        let counting = tokio::spawn(async move {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            own.store(true, SeqCst);
        });
        let group: TaskGroup = create_task_group();
        group.run(busy_until(ended, &group)).await.unwrap();
        counting.await.unwrap();
    });
}

/// On the real clock: a paused one goes on only when nothing can run.
#[test]
fn time_goes_on_for_tokio_among_children_that_never_wait() {
    let options = RunnerOptions::new().flavor(Flavor::CurrentThread);
    let backend = new_builtin_backend("tokio").unwrap();
    let program = async {
        let ended = Arc::new(AtomicBool::new(false));
        let own = ended.clone();
        let sleeping = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            own.store(true, SeqCst);
        });
        let group: TaskGroup = create_task_group();
        group.run(busy_until(ended, &group)).await.unwrap();
        sleeping.await.unwrap();
    };
    backend.bootstrap_with(&options, program).unwrap();
}

/// One who uses up the budget that tokio gives to a task is stopped by it; the children share the budget of their host.
#[test]
fn a_child_that_never_waits_for_tokios_resources_leaves_the_others_their_turn() {
    Runner::TOKIO_CURRENT_THREAD.run(async {
        let ended = Arc::new(AtomicBool::new(false));
        let group: TaskGroup = create_task_group();
        let running = group.run(async {
            for _ in 0..3 {
                let ended = ended.clone();
                group.start_soon(async move {
                    while !ended.load(SeqCst) {
                        tokio::task::consume_budget().await;
                    }
                });
            }
            let ended = ended.clone();
            group.start_soon(async move {
                turns(10).await;
                ended.store(true, SeqCst);
            });
        });
        running.await.unwrap();
    });
}

/// Runs an operation over and over, and tells whether another child had its turn meanwhile.
///
/// A macro: a closure that borrows would not be known to be `Send` for every lifetime.
macro_rules! has_company {
    ($operation:expr) => {{
        let (count, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let group: TaskGroup = create_task_group();
        let running = group.run(async {
            let (own, until) = (count.clone(), ended.clone());
            group.start_soon(async move {
                while !until.load(SeqCst) {
                    own.fetch_add(1, SeqCst);
                    coro_yield().await;
                }
            });
            // The other one has begun.
            turns(3).await;
            let before = count.load(SeqCst);
            for _ in 0..200 {
                $operation;
            }
            ended.store(true, SeqCst);
            count.load(SeqCst) > before
        });
        running.await.unwrap()
    }};
}

/// There always is a datagram, which nothing has to be waited for.
#[test]
fn who_always_finds_a_datagram_leaves_the_others_their_turn() {
    Runner::TOKIO_CURRENT_THREAD.run(async {
        let mut listener = create_udp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..201 {
            sender.send_to(b"d", listener.local_address().unwrap()).unwrap();
        }
        // From here on it is known to be readable.
        listener.recv_from().await.unwrap();
        let mut room = [0; 8];
        assert!(has_company!(listener.recv_into_from(&mut room).await.unwrap()));
    });
}

#[test]
fn who_always_has_room_for_a_datagram_leaves_the_others_their_turn() {
    Runner::TOKIO_CURRENT_THREAD.run(async {
        let listener = create_udp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let (sender, sink) = (listener.sender(), listener.local_address().unwrap());
        // From here on it is known to be writable.
        sender.send_to(b"d", &sink).await.unwrap();
        assert!(has_company!(sender.send_to(b"d", &sink).await.unwrap()));
    });
}

/// There always is room, since somebody receives all the time.
#[test]
fn who_always_has_room_for_a_unix_datagram_leaves_the_others_their_turn() {
    Runner::TOKIO_CURRENT_THREAD.run(async {
        let directory = Directory::new();
        let listener = create_unix_datagram_listener(directory.path("own"))
            .await
            .unwrap();
        let sink = directory.path("sink");
        let receiver = std::os::unix::net::UnixDatagram::bind(&sink).unwrap();
        let sink = UnixAddress::from(&sink);
        let mut room = [0; 8];
        assert!(has_company!({
            listener.send_to(b"d", &sink).await.unwrap();
            receiver.recv(&mut room).unwrap()
        }));
    });
}

/// The handle of a group starts tasks from wherever it is, a foreign runtime too: they are polled where the group is.
#[test]
fn a_child_that_is_started_from_another_runtime_runs_among_the_others() {
    Runner::TOKIO_CURRENT_THREAD.run(async {
        let here = std::thread::current().id();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let handle = group.handle();
                let start = move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let started = async move {
                        handle.start_soon(async move {
                            assert_eq!(std::thread::current().id(), here);
                        });
                    };
                    runtime.block_on(started);
                };
                tokio::task::spawn_blocking(start).await.unwrap();
            })
            .await
            .unwrap();
    });
}

#[test]
fn a_program_that_panics_at_once_panics_in_bootstrap() {
    let panic = catch_unwind(|| Runner::TOKIO_CURRENT_THREAD.run(async { panic!("P") }));
    assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "P");
}
