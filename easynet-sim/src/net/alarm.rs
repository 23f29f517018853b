//! The alarm of the network: one timer of the virtual clock, for all that is under way.

use std::{
    sync::{Arc, Mutex, Weak},
    task::{Wake, Waker},
    time::Instant,
};

use super::{Network, Shared};
use crate::{
    lock::lock,
    scheduler::{self, Scheduler, timers::Key},
};

/// The clock, and what it is set to.
pub(super) struct Alarm {
    scheduler: Weak<Scheduler>,
    set: Mutex<Option<Key>>,
}

/// Lets happen what is due; it is no task, and waits for nothing.
struct Bell(Weak<Shared>);

impl Alarm {
    pub(super) fn new(scheduler: Weak<Scheduler>) -> Self {
        Self {
            scheduler,
            set: Mutex::new(None),
        }
    }

    /// The time, as the calling code sees it.
    pub(super) fn now(&self) -> Option<Instant> {
        let own = || self.scheduler.upgrade().map(|scheduler| scheduler.now());
        scheduler::current_time().or_else(own)
    }

    /// Sets it to the next moment at which something happens, with the network locked.
    pub(super) fn set(&self, moment: Option<Instant>, network: &Arc<Shared>) {
        let mut set = lock(&self.set);
        if set.map(|(moment, _)| moment) == moment {
            return;
        }
        let Some(scheduler) = self.scheduler.upgrade() else {
            return;
        };
        if let Some(key) = set.take() {
            scheduler.clear_alarm(key);
        }
        *set = moment.map(|moment| {
            let bell = Bell(Arc::downgrade(network));
            scheduler.set_alarm(moment, Waker::from(Arc::new(bell)))
        });
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let Some(shared) = self.0.upgrade() else { return };
        // It has rung.
        *lock(&shared.alarm.set) = None;
        Network { shared }.change(|world, wakeups| world.pass(wakeups));
    }
}
