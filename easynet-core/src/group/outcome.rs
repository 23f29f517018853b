//! What a task may return, and what becomes of it (T4, T5).

use super::error::GroupError;
use crate::never::Never;

/// The output of a task whose value nobody receives: `()`, or `Result<(), E>`, whose error fails the group.
///
/// The error is whatever converts into the group's error type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is lost here: a task started with `start_soon` returns `()` or `Result<(), _>`",
    label = "nobody receives this output",
    note = "use `spawn_value(..)` for a value, or `spawn(..)` for a `Result`, and join the task; \
            or end the future with `;` to drop the value",
    note = "the error of a `Result` must convert into the group's error type `{E}`"
)]
pub trait Outcome<E> {
    /// The error, if it is one.
    fn into_failure(self) -> Option<E>;
}

impl<E> Outcome<E> for () {
    fn into_failure(self) -> Option<E> {
        None
    }
}

impl<X: Into<E>, E: GroupError> Outcome<E> for Result<(), X> {
    fn into_failure(self) -> Option<E> {
        self.err().map(Into::into)
    }
}

#[diagnostic::do_not_recommend]
impl<E> Outcome<E> for Never {
    fn into_failure(self) -> Option<E> {
        match self {}
    }
}

/// The output of a task started with `spawn`: a `Result`, whose error fails the group.
#[diagnostic::on_unimplemented(
    message = "`spawn` and `start` take a task that returns a `Result`, not `{Self}`",
    label = "this future does not return a `Result`",
    note = "use `spawn_value(..)` for a task that returns a plain value, \
            or `start_soon(..)` for one that returns nothing",
    note = "the error of the `Result` must convert into the group's error type `{E}`"
)]
pub trait Fallible<E> {
    /// What [`Task::join`](crate::task::Task::join) yields.
    type Value: Send;

    /// The value, or the error that fails the group.
    fn into_result(self) -> Result<Self::Value, E>;
}

impl<T: Send, X: Into<E>, E> Fallible<E> for Result<T, X> {
    type Value = T;

    fn into_result(self) -> Result<T, E> {
        self.map_err(Into::into)
    }
}

#[diagnostic::do_not_recommend]
impl<E> Fallible<E> for Never {
    type Value = Never;

    fn into_result(self) -> Result<Never, E> {
        match self {}
    }
}
