//! Opening sockets.

use std::{io, net::SocketAddr};

use easynet_core::net::{BindOptions, ConnectOptions, ListenOptions, socket};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::{TokioTcpListener, TokioTcpStream, TokioUdpEndpoint, TokioUdpListener};

pub(crate) async fn connect_tcp(address: SocketAddr, options: &ConnectOptions) -> io::Result<TokioTcpStream> {
    let stream = if options.local().is_empty() {
        TcpStream::connect(address).await?
    } else {
        let socket = socket::tcp_socket(address, options)?;
        TcpSocket::from_std_stream(socket.into()).connect(address).await?
    };
    socket::prepare_stream(&stream)?;
    Ok(stream.into())
}

pub(crate) fn listen_tcp(address: SocketAddr, options: &ListenOptions) -> io::Result<TokioTcpListener> {
    Ok(TcpListener::from_std(socket::listen_tcp(address, options)?)?.into())
}

pub(crate) fn connect_udp(address: SocketAddr, options: &ConnectOptions) -> io::Result<TokioUdpEndpoint> {
    Ok(UdpSocket::from_std(socket::connect_udp(address, options)?)?.into())
}

pub(crate) fn bind_udp(address: SocketAddr, options: &BindOptions) -> io::Result<TokioUdpListener> {
    Ok(UdpSocket::from_std(socket::bind_udp(address, options)?)?.into())
}

#[cfg(unix)]
pub(crate) use self::unix::{bind_unix_datagram, connect_unix, connect_unix_datagram, listen_unix};

#[cfg(unix)]
mod unix {
    use std::{io, time::Duration};

    use easynet_core::{
        AsyncBackend,
        net::{UnixAddress, UnixBindOptions, socket},
    };
    use tokio::net::{UnixDatagram, UnixListener, UnixStream};

    use crate::{
        TokioBackend,
        net::{
            TokioDatagramListener, TokioListener, TokioUnixDatagramEndpoint, TokioUnixDatagramListener,
            TokioUnixListener, TokioUnixStream,
        },
    };

    /// How long to wait before another attempt, while a listener has no room for another connection: nobody tells when it has.
    ///
    /// It doubles with each attempt, up to the second.
    const AGAIN: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];

    pub(crate) async fn connect_unix(
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<TokioUnixStream> {
        let bound = match local {
            None => socket::unix_stream_socket(None)?,
            Some(local) => {
                let local = local.clone();
                blocking(move || socket::unix_stream_socket(Some(&local))).await?
            }
        };
        let mut again = AGAIN[0];
        loop {
            match socket::connect_unix(&bound.socket, address) {
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    tokio::time::sleep(again).await;
                    again = AGAIN[1].min(again * 2);
                }
                Err(error) => return Err(error),
            }
        }
        let (socket, _) = bound.into_parts();
        Ok(UnixStream::from_std(socket.into())?.into())
    }

    pub(crate) async fn listen_unix(
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<TokioUnixListener> {
        let (address, options) = (address.clone(), options.clone());
        let bound = blocking(move || socket::listen_unix(&address, &options)).await?;
        let (listener, file) = bound.into_parts();
        Ok(TokioListener::from(UnixListener::from_std(listener)?).with_file(file))
    }

    pub(crate) async fn connect_unix_datagram(
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<TokioUnixDatagramEndpoint> {
        let bound = match local {
            None => socket::connect_unix_datagram(address, None)?,
            Some(local) => {
                let (address, local) = (address.clone(), local.clone());
                blocking(move || socket::connect_unix_datagram(&address, Some(&local))).await?
            }
        };
        let (socket, _) = bound.into_parts();
        Ok(UnixDatagram::from_std(socket)?.into())
    }

    pub(crate) async fn bind_unix_datagram(
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<TokioUnixDatagramListener> {
        let (address, options) = (address.clone(), options.clone());
        let bound = blocking(move || socket::bind_unix_datagram(&address, &options)).await?;
        let (socket, file) = bound.into_parts();
        Ok(TokioDatagramListener::from(UnixDatagram::from_std(socket)?).with_file(file))
    }

    /// Runs what touches the file system. If nobody waits for it any more, what it opens is closed and removed.
    async fn blocking<T: Send + 'static>(open: impl FnOnce() -> T + Send + 'static) -> T {
        TokioBackend::new().run_blocking(open).await
    }
}
