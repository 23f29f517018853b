//! Listeners of streams.

/// A listener: `listener!(Listener, Stream, Address)`.
macro_rules! listener {
    ($listener:ident, $stream:ident, $address:ty) => {
        impl ::easynet_core::net::AsyncListener for $listener {
            type Backend = $crate::BuiltinBackend;
            type Stream = $stream;

            fn backend(&self) -> $crate::BuiltinBackend {
                each!(self, inner => inner.backend().into())
            }

            fn poll_accept(
                &mut self,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<($stream, $address)>> {
                each!(self, inner => inner.poll_accept(cx).map_ok(|accepted| (accepted.0.into(), accepted.1)))
            }

            fn local_address(&self) -> ::std::io::Result<$address> {
                each!(self, inner => inner.local_address())
            }

            fn abort(&mut self) {
                each!(self, inner => inner.abort())
            }

            fn is_closing(&self) -> bool {
                each!(self, inner => inner.is_closing())
            }
        }
    };
}

pub(in crate::net) use listener;
