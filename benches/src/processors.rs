//! Which processors threads run on.

use easynet::Flavor;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors of a benchmark in which threads talk in turns: whether two of them find themselves on one processor or on two makes more of a
/// difference than all the rest.
pub struct Processors(CpuSet);

impl Processors {
    /// All that this program may use.
    pub fn all() -> Self {
        Self(sched_getaffinity(None).expect("a thread may ask where it runs"))
    }

    /// Threads that are started from here on share one processor, if their runtime has one thread; or have all.
    pub fn share(&self, flavor: Flavor) {
        let mut processors = self.0;
        if flavor == Flavor::CurrentThread {
            let first = (0..CpuSet::MAX_CPU).find(|processor| self.0.is_set(*processor));
            processors.clear();
            processors.set(first.expect("this thread runs on one"));
        }
        sched_setaffinity(None, &processors).expect("a thread may choose among its processors");
    }
}
