//! Locks, events and conditions: a turn takes the lock once, waits for the event, or hands over. They run in tokio, as their
//! peers do, so that nothing else differs.

use std::sync::Arc;

use easynet::sync::{Event, FairLock, Lock};
use easynet_benches::{
    pending_once,
    waiting::{Flag, condition_turns, notify_turns},
};
use tokio::{sync::Mutex, task::JoinSet};

use super::{HotPath, in_tokio};

/// How many tasks want the same lock.
const TASKS: usize = 8;
/// How many wait for the same event.
const WAITING: usize = 64;

pub(super) fn paths() -> Vec<HotPath> {
    vec![
        HotPath::new("lock", in_tokio(lock)).beside("Mutex", in_tokio(mutex)),
        HotPath::new("lock_8_tasks", in_tokio(contended_lock))
            .beside("Mutex", in_tokio(contended_mutex))
            .at_once(TASKS),
        HotPath::new("fair_lock", in_tokio(fair_lock)).beside("Mutex", in_tokio(mutex)),
        HotPath::new("fair_lock_8_tasks", in_tokio(contended_fair_lock))
            .beside("Mutex", in_tokio(contended_mutex))
            .at_once(TASKS),
        HotPath::new("event_set", in_tokio(event)).beside("Notify, AtomicBool", in_tokio(flag)),
        HotPath::new("event_64_tasks", in_tokio(awaited_event))
            .beside("Notify, AtomicBool", in_tokio(awaited_flag))
            .at_once(WAITING),
        HotPath::new("condition_turn", in_tokio(|turns| condition_turns(turns / 2)))
            .beside("Mutex, Notify", in_tokio(|turns| notify_turns(turns / 2)))
            .at_once(2),
    ]
}

/// Takes a lock alone, and among tasks that hold it while they suspend.
macro_rules! lock {
    ($alone:ident, $contended:ident, $lock:ident, $acquire:ident) => {
        async fn $alone(turns: usize) {
            let lock = $lock::new(0);
            for _ in 0..turns {
                *lock.$acquire().await += 1;
            }
            assert_eq!(lock.into_inner(), turns);
        }

        async fn $contended(turns: usize) {
            let lock = Arc::new($lock::new(0));
            let ended = at_once(TASKS, || {
                let lock = lock.clone();
                async move {
                    for _ in 0..turns / TASKS {
                        let mut value = lock.$acquire().await;
                        *value += 1;
                        pending_once().await;
                    }
                }
            });
            ended.await;
            assert_eq!(*lock.$acquire().await, turns);
        }
    };
}

lock!(lock, contended_lock, Lock, acquire);
lock!(fair_lock, contended_fair_lock, FairLock, acquire);
lock!(mutex, contended_mutex, Mutex, lock);

/// Waits for an event that is set, and, in tasks, for one that will be.
macro_rules! event {
    ($set:ident, $awaited:ident, $event:ident) => {
        async fn $set(turns: usize) {
            let event = $event::default();
            event.set();
            for _ in 0..turns {
                event.wait().await;
            }
        }

        async fn $awaited(turns: usize) {
            for _ in 0..turns / WAITING {
                let event = Arc::new($event::default());
                let waiting = at_once(WAITING, || {
                    let event = event.clone();
                    async move { event.wait().await }
                });
                let setting = async {
                    // The tasks have been started, and wait when this goes on.
                    pending_once().await;
                    event.set();
                };
                tokio::join!(waiting, setting);
            }
        }
    };
}

event!(event, awaited_event, Event);
event!(flag, awaited_flag, Flag);

/// Runs tasks at once, and waits for all.
async fn at_once<F: Future<Output = ()> + Send + 'static>(tasks: usize, task: impl Fn() -> F) {
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        set.spawn(task());
    }
    while let Some(ended) = set.join_next().await {
        ended.expect("nothing panics");
    }
}
