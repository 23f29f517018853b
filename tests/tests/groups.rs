//! GRP: children that end together.
//!
//! What does not compile is shown by the cases of `ui-tests`: a group or a child that escapes its block, a child
//! that borrows without `scoped()`, one that is not `Send`. GRP-05 is refused at run time through a handle.
#![forbid(unsafe_code)]

mod groups {
    mod cancellation;
    mod failures;
    mod lifetime;
    mod scoped;
    mod starting;

    use easynet::{GroupError, TaskGroupError};

    /// The texts of the errors of a group, in their order.
    fn texts<E: GroupError>(error: &TaskGroupError<E>) -> Vec<String> {
        error
            .failures()
            .iter()
            .map(|failure| failure.error().to_string())
            .collect()
    }
}
