//! Unix sockets: addresses, credentials, descriptors that travel with the data.

mod address;
mod bind;
mod builders;
mod credentials;
mod datagrams;
mod fds;
mod stream;

pub use self::{
    address::UnixAddress,
    bind::UnixBindOptions,
    builders::{
        CreateUnixDatagramEndpoint, CreateUnixDatagramListener, CreateUnixStreamConnection,
        CreateUnixStreamListener,
    },
    credentials::PeerCredentials,
    datagrams::{
        AsyncUnixDatagramListener, AsyncUnixDatagramSender, AsyncUnixDatagramTransport, DatagramRecvWithFds,
        DatagramSendWithFds, RecvFromWithFds,
    },
    fds::{MAX_FDS, ReceivedFds},
    stream::{AsyncUnixStreamTransport, RecvWithFds, SendAllWithFds},
};
