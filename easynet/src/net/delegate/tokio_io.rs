//! The I/O traits of tokio, for streams and their halves.

/// Implements them on top of those inside: `tokio_io!(read Type)`, `tokio_io!(write Type)`.
macro_rules! tokio_io {
    (read $transport:ty) => {
        impl ::tokio::io::AsyncRead for $transport {
            fn poll_read(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buffer: &mut ::tokio::io::ReadBuf<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                match self.get_mut() {
                    // It can fill memory that is not initialised.
                    Self::Tokio(inner) => ::std::pin::Pin::new(inner).poll_read(cx, buffer),
                    #[allow(unreachable_patterns, reason = "there may be no other backend")]
                    other => {
                        let room = buffer.initialize_unfilled();
                        let polled =
                            ::futures_io::AsyncRead::poll_read(::std::pin::Pin::new(other), cx, room);
                        polled.map_ok(|received| buffer.advance(received))
                    }
                }
            }
        }
    };
    (write $transport:ty) => {
        impl ::tokio::io::AsyncWrite for $transport {
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
                pieces: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                ::futures_io::AsyncWrite::poll_write_vectored(self, cx, pieces)
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

pub(in crate::net) use tokio_io;
