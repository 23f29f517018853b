//! A stack whose places stay: what is pushed is written field by field where it is to lie, and taken from there.
//!
//! A value that is made elsewhere and moved in is written in small parts and read in large ones at once, which processors are slow at.

/// Nothing of value is in the places beyond the depth.
pub(super) struct Pile<T> {
    places: Vec<T>,
    depth: usize,
}

impl<T> Default for Pile<T> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            depth: 0,
        }
    }
}

impl<T> Pile<T> {
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// One more, to be filled: it has what its last user left there.
    #[inline]
    pub(super) fn push(&mut self, empty: impl FnOnce() -> T) -> &mut T {
        if self.depth == self.places.len() {
            self.places.push(empty());
        }
        self.depth += 1;
        &mut self.places[self.depth - 1]
    }

    /// One less; what is of value in it is to be taken out.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<&mut T> {
        self.depth = self.depth.checked_sub(1)?;
        self.places.get_mut(self.depth)
    }

    #[inline]
    pub(super) fn last(&self) -> Option<&T> {
        self.places.get(self.depth.checked_sub(1)?)
    }

    #[inline]
    pub(super) fn last_mut(&mut self) -> Option<&mut T> {
        self.places.get_mut(self.depth.checked_sub(1)?)
    }

    /// From the outermost to the innermost.
    #[inline]
    pub(super) fn all(&self) -> &[T] {
        &self.places[..self.depth]
    }

    pub(super) fn all_mut(&mut self) -> &mut [T] {
        &mut self.places[..self.depth]
    }
}
