//! The futures of a gathering, as a list.

use std::fmt;
use std::future::Future;
use std::panic::Location;

use crate::group::children::Beside;
use crate::task::{
    child::{Birth, Borrower},
    receive::Receive,
};

/// A future that is to be a child of a gathering, and where its value will be.
#[must_use = "nothing is run unless it is in the list of a gathering that is run"]
pub struct Gathered<F, R>(Borrower<F, R>);

impl<F: Future, R: Receive<F::Output>> Gathered<F, R> {
    #[track_caller]
    pub(super) fn new(future: F, receiver: R) -> Self {
        let birth = Birth::new(None, Location::caller());
        Self(Borrower::unstarted(birth, future, receiver))
    }
}

impl<F, R> Gathered<F, R> {
    /// The list that begins with it.
    #[inline]
    pub fn beside<L>(self, later: L) -> Beside<Borrower<F, R>, L> {
        Beside::new(self.0, later)
    }
}

impl<F, R> fmt::Debug for Gathered<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathered").finish_non_exhaustive()
    }
}
