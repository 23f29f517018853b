//! Hosts have addresses, ports and names of their own.

use easynet::task_group;

use super::*;

#[test]
fn code_is_on_the_host_that_runs_it_and_so_is_what_it_starts() {
    simulate(async {
        let (a, b) = (host("a"), host("b"));
        let mut listener = listen(&b, 80).await;
        let target = b.ipv4().unwrap().to_string();
        a.run(async move {
            task_group!(|group| {
                group.start_soon(async move {
                    let mut stream = create_tcp_connection(&target, 80).await?;
                    stream.send_all(b"from a child").await
                });
            })
        })
        .await
        .unwrap();
        let (mut stream, peer) = listener.accept().await.unwrap();
        assert_eq!(peer.ip(), a.ipv4().unwrap());
        assert_eq!(stream.local_address().unwrap(), (b.ipv4().unwrap(), 80).into());
        assert_eq!(stream.recv(64).await.unwrap(), b"from a child");
    });
}

#[test]
fn code_on_no_host_is_on_localhost() {
    simulate(async {
        let other = host("other");
        let mut listener = listen(&other, 80).await;
        create_tcp_connection("other", 80).await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer.ip(), host("LocalHost").ipv4().unwrap());
        assert_eq!(host("localhost").name(), "localhost");
    });
}

#[test]
fn a_name_is_one_host() {
    simulate(async {
        let (first, second) = (host("first"), host("second"));
        assert_eq!(first.ipv4(), host("FIRST").ipv4());
        assert_ne!(first.ipv4(), second.ipv4());
        assert_ne!(first.ipv6(), second.ipv6());
        assert_eq!(format!("{first:?}"), r#"Host { name: "first", .. }"#);
    });
}

#[test]
fn loopbacks_and_ports_are_separate() {
    simulate(async {
        let (a, b) = (host("a"), host("b"));
        for host in [&a, &b] {
            let mut own = host
                .run(async { create_tcp_listeners("127.0.0.1", 80).await.unwrap().remove(0) })
                .await;
            let name = host.name().to_owned();
            host.run(async move { create_tcp_connection("localhost", 80).await.map(drop) })
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            own.accept().await.unwrap();
            // Nobody else reaches that.
            assert_eq!(
                connect(&a, &b, 80).await.unwrap_err(),
                ErrorKind::ConnectionRefused
            );
        }
    });
}

#[test]
fn addresses_of_others_cannot_be_bound() {
    simulate(async {
        let (a, b) = (host("a"), host("b"));
        let foreign = b.ipv4().unwrap().to_string();
        let error = a
            .run(async move { create_tcp_listeners(foreign.as_str(), 80).await })
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
        let own = a.ipv6().unwrap().to_string();
        a.run(async move { create_tcp_listeners(own.as_str(), 80).await })
            .await
            .unwrap();
    });
}

#[test]
fn without_an_address_of_the_family_there_is_no_way() {
    simulate(async {
        let (a, b) = (host("a"), host("b"));
        a.ipv4_only();
        b.ipv6_only();
        assert_eq!((a.ipv6(), b.ipv4()), (None, None));
        let address = b.ipv6().unwrap().to_string();
        let error = a
            .run(async move { create_tcp_connection(&address, 80).await })
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NetworkUnreachable);
    });
}

#[test]
fn from_a_loopback_address_nothing_leaves_the_host() {
    simulate(async {
        let (a, b) = (host("a"), host("b"));
        let _listener = listen(&b, 80).await;
        let address = b.ipv4().unwrap().to_string();
        let connecting = async move {
            create_tcp_connection(&address, 80)
                .local_address(("127.0.0.1", 0))
                .await
        };
        assert_eq!(
            a.run(connecting).await.unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    });
}

#[test]
#[should_panic(expected = "no simulation runs here")]
fn outside_of_a_simulation_there_is_no_host() {
    host("a");
}

#[test]
#[should_panic(expected = "is none")]
fn an_address_is_no_name_of_a_host() {
    simulate(async { drop(host("10.0.0.1")) });
}
