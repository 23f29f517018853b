//! Datagram sockets.

mod endpoint;
mod listener;
mod post;

pub(super) use self::post::Post;
pub use self::{
    endpoint::{SimDatagramEndpoint, SimDatagramReadHalf, SimDatagramWriteHalf},
    listener::{SimDatagramListener, SimDatagramSender},
};
