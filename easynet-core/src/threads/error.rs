//! Why a call through a portal has no value.

use std::{error::Error, fmt};

use crate::cancel::CancelReason;

/// A call through a portal has no value: "the portal is closed".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalError(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    NotEntered,
    Closed,
    OnEventLoop,
    NoJob,
    Cancelled(CancelReason),
    TimedOut,
    Taken,
}

impl PortalError {
    pub(super) const fn not_entered() -> Self {
        Self(Kind::NotEntered)
    }

    pub(super) const fn closed() -> Self {
        Self(Kind::Closed)
    }

    pub(super) const fn on_event_loop() -> Self {
        Self(Kind::OnEventLoop)
    }

    pub(super) const fn no_job() -> Self {
        Self(Kind::NoJob)
    }

    pub(super) const fn cancelled(reason: CancelReason) -> Self {
        Self(Kind::Cancelled(reason))
    }

    pub(super) const fn timed_out() -> Self {
        Self(Kind::TimedOut)
    }

    pub(super) const fn taken() -> Self {
        Self(Kind::Taken)
    }

    /// Whether the portal takes no calls: it has not been entered yet, or was left.
    pub fn is_closed(&self) -> bool {
        matches!(self.0, Kind::NotEntered | Kind::Closed)
    }

    /// Whether a blocking call was made by a task of the very event loop it would have waited for.
    pub fn is_on_event_loop(&self) -> bool {
        self.0 == Kind::OnEventLoop
    }

    /// Whether there was no job whose portal could have been used.
    pub fn is_outside_of_a_job(&self) -> bool {
        self.0 == Kind::NoJob
    }

    /// Whether the call was cancelled: by its handle, or with the portal.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0, Kind::Cancelled(_))
    }

    /// Why the call was cancelled, if it was.
    pub fn reason(&self) -> Option<&CancelReason> {
        match &self.0 {
            Kind::Cancelled(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether the time to wait was up. The call goes on.
    pub fn is_timed_out(&self) -> bool {
        self.0 == Kind::TimedOut
    }

    /// Whether the value was taken before.
    pub fn is_taken(&self) -> bool {
        self.0 == Kind::Taken
    }
}

impl fmt::Display for PortalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::NotEntered => {
                f.write_str("the portal has not been entered: call it while `run` is awaited")
            }
            Kind::Closed => f.write_str("the portal is closed: it was left, or its event loop has ended"),
            Kind::OnEventLoop => f.write_str(
                "a blocking call from a task of the event loop that it would wait for: await it instead",
            ),
            Kind::NoJob => f.write_str("no job of `run_in_thread` runs on this thread: take a portal along"),
            Kind::Cancelled(reason) => write!(f, "the call was cancelled: {reason}"),
            Kind::TimedOut => f.write_str("the call has not ended in time"),
            Kind::Taken => f.write_str("the value of the call was taken before"),
        }
    }
}

impl Error for PortalError {}
