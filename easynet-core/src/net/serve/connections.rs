//! The loop that accepts connections.

use std::{future::Future, io, panic::Location, sync::Arc};

use super::{PAUSE, control::Control, no_group};
use crate::{
    backend::AsyncBackend,
    group::{GroupError, GroupHandle},
    net::{AsyncListener, Closed, os_error},
};

pub(in crate::net) async fn connections<L, B, E, H, F>(
    mut listener: L,
    group: GroupHandle<B, E>,
    mut handler: H,
    location: &'static Location<'static>,
    control: Arc<Control>,
) -> io::Result<()>
where
    L: AsyncListener,
    B: AsyncBackend,
    E: GroupError,
    H: FnMut(L::Stream) -> F + Send,
    F: Future<Output = Result<(), E>> + Send + 'static,
{
    loop {
        let (stream, peer) = match control.with_room(listener.accept()).await {
            Ok(accepted) => accepted,
            Err(error) if os_error::is_capacity(&error) => {
                tracing::error!(target: "easynet", %error, "cannot accept connections for lack of room: trying again soon");
                control.unless_closed(group.backend().sleep(PAUSE)).await?;
                continue;
            }
            Err(error) => {
                if Closed::is(&error) {
                    listener.abort();
                }
                return Err(error);
            }
        };
        // A connection that nobody would handle must not keep the loop turning.
        if group.core().is_cancelled() || group.is_closed() {
            return Err(no_group());
        }
        let handling = control.count(handler(stream));
        group.start_soon_as(Some(format!("conn {peer}").into()), location, handling);
    }
}
