//! The socket of the operating system inside, if there is one.

/// A conversion from tokio's type, and the way to the socket's options: `socket!(Type: Trait, tokio's)`; with a conversion into std's
/// type, where there is just the socket: `socket!(Type: Trait, tokio's, std's)`.
macro_rules! socket {
    ($type:ident: $trait:ident, $tokio:ty, $std:ty) => {
        $crate::net::delegate::socket!($type: $trait, $tokio);

        /// Gives the socket up, as one that blocks.
        ///
        /// Fails if it was closed, and in a simulation, which has no sockets of the operating system.
        impl TryFrom<$type> for $std {
            type Error = ::std::io::Error;

            fn try_from(transport: $type) -> ::std::io::Result<Self> {
                with_socket!(transport, $type: $trait, inner => inner.try_into())
            }
        }
    };
    ($type:ident: $trait:ident, $tokio:ty) => {
        #[cfg(feature = "tokio")]
        impl From<$tokio> for $type {
            fn from(socket: $tokio) -> Self {
                Self::Tokio(socket.into())
            }
        }

        impl $type {
            /// The socket of the operating system, for its options: see [`SockRef`](socket2::SockRef) of the crate `socket2`, and the
            /// [example](crate::net#options-of-sockets).
            ///
            /// # Errors
            ///
            /// [`Closed`](crate::net::Closed) after our own close. Of kind [`Unsupported`](std::io::ErrorKind::Unsupported) in a
            /// simulation, which has no sockets of the operating system.
            pub fn as_socket(&self) -> ::std::io::Result<::socket2::SockRef<'_>> {
                with_socket!(self, $type: $trait, inner => inner.as_socket())
            }
        }
    };
}

pub(in crate::net) use socket;
