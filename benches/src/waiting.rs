//! What waits for others: tasks that share a lock, and two that take turns by easynet's condition or the same made of tokio's `Notify`.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use easynet::sync::{Condition, FairLock, Lock};
use tokio::{
    sync::{Barrier, Mutex, MutexGuard, Notify},
    task::JoinSet,
};

use crate::pending_once;

/// Runs tasks at once, and waits for all.
pub async fn at_once<F: Future<Output = ()> + Send + 'static>(tasks: usize, task: impl Fn() -> F) {
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        set.spawn(task());
    }
    while let Some(ended) = set.join_next().await {
        ended.expect("nothing panics");
    }
}

/// A number behind a lock.
pub trait Counter: Default + Send + Sync + 'static {
    /// Adds one under the lock, which may be held over a suspension.
    fn add(&self, held: bool) -> impl Future<Output = ()> + Send;

    /// The number.
    fn total(self) -> usize;
}

macro_rules! counters {
    ($($lock:ty, $acquire:ident;)*) => {
        $(impl Counter for $lock {
            #[inline]
            async fn add(&self, held: bool) {
                let mut value = self.$acquire().await;
                *value += 1;
                if held {
                    pending_once().await;
                }
            }

            fn total(self) -> usize {
                self.into_inner()
            }
        })*
    };
}

counters! {
    Lock<usize>, acquire;
    FairLock<usize>, acquire;
    Mutex<usize>, lock;
    async_lock::Mutex<usize>, lock;
    futures::lock::Mutex<usize>, lock;
}

/// So many tasks take the same lock so often each.
pub async fn lock_turns<C: Counter>(tasks: usize, turns: usize, held: bool) {
    let counter = Arc::new(C::default());
    // All have begun before the first one takes the lock.
    let begun = Arc::new(Barrier::new(tasks));
    at_once(tasks, || {
        let (counter, begun) = (counter.clone(), begun.clone());
        async move {
            begun.wait().await;
            for _ in 0..turns {
                counter.add(held).await;
            }
        }
    })
    .await;
    let counter = Arc::into_inner(counter).expect("the tasks have ended");
    assert_eq!(counter.total(), tasks * turns);
}

/// An event as one makes it of `Notify`.
#[derive(Debug, Default)]
pub struct Flag {
    set: AtomicBool,
    notify: Notify,
}

impl Flag {
    /// Lets everybody go on who waits, and who will.
    pub fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }

    /// Waits until it is set.
    pub async fn wait(&self) {
        if self.set.load(Ordering::Acquire) {
            return;
        }
        let notified = self.notify.notified();
        if !self.set.load(Ordering::Acquire) {
            notified.await;
        }
    }
}

/// Runs two tasks that take turns.
pub async fn both<F: Future<Output = ()> + Send + 'static>(player: impl Fn(usize) -> F) {
    let (one, two) = (tokio::spawn(player(0)), tokio::spawn(player(1)));
    one.await.expect("nothing panics");
    two.await.expect("nothing panics");
}

/// They take turns, each so many, by a lock and conditions.
pub async fn condition_turns(turns: usize) {
    let ball = Arc::new((Lock::new(0_usize), [Condition::new(), Condition::new()]));
    both(|me| {
        let ball = ball.clone();
        async move {
            for _ in 0..turns {
                let value = ball.0.acquire().await;
                let mut value = ball.1[me].wait_while(value, |value| *value % 2 != me).await;
                *value += 1;
                drop(value);
                ball.1[1 - me].notify(1);
            }
        }
    })
    .await;
}

/// The same by tokio's lock and conditions made of `Notify`.
pub async fn notify_turns(turns: usize) {
    let ball = Arc::new((Mutex::new(0_usize), <[NotifyCondition; 2]>::default()));
    both(|me| {
        let ball = ball.clone();
        async move {
            for _ in 0..turns {
                let value = ball.0.lock().await;
                let mut value = ball.1[me]
                    .wait_while(&ball.0, value, |value| value % 2 != me)
                    .await;
                *value += 1;
                drop(value);
                ball.1[1 - me].0.notify_one();
            }
        }
    })
    .await;
}

/// A condition as one makes it of `Notify`: it enters the line before it releases the lock.
#[derive(Default)]
struct NotifyCondition(Notify);

impl NotifyCondition {
    async fn wait_while<'a>(
        &self,
        lock: &'a Mutex<usize>,
        mut guard: MutexGuard<'a, usize>,
        condition: impl Fn(&usize) -> bool,
    ) -> MutexGuard<'a, usize> {
        while condition(&guard) {
            let mut notified = pin!(self.0.notified());
            notified.as_mut().enable();
            drop(guard);
            notified.await;
            guard = lock.lock().await;
        }
        guard
    }
}
