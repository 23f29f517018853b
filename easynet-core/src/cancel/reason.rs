//! Why something was cancelled (C12).

use std::{error::Error, fmt, panic::Location, sync::Arc};

use crate::task::TaskInfo;

/// The cause of a cancellation: a deadline, a failed sibling, an explicit call, the end of a group, or a lost race.
///
/// A cancellation that comes from an enclosing scope or group carries the cause it had there.
#[derive(Clone, PartialEq, Eq)]
pub struct CancelReason(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Deadline,
    Failed(TaskInfo),
    Explicit {
        location: &'static Location<'static>,
        text: Option<Arc<str>>,
    },
    BodyLeft,
    Dropped,
    RuntimeEnded,
    LostRace,
    LetGo,
}

impl CancelReason {
    pub(crate) const fn deadline() -> Self {
        Self(Kind::Deadline)
    }

    pub(crate) fn failed(task: TaskInfo) -> Self {
        Self(Kind::Failed(task))
    }

    pub(crate) fn explicit(location: &'static Location<'static>, text: Option<Arc<str>>) -> Self {
        Self(Kind::Explicit { location, text })
    }

    pub(crate) const fn body_left() -> Self {
        Self(Kind::BodyLeft)
    }

    pub(crate) const fn dropped() -> Self {
        Self(Kind::Dropped)
    }

    pub(crate) const fn runtime_ended() -> Self {
        Self(Kind::RuntimeEnded)
    }

    pub(crate) const fn lost_race() -> Self {
        Self(Kind::LostRace)
    }

    pub(crate) const fn let_go() -> Self {
        Self(Kind::LetGo)
    }

    /// Whether a deadline passed.
    pub fn is_deadline(&self) -> bool {
        self.0 == Kind::Deadline
    }

    /// The task whose failure cancelled its siblings.
    pub fn failed_task(&self) -> Option<&TaskInfo> {
        match &self.0 {
            Kind::Failed(task) => Some(task),
            _ => None,
        }
    }

    /// Where the cancellation was asked for, if it was by a call.
    pub fn location(&self) -> Option<&'static Location<'static>> {
        match &self.0 {
            Kind::Explicit { location, .. } => Some(location),
            _ => None,
        }
    }

    /// The text given with the call.
    pub fn text(&self) -> Option<&str> {
        match &self.0 {
            Kind::Explicit { text, .. } => text.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Deadline => f.write_str("the deadline passed"),
            Kind::Failed(task) => write!(f, "{task} failed"),
            Kind::Explicit { location, text: None } => write!(f, "asked for at {location}"),
            Kind::Explicit {
                location,
                text: Some(text),
            } => write!(f, "{text} (asked for at {location})"),
            Kind::BodyLeft => f.write_str("the body of the group was left early"),
            Kind::Dropped => f.write_str("the future of the group was dropped"),
            Kind::RuntimeEnded => f.write_str("the runtime of a task ended before the task"),
            Kind::LetGo => f.write_str("whoever waited for it has let go"),
            Kind::LostRace => f.write_str("another branch of a race finished first"),
        }
    }
}

impl fmt::Debug for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CancelReason({self})")
    }
}

/// A body was cancelled, and has been dropped: "cancelled: {reason}".
///
/// Yielded by [`catch_cancelled`](crate::AsyncBackend::catch_cancelled). The cancellation is not consumed by
/// it: the next suspension point is cancelled again (C7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    reason: CancelReason,
}

impl Cancelled {
    pub(crate) fn new(reason: CancelReason) -> Self {
        Self { reason }
    }

    /// Why the body was cancelled.
    pub fn reason(&self) -> &CancelReason {
        &self.reason
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cancelled: {}", self.reason)
    }
}

impl Error for Cancelled {}
