//! Bounded channels between tasks: those of the crate [async-channel](async_channel), as they are.
//!
//! Any number of tasks send, and any number receive; each message goes to one of them, and who sends waits as long as the
//! channel is full. They are not made anew here because these keep the rules of the module [above](super): they
//! need no runtime, a message that is there is received in a cancelled scope too, and whoever is dropped while it waits has
//! neither received nor sent anything, and passes its turn on. (flume and tokio's could be used as well; the one spins, the
//! other is part of a runtime. futures' have one receiver.)
//!
//! There is none without a bound: it would only hide that somebody is too slow.
//!
//! # Cancellation
//!
//! Safe to cancel: no message is lost on the way. One that was to be sent, and has not been, is dropped with
//! the future.
//!
//! # Examples
//!
//! ```
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() -> Result<(), easynet::TaskGroupError> {
//! use easynet::{prelude::*, sync::channel::bounded};
//!
//! let (sender, receiver) = bounded(2);
//! task_group!(|group| {
//!     group.start_soon(async move {
//!         for n in 0..10 {
//!             sender.send(n).await?;
//!         }
//!         Ok::<_, easynet::BoxError>(()) // The channel is closed: there is no sender any more.
//!     });
//!     let mut sum = 0;
//!     while let Ok(n) = receiver.recv().await {
//!         sum += n;
//!     }
//!     assert_eq!(sum, 45);
//! })
//! # }
//! ```

pub use async_channel::{
    Receiver, RecvError, SendError, Sender, TryRecvError, TrySendError, WeakReceiver, WeakSender, bounded,
};
