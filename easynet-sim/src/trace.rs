//! The record of a run, as text: the same seed gives the same text.

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
    time::Instant,
};

use crate::lock::lock;

/// Where the lines of a trace go.
#[derive(Debug, Clone, Default)]
pub(crate) enum Sink {
    /// Nobody wants them.
    #[default]
    Nowhere,
    /// To the standard error stream, as they come.
    Print,
    /// Into a text.
    Text(Arc<Mutex<String>>),
}

impl Sink {
    pub(crate) fn from_environment() -> Self {
        if crate::environment::traces() {
            Self::Print
        } else {
            Self::Nowhere
        }
    }

    pub(crate) fn text() -> (Self, Arc<Mutex<String>>) {
        let text = Arc::new(Mutex::new(String::new()));
        (Self::Text(text.clone()), text)
    }

    pub(crate) fn is_wanted(&self) -> bool {
        !matches!(self, Self::Nowhere)
    }

    pub(crate) fn line(&self, now: Instant, line: std::fmt::Arguments<'_>) {
        let time = moment(now);
        match self {
            Self::Nowhere => {}
            Self::Print => eprintln!("{time:<12} {line}"),
            Self::Text(text) => {
                let mut text = lock(text);
                let _ = writeln!(text, "{time:<12} {line}");
            }
        }
    }
}

/// A moment, as the time since the simulation began.
pub(crate) fn moment(moment: Instant) -> String {
    format!("{:?}", moment.saturating_duration_since(crate::epoch()))
}
