//! The loop that accepts connections.

use std::{
    future::{Future, poll_fn},
    io,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use super::{PAUSE, control::Control, no_group};
use crate::{
    backend::AsyncBackend,
    group::{GroupError, GroupHandle},
    net::{AsyncListener, AsyncStreamTransport, Closed, os_error},
};

/// What names the peer of a stream that `L` accepts.
type AddressOf<L> = <<L as AsyncListener>::Stream as AsyncStreamTransport>::Address;

/// How long to wait once for connections that the runtime has not heard of yet: it asks the system between two turns only.
const LAST_CALL: Duration = Duration::from_millis(1);
/// How many are taken at most after closing: as many as Linux lets wait. Who comes meanwhile must not put off the end for ever.
const LAST_ONES: usize = 4096;
/// After so many at once a runtime may say that there is none, for the sake of other tasks.
const MANY: usize = 64;

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
    let mut handle = |stream: L::Stream, peer: AddressOf<L>| {
        // A connection that nobody would handle must not keep the loop turning.
        if group.core().is_cancelled() || group.is_closed() {
            return Err(no_group());
        }
        let handling = control.count(handler(stream));
        group.start_soon_as(Some(format!("conn {peer}").into()), location, handling);
        Ok(())
    };
    let error = loop {
        match control.with_room(listener.accept()).await {
            Ok((stream, peer)) => handle(stream, peer)?,
            Err(error) if os_error::is_capacity(&error) => {
                tracing::error!(target: "easynet", %error, "cannot accept connections for lack of room: trying again soon");
                if let Err(closed) = control.unless_closed(group.backend().sleep(PAUSE)).await {
                    break closed;
                }
            }
            Err(error) => break error,
        }
    };
    if Closed::is(&error) {
        if control.is_closed() && !listener.is_closing() {
            take_the_last(&mut listener, &group, &control, handle).await?;
        }
        listener.abort();
    }
    Err(error)
}

/// Handles who was waiting in the backlog when serving was closed: to the client this is a connection, and its request is on its way.
async fn take_the_last<L, B, E>(
    listener: &mut L,
    group: &GroupHandle<B, E>,
    control: &Control,
    mut handle: impl FnMut(L::Stream, AddressOf<L>) -> io::Result<()>,
) -> io::Result<()>
where
    L: AsyncListener,
    B: AsyncBackend,
    E: GroupError,
{
    let (mut total, mut called) = (0, false);
    while total < LAST_ONES {
        let mut taken = 0;
        while total + taken < LAST_ONES && control.has_room() {
            let Some(accepted) = waiting(listener).await else {
                break;
            };
            // It ends in any case: what keeps others from being taken changes nothing.
            let Ok((stream, peer)) = accepted else {
                return Ok(());
            };
            handle(stream, peer)?;
            taken += 1;
        }
        total += taken;
        if !control.has_room() {
            break;
        }
        if taken >= MANY {
            group.backend().coro_yield().await;
        } else if !called {
            called = true;
            group.backend().sleep(LAST_CALL).await;
        } else {
            // Nothing may come between the last answer of the system and the end.
            break;
        }
    }
    Ok(())
}

/// The next connection, if there is one.
async fn waiting<L: AsyncListener>(listener: &mut L) -> Option<io::Result<(L::Stream, AddressOf<L>)>> {
    let mut accept = listener.accept();
    poll_fn(|cx| match Pin::new(&mut accept).poll(cx) {
        Poll::Ready(accepted) => Poll::Ready(Some(accepted)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
