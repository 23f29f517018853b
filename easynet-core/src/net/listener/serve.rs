//! The accept loop.

use std::{future::Future, io, panic::Location, time::Duration};

use super::AsyncListener;
use crate::{
    backend::AsyncBackend,
    group::{GroupError, GroupHandle},
    net::os_error,
};

/// How long to wait for room, when the machine has none for another connection.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn serve<L, B, E, H, F>(
    mut listener: L,
    group: GroupHandle<B, E>,
    mut handler: H,
    location: &'static Location<'static>,
) -> io::Result<()>
where
    L: AsyncListener,
    B: AsyncBackend,
    E: GroupError,
    H: FnMut(L::Stream) -> F + Send,
    F: Future<Output = Result<(), E>> + Send + 'static,
{
    loop {
        match listener.accept().await {
            // A connection that nobody would handle must not keep the loop turning.
            Ok(_) if group.core().is_cancelled() || group.is_closed() => return Err(no_group()),
            Ok((stream, peer)) => {
                group.start_soon_as(Some(format!("conn {peer}").into()), location, handler(stream));
            }
            Err(error) if os_error::is_capacity(&error) => {
                tracing::error!(target: "easynet", %error, "cannot accept connections for lack of room: trying again soon");
                group.backend().sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn no_group() -> io::Error {
    io::Error::other("the task group that was to run the handlers has been cancelled or has closed")
}
