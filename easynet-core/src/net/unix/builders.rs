//! Opening Unix sockets.

use std::{
    fmt,
    future::{Future, IntoFuture},
    io,
    pin::Pin,
};

use super::{UnixAddress, UnixBindOptions};
use crate::{backend::AsyncBackend, net::checkpoint::opening};

/// Boxed: opening a socket takes many times what an allocation does.
type Opening<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// A Unix connection to be opened: await it. See [`AsyncBackend::create_unix_stream_connection`].
#[must_use = "nothing is connected unless it is awaited"]
pub struct CreateUnixStreamConnection<B> {
    backend: B,
    address: UnixAddress,
    local: Option<UnixAddress>,
}

impl<B: AsyncBackend> CreateUnixStreamConnection<B> {
    pub(crate) fn new(backend: B, address: UnixAddress) -> Self {
        Self {
            backend,
            address,
            local: None,
        }
    }

    /// Binds our end first, so that the peer sees its name. The file stays when the stream is closed.
    ///
    /// Of an unnamed address the kernel makes an abstract name (Linux).
    pub fn local_path(mut self, local: impl Into<UnixAddress>) -> Self {
        self.local = Some(local.into());
        self
    }

    async fn open(self) -> io::Result<B::UnixStream> {
        check(&self.address, self.local.as_ref())?;
        self.backend
            .connect_unix(&self.address, self.local.as_ref())
            .await
    }
}

impl<B: AsyncBackend> IntoFuture for CreateUnixStreamConnection<B> {
    type Output = io::Result<B::UnixStream>;
    /// Boxed.
    type IntoFuture = Opening<B::UnixStream>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(opening("create_unix_stream_connection", self.open()))
    }
}

/// A Unix datagram endpoint to be opened: await it. See [`AsyncBackend::create_unix_datagram_endpoint`].
#[must_use = "nothing is connected unless it is awaited"]
pub struct CreateUnixDatagramEndpoint<B> {
    backend: B,
    address: UnixAddress,
    local: Option<UnixAddress>,
}

impl<B: AsyncBackend> CreateUnixDatagramEndpoint<B> {
    pub(crate) fn new(backend: B, address: UnixAddress) -> Self {
        Self {
            backend,
            address,
            local: None,
        }
    }

    /// Binds our end first, so that the peer can answer. The file stays when the endpoint is closed.
    ///
    /// Of an unnamed address the kernel makes an abstract name (Linux).
    pub fn local_path(mut self, local: impl Into<UnixAddress>) -> Self {
        self.local = Some(local.into());
        self
    }

    async fn open(self) -> io::Result<B::UnixDatagramEndpoint> {
        check(&self.address, self.local.as_ref())?;
        self.backend
            .connect_unix_datagram(&self.address, self.local.as_ref())
            .await
    }
}

impl<B: AsyncBackend> IntoFuture for CreateUnixDatagramEndpoint<B> {
    type Output = io::Result<B::UnixDatagramEndpoint>;
    /// Boxed.
    type IntoFuture = Opening<B::UnixDatagramEndpoint>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(opening("create_unix_datagram_endpoint", self.open()))
    }
}

/// A Unix stream listener to be opened: await it. See [`AsyncBackend::create_unix_stream_listener`].
#[must_use = "nobody listens unless it is awaited"]
pub struct CreateUnixStreamListener<B> {
    backend: B,
    address: UnixAddress,
    options: UnixBindOptions,
}

impl<B: AsyncBackend> CreateUnixStreamListener<B> {
    pub(crate) fn new(backend: B, address: UnixAddress) -> Self {
        Self {
            backend,
            address,
            options: UnixBindOptions::new(),
        }
    }

    /// How many connections may wait to be accepted, 1024 if not said. Zero counts as one.
    pub fn backlog(mut self, connections: u32) -> Self {
        self.options.backlog = Some(connections.max(1));
        self
    }

    async fn open(self) -> io::Result<B::UnixListener> {
        check(&self.address, None)?;
        self.backend.listen_unix(&self.address, &self.options).await
    }
}

impl<B: AsyncBackend> IntoFuture for CreateUnixStreamListener<B> {
    type Output = io::Result<B::UnixListener>;
    /// Boxed.
    type IntoFuture = Opening<B::UnixListener>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(opening("create_unix_stream_listener", self.open()))
    }
}

/// A Unix datagram listener to be opened: await it. See [`AsyncBackend::create_unix_datagram_listener`].
#[must_use = "nobody listens unless it is awaited"]
pub struct CreateUnixDatagramListener<B> {
    backend: B,
    address: UnixAddress,
    options: UnixBindOptions,
}

impl<B: AsyncBackend> CreateUnixDatagramListener<B> {
    pub(crate) fn new(backend: B, address: UnixAddress) -> Self {
        Self {
            backend,
            address,
            options: UnixBindOptions::new(),
        }
    }

    async fn open(self) -> io::Result<B::UnixDatagramListener> {
        check(&self.address, None)?;
        self.backend
            .bind_unix_datagram(&self.address, &self.options)
            .await
    }
}

impl<B: AsyncBackend> IntoFuture for CreateUnixDatagramListener<B> {
    type Output = io::Result<B::UnixDatagramListener>;
    /// Boxed.
    type IntoFuture = Opening<B::UnixDatagramListener>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(opening("create_unix_datagram_listener", self.open()))
    }
}

/// What both kinds of listener have.
macro_rules! bind_options {
    ($builder:ident) => {
        impl<B: AsyncBackend> $builder<B> {
            /// Gives the file these permissions, such as `0o600`, whatever the umask says.
            ///
            /// At no time does it have wider ones (on Linux; elsewhere nobody can connect before it has these). Without, the umask
            /// decides.
            pub fn mode(mut self, mode: u32) -> Self {
                self.options.mode = Some(mode);
                self
            }

            /// Removes a socket that is left at the path, if nobody listens on it any more; not without being asked to.
            ///
            /// Anything but a socket is never removed.
            pub fn replace_stale(mut self, replace: bool) -> Self {
                self.options.replace_stale = replace;
                self
            }

            /// Removes the file when the listener is closed, if it is still the one that was made here: device and inode
            /// are compared. Without being asked to, the file stays.
            pub fn unlink_on_close(mut self, unlink: bool) -> Self {
                self.options.unlink_on_close = unlink;
                self
            }
        }

        impl<B> fmt::Debug for $builder<B> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($builder))
                    .field("address", &self.address)
                    .field("options", &self.options)
                    .finish_non_exhaustive()
            }
        }
    };
}

bind_options!(CreateUnixStreamListener);
bind_options!(CreateUnixDatagramListener);

fn check(address: &UnixAddress, local: Option<&UnixAddress>) -> io::Result<()> {
    address.check()?;
    local.map_or(Ok(()), UnixAddress::check)
}

impl<B> fmt::Debug for CreateUnixStreamConnection<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateUnixStreamConnection")
            .field("address", &self.address)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for CreateUnixDatagramEndpoint<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateUnixDatagramEndpoint")
            .field("address", &self.address)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
