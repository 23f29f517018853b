//! Types with a variant for each built-in backend whose feature is enabled.
//!
//! To add a backend, give it a line in each macro here, in each type that [`one_of!`] defines, and where its name is needed, in
//! `builtin.rs`.

/// Defines such a type; what a backend has of its kind converts into it.
macro_rules! one_of {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident {
            $($feature:literal => $variant:ident($(#[$of_inner:meta])? $inner:ty),)+
        }
    ) => {
        $(#[$attribute])*
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("The one of the feature `", $feature, "`.")]
                #[cfg(feature = $feature)]
                $variant($(#[$of_inner])? $inner),
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
        each!($self, Self, $inner => $body)
    };
    // `$kind`: the type whose variants are matched.
    ($self:expr, $kind:ident, $inner:ident => $body:expr) => {
        match $self {
            #[cfg(feature = "tokio")]
            $kind::Tokio($inner) => $body,
            #[cfg(feature = "sim")]
            $kind::Sim($inner) => $body,
            #[cfg(not(any(feature = "tokio", feature = "sim")))]
            _ => unreachable!("there is no value without a backend"),
        }
    };
}

/// Makes one of two: `make` of what is inside of both, with the variant of `Self` it belongs in; or else, if they are of two
/// backends, what is said for that case.
macro_rules! join {
    ($left:ident: $left_type:ident, $right:ident: $right_type:ident, $make:path, else $other:expr) => {
        match ($left, $right) {
            #[cfg(feature = "tokio")]
            ($left_type::Tokio(left), $right_type::Tokio(right)) => $make(left, right, Self::Tokio),
            #[cfg(feature = "sim")]
            ($left_type::Sim(left), $right_type::Sim(right)) => $make(left, right, Self::Sim),
            #[allow(unreachable_patterns, reason = "there may be only one backend")]
            ($left, $right) => $other,
        }
    };
}

/// Does something with what is inside, if that has a socket of the operating system; fails otherwise. The trait is that which says
/// whether it was closed.
macro_rules! with_socket {
    ($value:expr, $type:ident: $trait:ident, $inner:ident => $body:expr) => {
        match $value {
            #[cfg(feature = "tokio")]
            $type::Tokio($inner) => $body,
            #[cfg(feature = "sim")]
            $type::Sim($inner) => {
                use ::easynet_core::net::$trait as _;

                Err($crate::net::delegate::no_socket($inner.is_closing()))
            }
            #[cfg(not(any(feature = "tokio", feature = "sim")))]
            _ => unreachable!("there is no value without a backend"),
        }
    };
}

pub(crate) use each;
pub(crate) use join;
pub(crate) use one_of;
pub(crate) use with_socket;
