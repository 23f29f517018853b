//! Opening TCP connections and UDP endpoints.

mod eyeballs;
mod local;
mod tcp;
mod udp;

pub use self::{
    local::{ConnectOptions, LocalAddress},
    tcp::CreateTcpConnection,
    udp::CreateUdpEndpoint,
};
