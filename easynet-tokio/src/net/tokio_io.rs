//! The I/O traits of tokio, for our transports.

/// Passes them on to the field `inner`, after a checkpoint.
macro_rules! traits {
    (read [$($generics:tt)*] $transport:ty) => {
        impl<$($generics)*> ::tokio::io::AsyncRead for $transport {
            fn poll_read(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buffer: &mut ::tokio::io::ReadBuf<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                ::easynet_core::net::checkpoint(cx, |cx| match &mut self.get_mut().inner {
                    Some(inner) => ::std::pin::Pin::new(inner).poll_read(cx, buffer),
                    None => ::std::task::Poll::Ready(Err(::easynet_core::net::Closed::new().into())),
                })
            }
        }
    };
    (write [$($generics:tt)*] $transport:ty) => {
        impl<$($generics)*> ::tokio::io::AsyncWrite for $transport {
            fn poll_write(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                data: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                ::futures_io::AsyncWrite::poll_write(self, cx, data)
            }

            fn poll_write_vectored(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                chunks: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                ::futures_io::AsyncWrite::poll_write_vectored(self, cx, chunks)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                ::futures_io::AsyncWrite::poll_flush(self, cx)
            }

            /// As `send_eof`.
            fn poll_shutdown(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                ::futures_io::AsyncWrite::poll_close(self, cx)
            }
        }
    };
}

pub(super) use traits;
