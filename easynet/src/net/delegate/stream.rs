//! Streams, and their halves.

/// A stream with its halves: `stream!(Stream, ReadHalf, WriteHalf, Address)`.
macro_rules! stream {
    ($stream:ident, $read:ident, $write:ident, $address:ty) => {
        $crate::net::delegate::stream!(read $stream);
        $crate::net::delegate::stream!(write $stream);
        $crate::net::delegate::stream!(read $read);
        $crate::net::delegate::stream!(write $write);
        $crate::net::delegate::stream!(addresses $read, $address);
        $crate::net::delegate::stream!(addresses $write, $address);

        impl ::easynet_core::net::AsyncStreamTransport for $stream {
            type Backend = $crate::BuiltinBackend;
            type Address = $address;
            type ReadHalf = $read;
            type WriteHalf = $write;

            fn backend(&self) -> $crate::BuiltinBackend {
                each!(self, inner => inner.backend().into())
            }

            fn poll_close(&mut self, cx: &mut ::std::task::Context<'_>) -> ::std::task::Poll<::std::io::Result<()>> {
                each!(self, inner => inner.poll_close(cx))
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
                    $crate::net::delegate::reunite_stream,
                    else Err(::easynet_core::net::NotOneStream::new(read, write))
                )
            }
        }
    };
    (read $type:ident) => {
        impl ::easynet_core::net::AsyncStreamReadTransport for $type {
            #[inline]
            fn poll_recv(
                &mut self,
                cx: &mut ::std::task::Context<'_>,
                buffer: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                each!(self, inner => inner.poll_recv(cx, buffer))
            }
        }

        easynet_core::futures_io_traits!(read $type);
        #[cfg(feature = "tokio")]
        $crate::net::delegate::tokio_io!(read $type);
    };
    (write $type:ident) => {
        impl ::easynet_core::net::AsyncStreamWriteTransport for $type {
            #[inline]
            fn poll_send(
                &mut self,
                cx: &mut ::std::task::Context<'_>,
                data: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                each!(self, inner => inner.poll_send(cx, data))
            }

            fn poll_send_vectored(
                &mut self,
                cx: &mut ::std::task::Context<'_>,
                pieces: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                each!(self, inner => inner.poll_send_vectored(cx, pieces))
            }

            fn poll_send_eof(
                &mut self,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                each!(self, inner => inner.poll_send_eof(cx))
            }
        }

        easynet_core::futures_io_traits!(write $type);
        #[cfg(feature = "tokio")]
        $crate::net::delegate::tokio_io!(write $type);
    };
    (addresses $half:ident, $address:ty) => {
        impl $half {
            /// The address of our end.
            ///
            /// # Errors
            ///
            /// Those of the operating system; [`Closed`](crate::net::Closed) if the stream was closed before it was split.
            pub fn local_address(&self) -> ::std::io::Result<$address> {
                each!(self, inner => inner.local_address())
            }

            /// The address of the other end.
            ///
            /// # Errors
            ///
            /// As [`local_address`](Self::local_address); also when the connection is gone.
            pub fn peer_address(&self) -> ::std::io::Result<$address> {
                each!(self, inner => inner.peer_address())
            }
        }
    };
}

pub(in crate::net) use stream;
