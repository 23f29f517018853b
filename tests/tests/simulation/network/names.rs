//! The resolver.

use std::net::{IpAddr, SocketAddr};

use easynet::with_timeout;

use super::*;

async fn lookup(name: &str) -> Result<Vec<IpAddr>, ErrorKind> {
    let answers = getaddrinfo(name, 80).kind(SocketKind::Stream).await;
    let answers = answers.map_err(|error| {
        assert!(error.get_ref().unwrap().is::<LookupError>(), "{error:?}");
        error.kind()
    })?;
    Ok(answers.iter().map(|answer| answer.address().ip()).collect())
}

#[test]
fn a_host_is_found_by_its_name_in_any_case() {
    simulate(async {
        assert_eq!(lookup("db").await, Err(ErrorKind::NotFound));
        let db = host("db");
        let both: Vec<IpAddr> = vec![db.ipv4().unwrap().into(), db.ipv6().unwrap().into()];
        assert_eq!(lookup("db").await.unwrap(), both);
        assert_eq!(lookup("DB").await.unwrap(), both);
        db.ipv6_only();
        assert_eq!(lookup("db").await.unwrap(), [IpAddr::from(db.ipv6().unwrap())]);
        let names = getnameinfo(SocketAddr::from((db.ipv6().unwrap(), 80)))
            .await
            .unwrap();
        assert_eq!(names, ("db".to_owned(), "80".to_owned()));
    });
}

#[test]
fn names_can_be_given_to_any_addresses() {
    simulate(async {
        let (a, b) = (host("a"), host("b"));
        let addresses: [IpAddr; 2] = [a.ipv4().unwrap().into(), b.ipv4().unwrap().into()];
        network().name("Service", addresses).name("a", []);
        assert_eq!(lookup("service").await.unwrap(), addresses);
        assert_eq!(lookup("a").await, Err(ErrorKind::NotFound));
    });
}

#[test]
fn looking_a_name_up_takes_its_time_and_can_be_given_up() {
    simulate(async {
        let db = host("db");
        network().lookup_latency(ms(30));
        assert_eq!(timed(lookup("db")).await.1, ms(30));
        assert_eq!(timed(lookup(&db.ipv4().unwrap().to_string())).await.1, ms(0));
        assert!(with_timeout!(10ms, lookup("db")).is_err());
    });
}

/// DNS-03
#[test]
fn lookups_fail_as_often_as_they_are_told_to() {
    simulate(async {
        let mut listener = listen(&host("db"), 80).await;
        network().fail_lookups("DB", ErrorKind::TimedOut, 2);
        for _ in 0..2 {
            let error = create_tcp_connection("db", 80).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert!(error.attempts().is_empty());
        }
        create_tcp_connection("db", 80).await.unwrap();
        listener.accept().await.unwrap();
    });
}
