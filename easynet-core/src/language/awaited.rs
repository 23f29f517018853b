//! What a `gather!` awaits.

use std::future::{Future, IntoFuture};

/// What turns into the future `I`, as the standard library's trait does that `.await` uses.
///
/// A trait of its own, because of what there is to say where no `.await` was written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a future",
    label = "the macro awaits this, but it is a `{Self}`",
    note = "leave `.await` to the macro, or write a block: `{{ .. }}`"
)]
pub trait Awaited<I> {
    /// The future.
    fn into_future(self) -> I;
}

#[diagnostic::do_not_recommend]
impl<F: IntoFuture<IntoFuture = I>, I: Future> Awaited<I> for F {
    #[inline]
    fn into_future(self) -> I {
        IntoFuture::into_future(self)
    }
}

/// The future that a macro awaits.
///
/// The types are parameters of their own, because the compiler would complain about each use of `F::IntoFuture`.
#[inline]
pub fn awaited<F: Awaited<I>, I>(value: F) -> I {
    value.into_future()
}

/// The same future, which is one in any case for what is behind this: what is none is complained of once, by [`awaited`].
#[inline]
pub fn future<I: IntoFuture<IntoFuture: Send>>(value: I) -> impl Future<Output = I::Output> {
    value.into_future()
}
