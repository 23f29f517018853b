//! Happy eyeballs against every failure.

use std::net::{IpAddr, SocketAddr};

use easynet::{
    sim::{Cut, Simulation, cancel_at_every_await},
    time::sleep,
};

use super::*;

/// A service on two hosts: `six`, which is reached by IPv6, and `four`, by IPv4. All of it 10 ms away.
struct Service {
    six: Host,
    four: Host,
    _listeners: [TcpListener; 2],
}

impl Service {
    async fn new() -> Self {
        network().default_link(Link::new().latency(ms(10)));
        let (six, four) = (host("six"), host("four"));
        let addresses: [IpAddr; 2] = [six.ipv6().unwrap().into(), four.ipv4().unwrap().into()];
        network().name("service", addresses);
        let on = async |host: &Host, all: &'static str| {
            host.run(async move { create_tcp_listeners(all, 80).await.unwrap().remove(0) })
                .await
        };
        let _listeners = [on(&six, "::").await, on(&four, "0.0.0.0").await];
        Self {
            six,
            four,
            _listeners,
        }
    }

    fn addresses(&self) -> [SocketAddr; 2] {
        [
            (self.six.ipv6().unwrap(), 80).into(),
            (self.four.ipv4().unwrap(), 80).into(),
        ]
    }
}

async fn dial(delay: Duration) -> Result<SocketAddr, ConnectError> {
    let stream = create_tcp_connection("service", 80)
        .happy_eyeballs_delay(delay)
        .await?;
    Ok(stream.peer_address().expect("it is open"))
}

/// HEB-01
#[test]
fn the_first_address_is_taken_if_it_answers_in_time() {
    simulate(async {
        let service = Service::new().await;
        let [six, _] = service.addresses();
        let (peer, took) = timed(dial(ms(250))).await;
        assert_eq!((peer.unwrap(), took), (six, ms(20)));
    });
}

/// HEB-03, HEB-05
#[test]
fn an_address_that_does_not_answer_costs_the_delay_and_leaves_no_socket() {
    simulate(async {
        let service = Service::new().await;
        let [_, four] = service.addresses();
        service.six.black_hole(80);
        let stream = async { create_tcp_connection("service", 80).await.unwrap() };
        let (stream, took) = timed(stream).await;
        assert_eq!((stream.peer_address().unwrap(), took), (four, ms(270)));
        sleep(ms(100)).await;
        assert_eq!(
            network().sockets(),
            2 + 2,
            "the listeners, and both ends of the winner"
        );
    });
}

#[test]
fn a_partition_is_an_address_that_does_not_answer() {
    simulate(async {
        let service = Service::new().await;
        let [_, four] = service.addresses();
        network().partition(&host("localhost"), &service.six);
        let (peer, took) = timed(dial(ms(250))).await;
        assert_eq!((peer.unwrap(), took), (four, ms(270)));
    });
}

/// HEB-04, HEB-08
#[test]
fn after_a_failure_the_next_is_tried_at_once() {
    simulate(async {
        let service = Service::new().await;
        let [_, four] = service.addresses();
        service.six.refuse(80);
        for delay in [ms(250), Duration::MAX] {
            let (peer, took) = timed(dial(delay)).await;
            assert_eq!((peer.unwrap(), took), (four, ms(40)), "a refusal, and an answer");
        }
    });
}

/// HEB-07
#[test]
fn without_a_delay_the_faster_one_wins() {
    simulate(async {
        let service = Service::new().await;
        let [six, four] = service.addresses();
        let here = host("localhost");
        for (slow, winner) in [(&service.six, four), (&service.four, six)] {
            network().link(&here, slow, Link::new().latency(ms(15)));
            let (peer, took) = timed(dial(Duration::ZERO)).await;
            assert_eq!((peer.unwrap(), took), (winner, ms(20)));
            network().link(&here, slow, Link::new().latency(ms(10)));
        }
        sleep(ms(100)).await;
    });
}

/// HEB-10
#[test]
fn with_an_endless_delay_an_address_is_waited_for() {
    simulate(async {
        let service = Service::new().await;
        let [_, four] = service.addresses();
        service.six.black_hole(80);
        let (peer, took) = timed(dial(Duration::MAX)).await;
        assert_eq!((peer.unwrap(), took), (four, Duration::from_secs(127) + ms(20)));
    });
}

/// HEB-06
#[test]
fn if_all_fail_the_error_has_every_attempt() {
    simulate(async {
        let service = Service::new().await;
        let [six, four] = service.addresses();
        service.six.black_hole(80);
        service.four.refuse(80);
        let (error, took) = timed(dial(ms(250))).await;
        let error = error.unwrap_err();
        let attempts: Vec<_> = error
            .attempts()
            .iter()
            .map(|(address, error)| (*address, error.kind()))
            .collect();
        assert_eq!(
            attempts,
            [(four, ErrorKind::ConnectionRefused), (six, ErrorKind::TimedOut)]
        );
        assert_eq!(took, Duration::from_secs(127));
        assert_eq!(network().sockets(), 2, "the listeners");
    });
}

/// HEB-01, HEB-02
#[test]
fn families_take_turns_and_keep_their_order() {
    simulate(async {
        let hosts = ["a", "b", "c"].map(host);
        let v4: Vec<IpAddr> = hosts.iter().map(|host| host.ipv4().unwrap().into()).collect();
        let v6: Vec<IpAddr> = hosts.iter().map(|host| host.ipv6().unwrap().into()).collect();
        network().name("service", v4.iter().chain(&v6).copied());
        let error = dial(ms(250)).await.unwrap_err();
        let tried: Vec<IpAddr> = error.attempts().iter().map(|(address, _)| address.ip()).collect();
        let expected: Vec<IpAddr> = v6.iter().zip(&v4).flat_map(|(six, four)| [*six, *four]).collect();
        assert_eq!(tried, expected);
    });
}

/// HEB-08
#[test]
fn an_address_whose_local_end_cannot_be_bound_is_passed_over() {
    simulate(async {
        let service = Service::new().await;
        let [_, four] = service.addresses();
        let own = host("localhost").ipv4().unwrap();
        let local = SocketAddr::from((own, 4000));
        let stream = create_tcp_connection("service", 80)
            .local_address(local)
            .await
            .unwrap();
        assert_eq!(
            (stream.peer_address().unwrap(), stream.local_address().unwrap()),
            (four, local)
        );
    });
}

/// The slow answer of the first is taken, if it comes before that of the second.
#[test]
fn a_late_answer_of_the_first_still_wins() {
    simulate(async {
        let service = Service::new().await;
        let [six, _] = service.addresses();
        network().link(&host("localhost"), &service.six, Link::new().latency(ms(130)));
        let (peer, took) = timed(dial(ms(250))).await;
        assert_eq!((peer.unwrap(), took), (six, ms(260)));
    });
}

/// HEB-09: of two that answer at the same moment one is handed out, and the other is closed before it is.
#[test]
fn of_two_answers_at_once_one_is_taken_and_the_other_closed() {
    for seed in 0..20 {
        let program = async {
            let service = Service::new().await;
            let addresses = service.addresses();
            let (stream, took) = timed(async {
                let connecting = create_tcp_connection("service", 80).happy_eyeballs_delay(Duration::ZERO);
                connecting.await.unwrap()
            })
            .await;
            let peer = stream.peer_address().unwrap();
            assert!(addresses.contains(&peer));
            assert_eq!(took, ms(20));
            let mut answers = [None, None];
            for (listener, answer) in service._listeners.into_iter().zip(&mut answers) {
                let mut listener = listener;
                // One that was given up in time has never been there.
                if let Some(accepted) = easynet::move_on_after!(1s, listener.accept()) {
                    let (mut server, _) = accepted.unwrap();
                    *answer = easynet::move_on_after!(1s, { server.recv(1).await.unwrap_or_default() });
                    if server.local_address().is_ok_and(|own| own == peer) {
                        assert_eq!(*answer, None, "the winner is open");
                    } else {
                        assert_eq!(answer.as_deref(), Some(&b""[..]), "the other is not");
                    }
                }
            }
            assert_eq!(network().sockets(), 1, "our end of the winner");
        };
        Simulation::new(seed)
            .run(program)
            .unwrap_or_else(|error| panic!("{error}"));
    }
}

/// HEB-09, cancelled anywhere. Finding the winner, ending the others and handing it out is one poll: no cancellation comes between.
#[test]
fn a_winner_that_is_not_handed_out_is_closed() {
    for seed in 0..10 {
        let program = |cut: Cut| async move {
            let service = Service::new().await;
            let here = host("localhost");
            network().link(&here, &service.six, Link::new().latency(ms(10)..=ms(11)));
            cut.run(async { drop(dial(Duration::ZERO).await) }).await;
            let Service {
                _listeners: mut listeners,
                ..
            } = service;
            assert_eq!(own_sockets(&mut listeners).await, 2, "the listeners alone");
        };
        let points = cancel_at_every_await(&Simulation::new(seed), program).unwrap();
        assert!(points >= 1, "{points}");
    }
}

/// DNS-05
#[test]
fn the_resolver_is_asked_once_for_a_name_and_never_for_an_address() {
    simulate(async {
        let service = Service::new().await;
        network().fail_lookups("service", ErrorKind::NotFound, 1);
        let [_, four] = service.addresses();
        create_tcp_connection(&four.ip().to_string(), 80).await.unwrap();
        let error = dial(ms(250)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::NotFound, 0));
        dial(ms(250)).await.unwrap();
    });
}

/// HEB-03, cancelled anywhere: nothing is left but the listeners, whatever the addresses answer.
#[test]
fn cancelled_at_every_await_it_leaves_no_connection() {
    let mut points = Vec::new();
    for (six, four) in [(false, false), (true, false), (false, true), (true, true)] {
        let program = move |cut: Cut| async move {
            let service = Service::new().await;
            network().lookup_latency(ms(5));
            if six {
                service.six.black_hole(80);
            }
            if four {
                service.four.refuse(80);
            }
            cut.run(async {
                drop(easynet::move_on_after!(
                    1min,
                    create_tcp_connection("service", 80)
                ));
            })
            .await;
            let Service {
                _listeners: mut listeners,
                ..
            } = service;
            assert_eq!(own_sockets(&mut listeners).await, 2, "the listeners alone");
        };
        points.push(cancel_at_every_await(&Simulation::new(0), program).unwrap());
    }
    assert!(points.iter().all(|points| *points >= 3), "{points:?}");
}

/// How many sockets there are, once the listeners have accepted what there is to accept.
async fn own_sockets(listeners: &mut [TcpListener; 2]) -> usize {
    for listener in listeners {
        while let Some(accepted) = easynet::move_on_after!(1s, listener.accept()) {
            let (mut stream, _) = accepted.unwrap();
            // The client is gone.
            assert!(stream.recv(1).await.unwrap_or_default().is_empty());
        }
    }
    network().sockets()
}
