//! Transports and listeners.
pub trait AsyncStreamTransport: Send + 'static {}
pub trait AsyncListener: Send + 'static { type Stream: AsyncStreamTransport; }
#[derive(Debug, Clone)]
pub struct ListenOptions {}
