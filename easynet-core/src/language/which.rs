//! One of several things of different types.

/// Which of several it is: this one, or one of those behind it.
///
/// The third of four is `Later(Later(This(third)))`, the fourth `Later(Later(Later(fourth)))`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<T, L> {
    /// This one.
    This(T),
    /// One of the others.
    Later(L),
}
