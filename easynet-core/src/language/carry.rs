//! The error that a jump takes out of a group.

mod leaves;

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

pub use self::leaves::LeavesGroup;

/// Finds the error that a jump out of a group's body takes along, so that the group's error can hold it too.
///
/// `E` is the error of the group. What a jump holds is known to the expansion only, and may or may not convert to
/// `E`; so the choice is left to method resolution: `(&&&carrier.hold(value)).carry()` finds the first of
/// [`CarryConverted`], [`CarryLogged`] and [`CarryNothing`] that fits.
pub struct Carrier<E>(PhantomData<fn() -> E>);

impl<E> Carrier<E> {
    /// A carrier for the group whose error the expansion is about to tell.
    #[expect(clippy::new_without_default, reason = "expansions call it by this name only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// Stands for the carried error where control never comes; it ties `E` to the group's error.
    pub fn never(&self) -> Option<E> {
        unreachable!("an expansion calls this under `if false` only")
    }

    /// Holds what a jump takes along, until it is known whether that is an error.
    pub fn hold<T>(&self, value: T) -> Held<T, E> {
        Held {
            value: Cell::new(Some(value)),
            error: PhantomData,
        }
    }
}

/// What a jump takes along: see [`Carrier`].
pub struct Held<T, E> {
    /// In a cell, because method resolution chooses by the number of references.
    value: Cell<Option<T>>,
    error: PhantomData<fn() -> E>,
}

impl<T, X, E> Held<Result<T, X>, E> {
    fn take_error(&self) -> Option<X> {
        self.value.take()?.err()
    }
}

/// An error that converts to the error `E` of a group.
///
/// Only a trait of its own can explain what is wrong where [`CarryConverted`] was chosen too early: the choice is
/// made while the body is checked, and an error type that is inferred from what follows is taken to fit. So is any other
/// type, for which there is [`LeavesGroup`].
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` leaves a task group whose error `{E}` it does not convert to",
    label = "the type of this error was not known yet inside the group",
    note = "name the type where the error is made, as in `text.parse::<u32>()?`, or implement `From<{Self}>` for `{E}`"
)]
pub trait IntoGroupError<E> {
    /// The error as the group's.
    fn into_group_error(self) -> E;
}

#[diagnostic::do_not_recommend]
impl<X: Into<E>, E> IntoGroupError<E> for X {
    fn into_group_error(self) -> E {
        self.into()
    }
}

/// The jump takes something along of which it is known what the group can hold of it; above all, a `Result` whose error
/// converts to the group's error.
pub trait CarryConverted<E> {
    /// The error, if there is one.
    fn carry(&self) -> Option<E>;
}

impl<T: LeavesGroup<E>, E> CarryConverted<E> for &&Held<T, E> {
    fn carry(&self) -> Option<E> {
        self.value.take()?.into_error()
    }
}

/// The jump takes a `Result` along whose error can only be shown: it goes to the log, so that it is not lost.
pub trait CarryLogged<E> {
    /// Nothing, once the error has been logged.
    fn carry(&self) -> Option<E>;
}

impl<T, X: fmt::Debug, E> CarryLogged<E> for &Held<Result<T, X>, E> {
    fn carry(&self) -> Option<E> {
        if let Some(error) = self.take_error() {
            tracing::error!(
                ?error,
                "an error that left a task group was overtaken by the failure of a task, \
                 and does not convert to the group's error"
            );
        }
        None
    }
}

/// The jump takes no error along, or one of which nothing is known.
pub trait CarryNothing<E> {
    /// Nothing.
    fn carry(&self) -> Option<E>;
}

impl<T, E> CarryNothing<E> for Held<T, E> {
    fn carry(&self) -> Option<E> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::error::Error;
    use std::ops::ControlFlow;

    use super::*;

    type BoxError = Box<dyn Error + Send + Sync>;

    /// What an expansion writes, for a group whose error is `E`.
    macro_rules! carry {
        ($value:expr, $error:ty) => {{
            let carrier = Carrier::<$error>::new();
            #[allow(clippy::needless_borrow)]
            (&&&carrier.hold($value)).carry()
        }};
    }

    struct Opaque;

    #[derive(Debug)]
    struct Shown;

    #[test]
    fn an_error_that_converts_is_carried() {
        let residual: Result<Infallible, fmt::Error> = Err(fmt::Error);
        assert_eq!(
            carry!(residual, BoxError).unwrap().to_string(),
            fmt::Error.to_string()
        );
        assert_eq!(
            carry!(Err::<(), &str>("text"), BoxError).unwrap().to_string(),
            "text"
        );
        assert_eq!(carry!(Err::<(), u8>(7), u32), Some(7));
    }

    #[test]
    fn an_error_that_does_not_convert_is_not_carried() {
        assert_eq!(carry!(Err::<(), Shown>(Shown), u32), None);
        assert_eq!(carry!(Err::<(), Opaque>(Opaque), u32), None);
    }

    #[test]
    fn what_is_known_later_is_as_it_turns_out_to_be() {
        let count = Default::default();
        assert!(carry!(count, BoxError).is_none());
        let _: u64 = count;
        let outcome = Err(7_u8.into());
        assert_eq!(carry!(outcome, u32), Some(7));
        let _: Result<(), u16> = outcome;
    }

    #[test]
    fn what_is_no_error_is_not_carried() {
        assert!(carry!(Ok::<u8, fmt::Error>(1), BoxError).is_none());
        assert!(carry!(None::<Infallible>, BoxError).is_none());
        assert!(carry!(ControlFlow::Break::<u8, Infallible>(1), BoxError).is_none());
        assert!(carry!((), BoxError).is_none());
    }

    #[test]
    fn what_borrows_can_be_held() {
        let text = String::from("borrowed");
        assert!(carry!(Err::<(), &String>(&text), u32).is_none());
        let values = [1, 2];
        assert!(carry!(values.iter(), BoxError).is_none());
    }
}
