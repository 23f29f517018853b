//! What the macros expand to: how a jump leaves a block.
//!
//! The body of an easynet macro runs in an `async` block, which `?`, `return`, `break` and `continue` cannot
//! leave. So the body yields a [`ControlFlow`]: `Continue` with its value when it ran off its end, `Break` with a
//! jump when it left early. The jump is a variant of an enum that the macro generates for that block, and the
//! real `?`, `return`, `break` or `continue` is written behind the block, where it means what the user meant.
//!
//! Nothing here is meant to be called by hand; the face re-exports it in `__private` for the expansions.
//!
//! # Invariants
//!
//! 1. Nothing here requires a type to be `'static`, `Send` or nameable: a block takes what a plain block takes. But
//!    for the blocks of a gathering, which are tasks (T6): what they yield, and leave with, is `Send`.
//! 2. Types flow into the body as they would without the macro: what `return` expects is known inside (see
//!    [`Leaving`]), so that `return Err(Box::new(e))` still turns into a `Box<dyn Error>`.

mod awaited;
mod carry;
mod deadline;
mod gather;
mod which;

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::task::Poll;

pub use self::awaited::{Awaited, awaited, future};
pub use self::carry::{
    Carrier, CarryConverted, CarryLogged, CarryNothing, Held, IntoGroupError, LeavesGroup,
};
pub use self::deadline::{IntoDeadline, deadline};
pub use self::gather::{Gather, Gatherable, Gathered, Gathering, MayLeave, TryGather};
pub use self::which::Which;
pub use crate::cancel::race::{Branch, Branches, Race, Then};
pub use crate::cancel::timeout::Allowance;

/// What `?` can be applied to, as the standard library's unstable trait of the same name.
#[diagnostic::on_unimplemented(
    message = "the `?` operator can only be applied to values that implement `Try`",
    label = "the `?` operator cannot be applied to type `{Self}`",
    note = "if this is a future, await it first: write `.await?`"
)]
pub trait Try {
    /// What `?` yields.
    type Output;
    /// What `?` leaves the function with. The real `?` can be applied to it again, and then always leaves.
    type Residual;

    /// Tells whether to go on with a value or to leave with a residual.
    fn branch(self) -> ControlFlow<Self::Residual, Self::Output>;
}

impl<T, E> Try for Result<T, E> {
    type Output = T;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, T> {
        match self {
            Ok(value) => ControlFlow::Continue(value),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    }
}

impl<T> Try for Option<T> {
    type Output = T;
    type Residual = Option<Infallible>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, T> {
        match self {
            Some(value) => ControlFlow::Continue(value),
            None => ControlFlow::Break(None),
        }
    }
}

impl<B, C> Try for ControlFlow<B, C> {
    type Output = C;
    type Residual = ControlFlow<B, Infallible>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, C> {
        match self {
            ControlFlow::Continue(value) => ControlFlow::Continue(value),
            ControlFlow::Break(value) => ControlFlow::Break(ControlFlow::Break(value)),
        }
    }
}

impl<T, E> Try for Poll<Result<T, E>> {
    type Output = Poll<T>;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, Poll<T>> {
        match self {
            Poll::Ready(Ok(value)) => ControlFlow::Continue(Poll::Ready(value)),
            Poll::Ready(Err(error)) => ControlFlow::Break(Err(error)),
            Poll::Pending => ControlFlow::Continue(Poll::Pending),
        }
    }
}

impl<T, E> Try for Poll<Option<Result<T, E>>> {
    type Output = Poll<Option<T>>;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, Poll<Option<T>>> {
        match self {
            Poll::Ready(Some(Ok(value))) => ControlFlow::Continue(Poll::Ready(Some(value))),
            Poll::Ready(Some(Err(error))) => ControlFlow::Break(Err(error)),
            Poll::Ready(None) => ControlFlow::Continue(Poll::Ready(None)),
            Poll::Pending => ControlFlow::Continue(Poll::Pending),
        }
    }
}

/// What `?` is applied to, inside of a body: whether to go on with a value, or to leave with a residual.
///
/// The types are parameters of their own, because the compiler would complain about each use of `T::Output`.
#[inline]
pub fn branch<T, R, V>(value: T) -> ControlFlow<R, V>
where
    T: Try<Output = V, Residual = R>,
{
    value.branch()
}

/// What a block yields once it has ended, with the body's [`ControlFlow`] still inside.
///
/// A timeout yields `Result<ControlFlow<J, T>, TimedOut>`, a shield `ControlFlow<J, T>`: every macro turns its own
/// inside out with [`settle`], and then looks alike.
pub trait Outcome {
    /// The jump the body may have left with.
    type Jump;
    /// The value of the macro, when the body did not jump.
    type Value;

    /// Brings the jump to the outside.
    fn settle(self) -> ControlFlow<Self::Jump, Self::Value>;
}

impl<J, T> Outcome for ControlFlow<J, T> {
    type Jump = J;
    type Value = T;

    #[inline]
    fn settle(self) -> ControlFlow<J, T> {
        self
    }
}

impl<J, T, E> Outcome for Result<ControlFlow<J, T>, E> {
    type Jump = J;
    type Value = Result<T, E>;

    #[inline]
    fn settle(self) -> ControlFlow<J, Result<T, E>> {
        match self {
            Ok(ControlFlow::Continue(value)) => ControlFlow::Continue(Ok(value)),
            Ok(ControlFlow::Break(jump)) => ControlFlow::Break(jump),
            Err(error) => ControlFlow::Continue(Err(error)),
        }
    }
}

impl<J, T> Outcome for Option<ControlFlow<J, T>> {
    type Jump = J;
    type Value = Option<T>;

    #[inline]
    fn settle(self) -> ControlFlow<J, Option<T>> {
        match self {
            Some(ControlFlow::Continue(value)) => ControlFlow::Continue(Some(value)),
            Some(ControlFlow::Break(jump)) => ControlFlow::Break(jump),
            None => ControlFlow::Continue(None),
        }
    }
}

/// Brings the jump of a block to the outside: see [`Outcome`].
#[inline]
pub fn settle<O: Outcome>(outcome: O) -> ControlFlow<O::Jump, O::Value> {
    outcome.settle()
}

/// The type of the value that a `return` or a `break` takes along, known to the body before it is checked.
///
/// The compiler checks a program from top to bottom. An expansion first writes
/// `if false { return leaving.never() }` in front of the block, which ties `T` to what the function returns, and
/// then `Left { leaving: &leaving, value }.value` inside the body, which expects a `T`: the value is coerced as in a
/// plain `return`.
pub struct Leaving<T>(PhantomData<fn() -> T>);

impl<T> Leaving<T> {
    /// A value whose type the expansion is about to tell.
    #[expect(clippy::new_without_default, reason = "expansions call it by this name only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// Stands for a value where control never comes.
    pub fn never(&self) -> T {
        unreachable!("an expansion calls this under `if false` only")
    }
}

/// A value to leave with: see [`Leaving`].
pub struct Left<'a, T> {
    /// Tells the type.
    pub leaving: &'a Leaving<T>,
    /// The value, of that type.
    pub value: T,
}

/// The jump of a body that has none.
///
/// An expansion yields `ControlFlow<ReturnHiddenInAMacro, T>` from a body that calls macros easynet does not know:
/// should one of them hide a `return`, it is a type error that shows this name, instead of a `return` that silently
/// leaves the block only.
#[derive(Debug)]
pub enum ReturnHiddenInAMacro {}

/// Stands for what a body yields where control never comes; it tells the body that it yields a [`ControlFlow`].
pub fn never<J, T>() -> ControlFlow<J, T> {
    unreachable!("an expansion calls this under `if false` only")
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[test]
    fn a_residual_is_a_residual_again() {
        fn leave(residual: Result<Infallible, fmt::Error>) -> Result<u8, fmt::Error> {
            match residual? {}
        }
        let ControlFlow::Break(residual) = Err::<u8, _>(fmt::Error).branch() else {
            panic!("it is an error")
        };
        assert_eq!(leave(residual), Err(fmt::Error));
    }

    #[test]
    fn settling_brings_the_jump_outside() {
        assert_eq!(
            settle(Ok::<_, u8>(ControlFlow::Break::<_, ()>(1))),
            ControlFlow::Break(1)
        );
        assert_eq!(
            settle(Ok::<ControlFlow<(), _>, u8>(ControlFlow::Continue(2))),
            ControlFlow::Continue(Ok(2))
        );
        assert_eq!(
            settle(Err::<ControlFlow<(), ()>, u8>(3)),
            ControlFlow::Continue(Err(3))
        );
        assert_eq!(settle(None::<ControlFlow<(), ()>>), ControlFlow::Continue(None));
        assert_eq!(settle(ControlFlow::Break::<_, ()>(4)), ControlFlow::Break(4));
    }
}
