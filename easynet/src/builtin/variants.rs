//! Types with a variant for each built-in backend whose feature is enabled.
//!
//! To add a backend, give it a line in [`each!`], in each type that [`one_of!`] defines, and where its name or its types
//! are needed: in `builtin.rs`, and in `net/stream.rs` to reunite halves.

/// Defines such a type; what a backend has of its kind converts into it.
macro_rules! one_of {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident {
            $($feature:literal => $variant:ident($inner:ty),)+
        }
    ) => {
        $(#[$attribute])*
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("The one of the feature `", $feature, "`.")]
                #[cfg(feature = $feature)]
                $variant($inner),
            )+
        }

        $(
            #[cfg(feature = $feature)]
            impl From<$inner> for $name {
                fn from(inner: $inner) -> Self {
                    Self::$variant(inner)
                }
            }
        )+
    };
}

/// Does the same with what is inside, of whichever backend it is.
macro_rules! each {
    ($self:expr, $inner:ident => $body:expr) => {
        match $self {
            #[cfg(feature = "tokio")]
            Self::Tokio($inner) => $body,
            #[cfg(feature = "sim")]
            Self::Sim($inner) => $body,
            #[cfg(not(any(feature = "tokio", feature = "sim")))]
            _ => unreachable!("there is no value without a backend"),
        }
    };
}

pub(crate) use each;
pub(crate) use one_of;
