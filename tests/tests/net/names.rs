//! Looking up names and addresses.

use std::{io::ErrorKind, net::SocketAddr};

use easynet::{move_on_after, net::*};
use easynet_tests::{over_network, over_sockets};

over_network! {
    /// DNS-01
    async fn an_address_is_what_it_is() {
        let answers = getaddrinfo("127.0.0.1", 80).kind(SocketKind::Stream).await.unwrap();
        let [answer] = &answers[..] else { panic!("{answers:?}") };
        assert_eq!(answer.address(), SocketAddr::from(([127, 0, 0, 1], 80)));
        assert_eq!((answer.family(), answer.kind(), answer.protocol()), (AddressFamily::Ipv4, Some(SocketKind::Stream), 6));
    }

    /// DNS-02
    async fn localhost_is_a_loopback_address() {
        let answers = getaddrinfo("localhost", 80).kind(SocketKind::Datagram).await.unwrap();
        assert!(!answers.is_empty());
        for answer in answers {
            assert!(answer.address().ip().is_loopback());
            assert_eq!((answer.address().port(), answer.kind()), (80, Some(SocketKind::Datagram)));
        }
        let v4 = getaddrinfo("localhost", 80).family(AddressFamily::Ipv4).kind(SocketKind::Stream).await.unwrap();
        assert_eq!(v4[0].address(), SocketAddr::from(([127, 0, 0, 1], 80)));
    }

    /// Without saying which kind there is an answer for each.
    async fn each_kind_of_socket_has_its_answer() {
        let answers = getaddrinfo("127.0.0.1", 80).await.unwrap();
        for kind in [SocketKind::Stream, SocketKind::Datagram] {
            assert!(answers.iter().any(|answer| answer.kind() == Some(kind)), "{answers:?}");
        }
    }

    /// DNS-03
    async fn an_unknown_name_is_the_error_of_the_resolver() {
        let error = getaddrinfo("no-such-host.invalid", 80).await.unwrap_err();
        let inner = error.get_ref().expect("it holds what the resolver says");
        assert!(inner.is::<LookupError>(), "{error:?}");
    }

    async fn a_name_where_an_address_must_be_is_refused() {
        let error = getaddrinfo("localhost", 80).numeric_host(true).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.get_ref().unwrap().is::<LookupError>());
        let error = getaddrinfo("127.0.0.1", "http").numeric_service(true).await.unwrap_err();
        assert!(error.get_ref().unwrap().is::<LookupError>());
    }

    async fn nothing_to_look_up_is_an_error() {
        let error = getaddrinfo(None, Service::None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }

    /// RFC 3493: without a host, what to connect to, or what to listen on.
    async fn no_host_is_this_machine() {
        let kind = SocketKind::Stream;
        for answer in getaddrinfo(None, 80).kind(kind).await.unwrap() {
            assert!(answer.address().ip().is_loopback());
        }
        for answer in getaddrinfo(None, 80).kind(kind).passive(true).await.unwrap() {
            assert!(answer.address().ip().is_unspecified());
        }
    }

    /// DNS-04
    async fn an_address_is_named_by_its_numbers() {
        let names = getnameinfo(([127, 0, 0, 1], 80)).numeric_host(true).numeric_service(true).await.unwrap();
        assert_eq!(names, (String::from("127.0.0.1"), String::from("80")));
    }

    /// C3
    async fn a_cancelled_lookup_asks_nobody() {
        assert!(move_on_after!(0s, getaddrinfo("127.0.0.1", 80).kind(SocketKind::Stream)).is_none());
        assert!(move_on_after!(0s, getnameinfo(([127, 0, 0, 1], 80)).numeric_host(true).numeric_service(true)).is_none());
    }
}

over_sockets! {
    async fn a_service_has_a_name() {
        // From /etc/services, if the machine has it.
        let Ok(answers) = getaddrinfo("127.0.0.1", "domain").kind(SocketKind::Stream).await else { return };
        assert_eq!(answers[0].address().port(), 53);
        let (_, service) = getnameinfo(([127, 0, 0, 1], 53)).numeric_host(true).await.unwrap();
        assert_eq!(service, "domain");
    }

    async fn a_canonical_name_comes_if_it_is_asked_for() {
        let answers = getaddrinfo("localhost", 80).canonical_name(true).await.unwrap();
        assert!(answers[0].canonical_name().is_some());
        let answers = getaddrinfo("localhost", 80).await.unwrap();
        assert!(answers[0].canonical_name().is_none());
    }
}
