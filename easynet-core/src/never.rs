//! The type of what never returns.

/// `!`: it cannot be named on stable Rust yet, but a function that returns it can.
pub(crate) type Never = <fn() -> ! as returns::Returns>::Output;

mod returns {
    /// What a function returns.
    pub trait Returns {
        type Output;
    }

    impl<T> Returns for fn() -> T {
        type Output = T;
    }
}
