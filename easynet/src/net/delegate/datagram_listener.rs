//! Datagram listeners, and what sends from their sockets.

/// A listener with its senders: `datagram_listener!(Listener, Sender, Address)`.
macro_rules! datagram_listener {
    ($listener:ident, $sender:ident, $address:ty) => {
        impl ::easynet_core::net::AsyncDatagramListener for $listener {
            type Backend = $crate::BuiltinBackend;
            type Address = $address;
            type Sender = $sender;

            fn backend(&self) -> $crate::BuiltinBackend {
                each!(self, inner => inner.backend().into())
            }

            #[inline]
            fn poll_recv_from(
                &mut self,
                cx: &mut ::std::task::Context<'_>,
                buffer: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<(::easynet_core::net::DatagramLength, $address)>> {
                each!(self, inner => inner.poll_recv_from(cx, buffer))
            }

            fn sender(&self) -> $sender {
                each!(self, inner => inner.sender().into())
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

        impl ::easynet_core::net::AsyncDatagramSender for $sender {
            type Address = $address;

            async fn transmit<'a>(&'a self, data: &'a [u8], address: &'a $address) -> ::std::io::Result<()> {
                each!(self, inner => inner.transmit(data, address).await)
            }
        }
    };
}

pub(in crate::net) use datagram_listener;
