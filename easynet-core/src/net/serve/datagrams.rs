//! The loop that receives datagrams.

use std::{future::Future, io, panic::Location, sync::Arc};

use super::{PAUSE, control::Control, no_group, turn::Queue};
use crate::{
    backend::AsyncBackend,
    group::{GroupError, GroupHandle},
    net::{AsyncDatagramListener, MAX_DATAGRAM, os_error},
};

pub(in crate::net) async fn datagrams<L, B, E, H, F>(
    mut listener: L,
    group: GroupHandle<B, E>,
    mut handler: H,
    location: &'static Location<'static>,
    control: Arc<Control>,
) -> io::Result<()>
where
    L: AsyncDatagramListener,
    B: AsyncBackend,
    E: GroupError,
    H: FnMut(Vec<u8>, L::Address) -> F + Send,
    F: Future<Output = Result<(), E>> + Send + 'static,
{
    let (mut buffer, mut queue) = (vec![0; MAX_DATAGRAM], Queue::default());
    loop {
        let received = control.with_room(listener.recv_into_from(&mut buffer)).await;
        let (received, peer) = match received {
            Ok(received) => received,
            Err(error) if os_error::is_capacity(&error) => {
                tracing::error!(target: "easynet", %error, "cannot receive datagrams for lack of room: trying again soon");
                control.unless_closed(group.backend().sleep(PAUSE)).await?;
                continue;
            }
            Err(error) if os_error::is_of_one_datagram(&error) => {
                tracing::warn!(target: "easynet", %error, "a datagram was lost");
                continue;
            }
            Err(error) => return Err(error),
        };
        // A datagram that nobody would handle must not keep the loop turning.
        if group.core().is_cancelled() || group.is_closed() {
            return Err(no_group());
        }
        let data = buffer[..received.len()].to_vec();
        let handling = control.count(queue.line_up(handler(data, peer)));
        group.start_soon_as(None, location, handling);
    }
}
