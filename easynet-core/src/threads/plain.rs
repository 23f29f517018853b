//! What a plain call may return.

/// A value that a plain call through a portal may return: whatever is [`Unpin`], as almost everything is but the futures of asynchronous functions.
///
/// A future would be handed out to a thread that cannot run it: there is [`run_coroutine`](super::PortalHandle::run_coroutine). A value that
/// must not move, or a future that is meant to be handed out, is returned in a box, pinned.
#[diagnostic::on_unimplemented(
    message = "`run_sync` calls plain functions, and this one is asynchronous: call it, and give its future to `run_coroutine`",
    label = "returns `{Self}`, which nobody would run",
    note = "`run_coroutine_soon` is to `run_sync_soon` what `run_coroutine` is to `run_sync`"
)]
pub trait PlainValue {}

// Its own reason would hide what is said above.
#[diagnostic::do_not_recommend]
impl<T: Unpin> PlainValue for T {}
