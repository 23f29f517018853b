//! The I/O traits of `futures`, for the transports of a backend.

/// Implements `futures::io`'s traits for a transport: `futures_io_traits!(read Type)`, `futures_io_traits!(write Type)`; for a generic
/// one, `futures_io_traits!(read [T: Bound] Type<T>)`.
///
/// For backends: it takes a macro, since a trait of another crate cannot be implemented for all transports at once.
/// Both need the crate `futures-io` under that name.
#[doc(hidden)]
#[macro_export]
macro_rules! futures_io_traits {
    (read [$($generics:tt)*] $transport:ty) => {
        impl<$($generics)*> ::futures_io::AsyncRead for $transport {
            fn poll_read(
                self: ::core::pin::Pin<&mut Self>,
                cx: &mut ::core::task::Context<'_>,
                buffer: &mut [u8],
            ) -> ::core::task::Poll<::std::io::Result<usize>> {
                if buffer.is_empty() {
                    return ::core::task::Poll::Ready(Ok(0));
                }
                $crate::net::checkpoint(cx, |cx| {
                    let polled = $crate::net::AsyncStreamReadTransport::poll_recv(self.get_mut(), cx, buffer);
                    $crate::observe::operation("poll_read", polled)
                })
            }
        }
    };
    (write [$($generics:tt)*] $transport:ty) => {
        impl<$($generics)*> ::futures_io::AsyncWrite for $transport {
            fn poll_write(
                self: ::core::pin::Pin<&mut Self>,
                cx: &mut ::core::task::Context<'_>,
                data: &[u8],
            ) -> ::core::task::Poll<::std::io::Result<usize>> {
                if data.is_empty() {
                    return ::core::task::Poll::Ready(Ok(0));
                }
                $crate::net::checkpoint(cx, |cx| {
                    let polled = $crate::net::AsyncStreamWriteTransport::poll_send(self.get_mut(), cx, data);
                    $crate::observe::operation("poll_write", polled)
                })
            }

            fn poll_write_vectored(
                self: ::core::pin::Pin<&mut Self>,
                cx: &mut ::core::task::Context<'_>,
                chunks: &[::std::io::IoSlice<'_>],
            ) -> ::core::task::Poll<::std::io::Result<usize>> {
                $crate::net::checkpoint(cx, |cx| {
                    let polled = $crate::net::AsyncStreamWriteTransport::poll_send_vectored(
                        self.get_mut(),
                        cx,
                        chunks,
                    );
                    $crate::observe::operation("poll_write_vectored", polled)
                })
            }

            /// Nothing is buffered.
            fn poll_flush(
                self: ::core::pin::Pin<&mut Self>,
                _cx: &mut ::core::task::Context<'_>,
            ) -> ::core::task::Poll<::std::io::Result<()>> {
                ::core::task::Poll::Ready(Ok(()))
            }

            /// As `send_eof`.
            fn poll_close(
                self: ::core::pin::Pin<&mut Self>,
                cx: &mut ::core::task::Context<'_>,
            ) -> ::core::task::Poll<::std::io::Result<()>> {
                $crate::net::checkpoint(cx, |cx| {
                    let polled = $crate::net::AsyncStreamWriteTransport::poll_send_eof(self.get_mut(), cx);
                    $crate::observe::operation("poll_close", polled)
                })
            }
        }
    };
    (read $transport:ty) => {
        $crate::futures_io_traits!(read [] $transport);
    };
    (write $transport:ty) => {
        $crate::futures_io_traits!(write [] $transport);
    };
}
