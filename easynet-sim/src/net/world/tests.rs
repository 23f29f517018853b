use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use super::*;
use crate::net::{address::Name, connection::Side, wakeups::Wakeups};

/// Whether it was woken.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Flag {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Changes the world, as a task that sets the flag when it is woken.
fn polling<T>(flag: &Arc<Flag>, change: impl FnOnce(&mut Wakeups) -> T) -> T {
    let waker = Waker::from(flag.clone());
    let mut wakeups = Wakeups::of(&Context::from_waker(&waker));
    let value = change(&mut wakeups);
    wakeups.settle();
    value
}

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

/// A world with a listener on its first port whose backlog has room for one.
fn world() -> (World, usize, SocketAddr) {
    let mut world = World::new(0);
    let listener = world.listen_for(1, at("127.0.0.1:0"));
    let address = world.listener_name(listener).inet();
    (world, listener, address)
}

impl World {
    fn listen_for(&mut self, backlog: u32, address: SocketAddr) -> usize {
        let address = self.hosts[0].tcp.take(address, true).unwrap();
        let bound = Bound::Tcp {
            address,
            shared: true,
        };
        self.listeners
            .insert(Backlog::new(0, address.into(), bound, backlog))
    }

    fn try_to_connect(&mut self, address: SocketAddr) -> Result<usize, ErrorKind> {
        self.connect(0, address, &[], &mut Wakeups::new())
            .map_err(|error| error.kind())
    }

    fn established(&mut self, flag: &Arc<Flag>, connection: usize) -> Poll<Result<(), ErrorKind>> {
        polling(flag, |wakeups| {
            self.connection(connection)
                .poll_established(wakeups)
                .map_err(|error| error.kind())
        })
    }

    fn accepted(&mut self, flag: &Arc<Flag>, listener: usize) -> Poll<usize> {
        polling(flag, |wakeups| self.poll_accept(listener, wakeups)).map(|(connection, _)| connection)
    }

    fn end(&mut self, connection: usize, side: Side) {
        polling(&Arc::default(), |wakeups| self.close(connection, side, wakeups));
    }

    fn end_listener(&mut self, listener: usize) {
        polling(&Arc::default(), |wakeups| self.close_listener(listener, wakeups));
    }

    /// Checks that everything that was opened is forgotten.
    fn assert_empty(&mut self) {
        assert!(self.listeners.is_empty() && self.connections.is_empty());
        let ports = FIRST_PORTS.map(|port| {
            let ports = &mut self.hosts[0].tcp;
            ports.take(SocketAddr::new(at("0.0.0.0:0").ip(), port), false)
        });
        assert!(ports.iter().all(Option::is_some), "{ports:?}");
    }
}

const FIRST_PORTS: [u16; 4] = [49152, 49153, 49154, 49155];

#[test]
fn accepting_makes_room_in_the_backlog() {
    let (mut world, listener, address) = world();
    let (first_flag, second_flag) = <(Arc<Flag>, Arc<Flag>)>::default();
    let (first, second) = (
        world.try_to_connect(address).unwrap(),
        world.try_to_connect(address).unwrap(),
    );
    assert!(world.established(&first_flag, first).is_ready());
    assert!(world.established(&second_flag, second).is_pending());

    assert_eq!(world.accepted(&first_flag, listener), Poll::Ready(first));
    assert!(second_flag.is_set());
    assert_eq!(world.established(&second_flag, second), Poll::Ready(Ok(())));
    assert_eq!(world.accepted(&first_flag, listener), Poll::Ready(second));

    assert!(world.accepted(&first_flag, listener).is_pending());
    polling(&second_flag, |wakeups| world.connect(0, address, &[], wakeups)).unwrap();
    assert!(first_flag.is_set());
}

#[test]
fn a_connection_that_was_given_up_is_not_accepted() {
    let (mut world, listener, address) = world();
    let flag = Arc::default();
    let [first, second, third] = [(); 3].map(|()| world.try_to_connect(address).unwrap());
    assert!(world.established(&flag, second).is_pending());
    world.end(second, Side::Client);
    assert!(!flag.is_set());
    assert_eq!(world.accepted(&flag, listener), Poll::Ready(first));
    assert_eq!(world.accepted(&flag, listener), Poll::Ready(third));
    assert_eq!(world.accepted(&flag, listener), Poll::Pending);
}

#[test]
fn a_connection_that_was_closed_early_is_accepted_all_the_same() {
    let (mut world, listener, address) = world();
    let first = world.try_to_connect(address).unwrap();
    world.end(first, Side::Client);
    assert_eq!(world.accepted(&Arc::default(), listener), Poll::Ready(first));
    world.end(first, Side::Server);
    world.end_listener(listener);
    world.assert_empty();
}

#[test]
fn closing_a_listener_resets_what_it_has_and_refuses_what_waits() {
    let (mut world, listener, address) = world();
    let [first, second] = [(); 2].map(|()| world.try_to_connect(address).unwrap());
    let flag = Arc::default();
    assert!(world.established(&flag, first).is_ready());
    assert!(world.established(&flag, second).is_pending());
    world.end_listener(listener);
    assert!(flag.is_set());
    let refused = Poll::Ready(Err(ErrorKind::ConnectionRefused));
    assert_eq!(world.established(&flag, second), refused);
    let polled = polling(&flag, |wakeups| {
        world
            .connection(first)
            .poll_recv(Side::Client, &mut [0], wakeups)
            .map_ok(drop)
    });
    assert_eq!(
        polled.map_err(|error| error.kind()),
        Poll::Ready(Err(ErrorKind::ConnectionReset))
    );
    world.end(first, Side::Client);
    world.end(second, Side::Client);
    assert_eq!(world.try_to_connect(address), Err(ErrorKind::ConnectionRefused));
    world.assert_empty();
}

#[test]
fn those_that_share_an_address_take_turns() {
    let (mut world, first, address) = world();
    let second = world.listen_for(1, address);
    let [one, other] = [(); 2].map(|()| world.try_to_connect(address).unwrap());
    let flag = Arc::default();
    let mut accepted = [first, second].map(|listener| world.accepted(&flag, listener));
    accepted.sort();
    assert_eq!(accepted, [Poll::Ready(one), Poll::Ready(other)]);
}

#[test]
fn who_listens_at_an_address_goes_before_who_listens_at_all() {
    let mut world = World::new(0);
    let all = world.listen_for(9, at("0.0.0.0:7"));
    let one = world.listen_for(9, at("127.0.0.2:7"));
    let flag = Arc::default();
    for (address, listener) in [("127.0.0.2:7", one), ("127.0.0.3:7", all), ("0.0.0.0:7", all)] {
        let connection = world.try_to_connect(at(address)).unwrap();
        assert_eq!(world.accepted(&flag, listener), Poll::Ready(connection));
    }
    assert_eq!(
        world.try_to_connect(at("[::1]:7")),
        Err(ErrorKind::ConnectionRefused)
    );
    assert_eq!(
        world.try_to_connect(at("192.168.0.1:7")),
        Err(ErrorKind::NetworkUnreachable)
    );
}

#[test]
fn a_connection_comes_from_the_first_local_address_that_can_be_bound() {
    let (mut world, listener, address) = world();
    let local = [
        address,
        at("192.168.0.1:0"),
        at("127.0.0.7:4000"),
        at("127.0.0.8:0"),
    ];
    world.connect(0, address, &local, &mut Wakeups::new()).unwrap();
    let flag = Arc::default();
    let Poll::Ready((_, client)) = polling(&flag, |wakeups| world.poll_accept(listener, wakeups)) else {
        panic!("it waits for nothing");
    };
    assert_eq!(client, Name::from(at("127.0.0.7:4000")));
}

#[test]
fn a_local_address_that_cannot_be_bound_is_told_of() {
    let (mut world, _, address) = world();
    let error = world
        .connect(0, address, &[address], &mut Wakeups::new())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[test]
fn a_connection_that_is_refused_leaves_its_local_address_free() {
    let mut world = World::new(0);
    for _ in 0..2 {
        let refused = world.connect(0, at("127.0.0.1:7"), &[at("0.0.0.0:4000")], &mut Wakeups::new());
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
}
