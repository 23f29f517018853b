//! Opening sockets.

use std::{future::poll_fn, io, net::SocketAddr};

use easynet_core::net::{BindOptions, ConnectOptions, ListenOptions};
#[cfg(unix)]
use easynet_core::net::{UnixAddress, UnixBindOptions};

use super::{
    Network, SimStream, SimTcpListener, SimTcpStream, SimUdpEndpoint, SimUdpListener, address::SimAddress,
    connection::Side, datagram::Post, socket::Socket, wakeups::Wakeups, world::World,
};
#[cfg(unix)]
use super::{SimUnixDatagramEndpoint, SimUnixDatagramListener, SimUnixListener, SimUnixStream};
use crate::host::here;

/// Opens a connection; waits while the backlog of the listener is full.
pub(crate) async fn connect_tcp(
    network: &Network,
    address: SocketAddr,
    options: &ConnectOptions,
) -> io::Result<SimTcpStream> {
    let host = here(network);
    connect(network, |world, wakeups| {
        world.connect(host, address, options.local(), wakeups)
    })
    .await
}

pub(crate) fn listen_tcp(
    network: &Network,
    address: SocketAddr,
    options: &ListenOptions,
) -> io::Result<SimTcpListener> {
    let host = here(network);
    let listener = network.change(|world, _| world.listen(host, address, options))?;
    Ok(SimTcpListener::new(network.clone(), listener))
}

pub(crate) fn connect_udp(
    network: &Network,
    address: SocketAddr,
    options: &ConnectOptions,
) -> io::Result<SimUdpEndpoint> {
    let host = here(network);
    let id = network.change(|world, _| world.connect_udp(host, address, options.local()))?;
    Ok(SimUdpEndpoint::new(Post::new(network.clone(), id)))
}

pub(crate) fn bind_udp(
    network: &Network,
    address: SocketAddr,
    options: &BindOptions,
) -> io::Result<SimUdpListener> {
    let host = here(network);
    let id = network.change(|world, _| world.bind_udp(host, address, options))?;
    Ok(SimUdpListener::new(Post::new(network.clone(), id)))
}

/// Opens a connection to a Unix socket; waits while the backlog of the listener is full.
#[cfg(unix)]
pub(crate) async fn connect_unix(
    network: &Network,
    address: &UnixAddress,
    local: Option<&UnixAddress>,
) -> io::Result<SimUnixStream> {
    let host = here(network);
    connect(network, |world, wakeups| {
        world.connect_unix(host, address, local, wakeups)
    })
    .await
}

#[cfg(unix)]
pub(crate) fn listen_unix(
    network: &Network,
    address: &UnixAddress,
    options: &UnixBindOptions,
) -> io::Result<SimUnixListener> {
    let host = here(network);
    let listener = network.change(|world, _| world.listen_unix(host, address, options))?;
    Ok(SimUnixListener::new(network.clone(), listener))
}

#[cfg(unix)]
pub(crate) fn connect_unix_datagram(
    network: &Network,
    address: &UnixAddress,
    local: Option<&UnixAddress>,
) -> io::Result<SimUnixDatagramEndpoint> {
    let host = here(network);
    let id = network.change(|world, _| world.connect_unix_datagram(host, address, local))?;
    Ok(SimUnixDatagramEndpoint::new(Post::new(network.clone(), id)))
}

#[cfg(unix)]
pub(crate) fn bind_unix_datagram(
    network: &Network,
    address: &UnixAddress,
    options: &UnixBindOptions,
) -> io::Result<SimUnixDatagramListener> {
    let host = here(network);
    let id = network.change(|world, _| world.bind_unix_datagram(host, address, options))?;
    Ok(SimUnixDatagramListener::new(Post::new(network.clone(), id)))
}

/// Begins a connection, and waits for it.
async fn connect<A: SimAddress>(
    network: &Network,
    begin: impl FnOnce(&mut World, &mut Wakeups) -> io::Result<usize>,
) -> io::Result<SimStream<A>> {
    let connection = network.change(begin)?;
    let socket = Socket::new(network.clone(), connection, Side::Client);
    poll_fn(|cx| socket.poll_connected(cx)).await?;
    Ok(SimStream::new(socket))
}
