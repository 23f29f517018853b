//! UDP, of whichever backend runs.

use std::net::SocketAddr;

use easynet_core::{
    AsyncBackend,
    net::{CreateUdpEndpoint, CreateUdpListeners, Hosts},
};

use super::delegate::{datagram, datagram_listener, socket};
use crate::{
    BuiltinBackend,
    builtin::{
        ambient,
        variants::{each, join, one_of, with_socket},
    },
};

one_of! {
    /// A UDP socket of a built-in backend, with one peer.
    ///
    /// Opened by [`create_udp_endpoint`], or [wrapped](super::wrap_connected_datagram_socket). Dropping it closes it.
    #[derive(Debug)]
    pub enum UdpEndpoint {
        "tokio" => Tokio(easynet_tokio::TokioUdpEndpoint),
        "sim" => Sim(easynet_sim::SimUdpEndpoint),
    }
}

one_of! {
    /// What a [`UdpEndpoint`] that was split receives with.
    #[derive(Debug)]
    pub enum UdpReadHalf {
        "tokio" => Tokio(easynet_tokio::TokioUdpReadHalf),
        "sim" => Sim(easynet_sim::SimUdpReadHalf),
    }
}

one_of! {
    /// What a [`UdpEndpoint`] that was split sends with.
    #[derive(Debug)]
    pub enum UdpWriteHalf {
        "tokio" => Tokio(easynet_tokio::TokioUdpWriteHalf),
        "sim" => Sim(easynet_sim::SimUdpWriteHalf),
    }
}

one_of! {
    /// A UDP socket of a built-in backend, that anybody may send to.
    ///
    /// Opened by [`create_udp_listeners`]. Dropping it ends receiving; the last of its senders closes the socket.
    #[derive(Debug)]
    pub enum UdpListener {
        "tokio" => Tokio(easynet_tokio::TokioUdpListener),
        "sim" => Sim(easynet_sim::SimUdpListener),
    }
}

one_of! {
    /// What sends from the socket of a [`UdpListener`], in any task: clone it as needed.
    #[derive(Debug, Clone)]
    pub enum UdpSender {
        "tokio" => Tokio(easynet_tokio::TokioUdpSender),
        "sim" => Sim(easynet_sim::SimUdpSender),
    }
}

datagram!(UdpEndpoint, UdpReadHalf, UdpWriteHalf, SocketAddr);
datagram_listener!(UdpListener, UdpSender, SocketAddr);
socket!(UdpEndpoint: AsyncDatagramTransport, tokio::net::UdpSocket, std::net::UdpSocket);
socket!(UdpListener: AsyncDatagramListener, tokio::net::UdpSocket);

/// Opens a UDP endpoint to a host: a name, or an IP address.
///
/// It exchanges datagrams with that peer only. Nothing is sent yet: it does not say that anybody is there.
/// [`local_address`](CreateUdpEndpoint::local_address) and [`family`](CreateUdpEndpoint::family) are its options. More in
/// [`AsyncBackend::create_udp_endpoint`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. A checkpoint (C3).
///
/// # Errors
///
/// [`ConnectError`](super::ConnectError), with what every address answered, or the error of the resolver.
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn create_udp_endpoint(host: &str, port: u16) -> CreateUdpEndpoint<'_, BuiltinBackend> {
    ambient().create_udp_endpoint(host, port)
}

/// Opens UDP listeners on hosts: `None` for all interfaces, one, or several; names or IP addresses.
///
/// There is one for each address, IPv4 before IPv6, and none twice. With port 0 each gets a free one.
/// [`reuse_port`](CreateUdpListeners::reuse_port) is its option. More in [`AsyncBackend::create_udp_listeners`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. What was open is closed. A checkpoint (C3).
///
/// # Errors
///
/// [`BindError`](super::BindError), with what every address that failed answered, or the error of the resolver. No listener is
/// left open.
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn create_udp_listeners(hosts: impl Into<Hosts>, port: u16) -> CreateUdpListeners<BuiltinBackend> {
    ambient().create_udp_listeners(hosts, port)
}
