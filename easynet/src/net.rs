//! Networking.

mod delegate;
mod names;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;
mod wrap;

pub use easynet_core::net::{
    AddrInfo, AddrInfoQuery, AddressFamily, AsyncDatagramListener, AsyncDatagramReadTransport,
    AsyncDatagramSender, AsyncDatagramTransport, AsyncDatagramWriteTransport, AsyncListener,
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, BindError, BindOptions,
    Closed, Closer, ConnectError, ConnectOptions, CreateTcpConnection, CreateTcpListeners, CreateUdpEndpoint,
    CreateUdpListeners, DatagramLength, DatagramSocket, GetAddrInfo, GetNameInfo, Hosts, ListenOptions,
    LocalAddress, LookupError, MAX_DATAGRAM, NameInfoFlags, NotOneStream, Serve, Service, SocketKind,
    StapledStreamTransport, StreamSocket, WrapError, Wrapped,
};
#[cfg(unix)]
pub use easynet_core::net::{
    AsyncUnixDatagramListener, AsyncUnixDatagramSender, AsyncUnixDatagramTransport, AsyncUnixStreamTransport,
    CreateUnixDatagramEndpoint, CreateUnixDatagramListener, CreateUnixStreamConnection,
    CreateUnixStreamListener, MAX_FDS, PeerCredentials, ReceivedFds, UnixAddress, UnixBindOptions,
};

#[cfg(unix)]
pub use self::unix::{
    UnixDatagramEndpoint, UnixDatagramListener, UnixDatagramReadHalf, UnixDatagramSender,
    UnixDatagramWriteHalf, UnixListener, UnixReadHalf, UnixStream, UnixWriteHalf,
    create_unix_datagram_endpoint, create_unix_datagram_listener, create_unix_stream_connection,
    create_unix_stream_listener,
};
pub use self::{
    names::{getaddrinfo, getnameinfo},
    tcp::{TcpListener, TcpReadHalf, TcpStream, TcpWriteHalf, create_tcp_connection, create_tcp_listeners},
    udp::{
        UdpEndpoint, UdpListener, UdpReadHalf, UdpSender, UdpWriteHalf, create_udp_endpoint,
        create_udp_listeners,
    },
    wrap::{wrap_connected_datagram_socket, wrap_stream_socket},
};
