//! Datagram endpoints, and their halves.

/// An endpoint with its halves: `datagram!(Endpoint, ReadHalf, WriteHalf, Address)`.
macro_rules! datagram {
    ($endpoint:ident, $read:ident, $write:ident, $address:ty) => {
        $crate::net::delegate::datagram!(read $endpoint);
        $crate::net::delegate::datagram!(write $endpoint);
        $crate::net::delegate::datagram!(read $read);
        $crate::net::delegate::datagram!(write $write);

        impl ::easynet_core::net::AsyncDatagramTransport for $endpoint {
            type Backend = $crate::BuiltinBackend;
            type Address = $address;
            type ReadHalf = $read;
            type WriteHalf = $write;

            fn backend(&self) -> $crate::BuiltinBackend {
                each!(self, inner => inner.backend().into())
            }

            fn abort(&mut self) {
                each!(self, inner => inner.abort())
            }

            fn is_closing(&self) -> bool {
                each!(self, inner => inner.is_closing())
            }

            fn local_address(&self) -> ::std::io::Result<$address> {
                each!(self, inner => inner.local_address())
            }

            fn peer_address(&self) -> ::std::io::Result<$address> {
                each!(self, inner => inner.peer_address())
            }

            fn split(self) -> ($read, $write) {
                each!(self, inner => {
                    let (read, write) = inner.split();
                    (read.into(), write.into())
                })
            }

            fn reunite(
                read: $read,
                write: $write,
            ) -> Result<Self, ::easynet_core::net::NotOneStream<$read, $write>> {
                join!(
                    read: $read,
                    write: $write,
                    $crate::net::delegate::reunite_endpoint,
                    else Err(::easynet_core::net::NotOneStream::new(read, write))
                )
            }
        }
    };
    (read $type:ident) => {
        impl ::easynet_core::net::AsyncDatagramReadTransport for $type {
            #[inline]
            fn poll_recv(
                &mut self,
                cx: &mut ::std::task::Context<'_>,
                buffer: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<::easynet_core::net::DatagramLength>> {
                each!(self, inner => inner.poll_recv(cx, buffer))
            }
        }
    };
    (write $type:ident) => {
        impl ::easynet_core::net::AsyncDatagramWriteTransport for $type {
            #[inline]
            fn poll_send(
                &mut self,
                cx: &mut ::std::task::Context<'_>,
                data: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                each!(self, inner => inner.poll_send(cx, data))
            }
        }
    };
}

pub(in crate::net) use datagram;
