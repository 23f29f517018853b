//! What happened, in order.

use std::sync::{Arc, Mutex};

/// A log that tasks share; clones write to the same.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    pub fn add(&self, entry: impl Into<String>) {
        self.0
            .lock()
            .expect("no test panics while it writes")
            .push(entry.into());
    }

    /// All entries so far.
    pub fn entries(&self) -> Vec<String> {
        self.0.lock().expect("no test panics while it writes").clone()
    }

    /// Whether there is such an entry.
    pub fn contains(&self, entry: &str) -> bool {
        self.entries().iter().any(|known| known == entry)
    }

    /// Checks that the entries are exactly these.
    #[track_caller]
    pub fn assert(&self, expected: &[&str]) {
        assert_eq!(self.entries(), expected);
    }

    /// Checks that the entries are exactly these, in any order.
    #[track_caller]
    pub fn assert_unordered(&self, expected: &[&str]) {
        let (mut entries, mut expected) = (self.entries(), expected.to_vec());
        entries.sort();
        expected.sort_unstable();
        assert_eq!(entries, expected);
    }

    /// A value that adds an entry when it is dropped.
    pub fn on_drop(&self, entry: impl Into<String>) -> LogOnDrop {
        LogOnDrop {
            log: self.clone(),
            entry: entry.into(),
        }
    }
}

/// Adds an entry to a log when it is dropped: see [`Log::on_drop`].
#[derive(Debug)]
#[must_use = "it writes its entry at once if nobody keeps it"]
pub struct LogOnDrop {
    log: Log,
    entry: String,
}

impl Drop for LogOnDrop {
    fn drop(&mut self) {
        self.log.add(std::mem::take(&mut self.entry));
    }
}
