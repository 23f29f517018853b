//! Wakers, while the world is locked and after.

use std::task::{Context, Waker};

/// The wakers that one change of the network has to do with.
///
/// A waker is user code, as is its destructor: none is called before [`settle`](Self::settle).
pub(crate) struct Wakeups {
    /// That of the task that polls, unless it was parked.
    own: Option<Waker>,
    due: Vec<Waker>,
    /// No longer needed.
    spent: Vec<Waker>,
}

impl Wakeups {
    /// For a change that nobody waits for.
    pub(super) fn new() -> Self {
        Self {
            own: None,
            due: Vec::new(),
            spent: Vec::new(),
        }
    }

    /// For a change that the polling task waits for if it cannot be made yet.
    pub(super) fn of(cx: &Context<'_>) -> Self {
        Self {
            own: Some(cx.waker().clone()),
            ..Self::new()
        }
    }

    /// Lets the polling task wait, in place of whoever waited here before.
    pub(super) fn park(&mut self, place: &mut Option<Waker>) {
        self.spent.extend(std::mem::replace(place, self.own.take()));
    }

    /// Lets the polling task wait here beside others.
    pub(super) fn park_among(&mut self, place: &mut Vec<Waker>) {
        let Some(own) = self.own.take() else { return };
        match place.iter().any(|waker| waker.will_wake(&own)) {
            true => self.spent.push(own),
            false => place.push(own),
        }
    }

    /// Wakes all who wait here.
    pub(super) fn wake_all(&mut self, place: &mut Vec<Waker>) {
        self.due.append(place);
    }

    /// Wakes who waits here, if somebody does.
    pub(super) fn wake(&mut self, place: &mut Option<Waker>) {
        self.due.extend(place.take());
    }

    /// Lets nobody wait here any more.
    pub(super) fn forget(&mut self, place: &mut Option<Waker>) {
        self.spent.extend(place.take());
    }

    /// Wakes all who are to be woken; to be called when the world is unlocked.
    pub(super) fn settle(self) {
        self.due.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, task::Wake};

    use easynet_core::net::{AsyncListener, AsyncStreamReadTransport, ListenOptions};

    use super::*;
    use crate::net::{Network, SimTcpListener, SimTcpStream, connection::Side, socket::Socket};

    /// A waker that uses the network whenever it can.
    struct Busy(Network);

    impl Wake for Busy {
        fn wake(self: Arc<Self>) {
            self.0.change(|_, _| ());
        }
    }

    impl Drop for Busy {
        fn drop(&mut self) {
            self.0.change(|_, _| ());
        }
    }

    #[test]
    fn wakers_may_use_the_network() {
        let network = Network::new(0, std::sync::Weak::new());
        let mut polls = [(); 4]
            .map(|()| Waker::from(Arc::new(Busy(network.clone()))))
            .into_iter();
        let mut listener = {
            let any = ([127, 0, 0, 1], 0).into();
            let listener = network.change(|world, _| world.listen(0, any, &ListenOptions::new()));
            SimTcpListener::new(network.clone(), listener.unwrap())
        };
        let address = listener.local_address().unwrap();
        let mut poll = |poll: &mut dyn FnMut(&mut Context<'_>) -> bool| {
            let waker = polls.next().unwrap();
            poll(&mut Context::from_waker(&waker))
        };
        // Parked, replaced and woken; then parked and dropped with what it was parked at.
        for _ in 0..2 {
            assert!(poll(&mut |cx| listener.poll_accept(cx).is_pending()));
        }
        let client = network
            .change(|world, wakeups| world.connect(0, address, &[], wakeups))
            .unwrap();
        let mut client = SimTcpStream::new(Socket::new(network.clone(), client, Side::Client));
        assert!(poll(&mut |cx| client.poll_recv(cx, &mut [0]).is_pending()));
        drop(client);
        assert!(poll(&mut |cx| listener.poll_accept(cx).is_ready()));
    }
}
