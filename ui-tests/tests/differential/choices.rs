//! The choices that a generator makes, one number each.

use std::vec;

/// Numbers to choose by. When they have run out every choice is the first one, which is the simplest.
pub(crate) struct Choices(vec::IntoIter<u16>);

impl Choices {
    pub(crate) fn new(numbers: Vec<u16>) -> Self {
        Self(numbers.into_iter())
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0.next().map_or(0, |number| usize::from(number) % end)
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    pub(crate) fn of<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}
