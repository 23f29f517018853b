//! Sockets of the operating system, set up alike for every backend that uses them.
//!
//! All that is here is for backends. What makes a socket yields one that does not block and is not inherited; what receives and sends
//! answers [`WouldBlock`](std::io::ErrorKind::WouldBlock) when it would have to wait, and may answer
//! [`Interrupted`](std::io::ErrorKind::Interrupted), which is to be tried again at once. What std has a call for (streams, sending a
//! datagram, accepting) is not here: std's sockets do as well.

mod inet;
mod resolver;
#[cfg(unix)]
mod transfer;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod unix_file;

pub use self::{
    inet::{bind_udp, connect_tcp, connect_udp, listen_tcp, prepare_stream, tcp_socket},
    resolver::{lookup_addresses, lookup_names},
};
#[cfg(unix)]
pub use self::{
    transfer::{
        recv_datagram, recv_datagram_from, recv_datagram_from_unix, recv_with_fds, recv_with_fds_from,
        send_to_unix, send_with_fds, send_with_fds_to,
    },
    unix::{
        BoundUnix, bind_unix_datagram, connect_unix, connect_unix_datagram, listen_unix, unix_stream_socket,
    },
    unix_file::UnixFile,
};
