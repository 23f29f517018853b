//! The resolver of the simulation: it knows `localhost`, the hosts, and what the network was told.

use std::{
    future::poll_fn,
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
};

use easynet_core::{
    Timer,
    net::{AddrInfo, AddrInfoQuery, LookupError, NameInfoFlags, SocketKind},
};

use super::Network;
use crate::{SimTimer, scheduler::Scheduler};

/// The name of the loopback addresses, and of the host that code is on unless it is run on another.
pub(super) const LOCALHOST: &str = "localhost";

/// The loopback addresses, in the order in which the resolver answers.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// All interfaces, in the same order.
const ALL: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    IpAddr::V6(Ipv6Addr::UNSPECIFIED),
];

/// What `getaddrinfo` answers: one answer for each address and each kind of socket.
pub(crate) async fn lookup_addresses(
    scheduler: &Arc<Scheduler>,
    query: &AddrInfoQuery,
) -> io::Result<Vec<AddrInfo>> {
    let port = query.service().map_or(Ok(0), port)?;
    let kinds = match query.kind() {
        Some(kind) => vec![kind],
        None => vec![SocketKind::Stream, SocketKind::Datagram],
    };
    let mut answers = Vec::new();
    for ip in hosts(scheduler, query).await? {
        let address = SocketAddr::new(ip, port);
        if query.family().contains(&address) {
            answers.extend(
                kinds
                    .iter()
                    .map(|kind| AddrInfo::new(Some(*kind), protocol(*kind), address)),
            );
        }
    }
    if answers.is_empty() {
        return Err(not_found(
            "the host has no address of the family that was asked for",
        ));
    }
    if let (true, Some(host)) = (query.wants_canonical_name(), query.host()) {
        let first = answers.remove(0).with_canonical_name(host.to_ascii_lowercase());
        answers.insert(0, first);
    }
    Ok(answers)
}

/// What `getnameinfo` answers: the name of the host, and the number of the port, since no service has a name here.
pub(crate) fn lookup_names(
    network: &Network,
    address: SocketAddr,
    flags: NameInfoFlags,
) -> io::Result<(String, String)> {
    let ip = address.ip();
    let name = match LOOPBACK.contains(&ip) {
        true => Some(LOCALHOST.to_owned()),
        false => network.change(|world, _| {
            let host = world.host_at(ip)?;
            Some(world.hosts[host].name.clone())
        }),
    };
    let host = if let (Some(name), false) = (name, flags.is_numeric_host()) {
        name
    } else if flags.is_name_required() {
        return Err(not_found(format!("the simulation knows no name of {ip}")));
    } else {
        ip.to_string()
    };
    Ok((host, address.port().to_string()))
}

async fn hosts(scheduler: &Arc<Scheduler>, query: &AddrInfoQuery) -> io::Result<Vec<IpAddr>> {
    let Some(host) = query.host() else {
        if query.service().is_none() {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "neither a host nor a service to look up",
            ));
        }
        return Ok(if query.is_passive() { ALL } else { LOOPBACK }.to_vec());
    };
    if let Ok(ip) = host.parse() {
        return Ok(vec![ip]);
    }
    if query.is_numeric_host() {
        return Err(not_found(format!("`{host}` is no address, as was asked for")));
    }
    let name = host.to_ascii_lowercase();
    let network = scheduler.network();
    let latency = network.change(|world, _| world.resolver.latency);
    if !latency.is_zero() {
        let mut timer = pin!(SimTimer::new(scheduler, scheduler.now() + latency));
        poll_fn(|cx| timer.as_mut().poll_elapsed(cx)).await;
    }
    network.change(|world, _| {
        world.resolver.attempt(&name)?;
        if let Some(addresses) = world.resolver.find(&name) {
            return Ok(addresses.to_vec());
        }
        if name == LOCALHOST {
            return Ok(LOOPBACK.to_vec());
        }
        let host = world.host_named(&name).ok_or_else(|| {
            not_found(format!(
                "the simulation knows no host `{name}`: only those that `sim::host` has made, and `{LOCALHOST}`"
            ))
        })?;
        Ok(world.hosts[host].addresses.all())
    })
}

fn port(service: &str) -> io::Result<u16> {
    if service.is_empty() {
        return Ok(0);
    }
    service.parse().map_err(|_| {
        let message = format!("the simulation knows no service `{service}`, only numbers of ports");
        LookupError::no_service(message).into_io_error(ErrorKind::NotFound)
    })
}

/// By the list of IANA, as everywhere.
fn protocol(kind: SocketKind) -> i32 {
    match kind {
        SocketKind::Datagram => 17,
        _ => 6,
    }
}

fn not_found(message: impl Into<String>) -> io::Error {
    LookupError::no_name(message).into_io_error(ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use easynet_core::{AsyncBackend, net::AddressFamily};

    use super::*;
    use crate::SimBackend;

    fn run<F>(program: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        SimBackend::new().bootstrap(program).unwrap()
    }

    #[test]
    fn localhost_is_the_only_name() {
        run(async {
            let backend = SimBackend::new();
            for name in ["localhost", "LocalHost"] {
                let answers = backend
                    .getaddrinfo(name, 7)
                    .kind(SocketKind::Stream)
                    .await
                    .unwrap();
                let addresses: Vec<_> = answers
                    .iter()
                    .map(|answer| answer.address().to_string())
                    .collect();
                assert_eq!(addresses, ["127.0.0.1:7", "[::1]:7"]);
            }
            let error = backend.getaddrinfo("example.org", 7).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().contains("`example.org`"), "{error}");
        });
    }

    #[test]
    fn answers_are_of_the_family_and_the_kind_that_were_asked_for() {
        run(async {
            let query = SimBackend::new()
                .getaddrinfo("localhost", 7)
                .family(AddressFamily::Ipv6);
            let answers = query.canonical_name(true).await.unwrap();
            let kinds: Vec<_> = answers
                .iter()
                .map(|answer| (answer.kind(), answer.protocol()))
                .collect();
            assert_eq!(
                kinds,
                [(Some(SocketKind::Stream), 6), (Some(SocketKind::Datagram), 17)]
            );
            assert!(answers.iter().all(|answer| answer.address().is_ipv6()));
            assert_eq!(answers[0].canonical_name(), Some("localhost"));
        });
    }

    #[test]
    fn no_service_has_a_name() {
        run(async {
            let error = SimBackend::new()
                .getaddrinfo("localhost", "http")
                .await
                .unwrap_err();
            assert!(error.to_string().contains("`http`"), "{error}");
        });
    }

    #[test]
    fn the_loopback_addresses_are_named() {
        run(async {
            let backend = SimBackend::new();
            let names = backend.getnameinfo(([127, 0, 0, 1], 80)).await.unwrap();
            assert_eq!(names, ("localhost".to_owned(), "80".to_owned()));
            let names = backend.getnameinfo(([127, 0, 0, 9], 80)).await.unwrap();
            assert_eq!(names.0, "127.0.0.9");
            let unnamed = backend
                .getnameinfo(([127, 0, 0, 9], 80))
                .name_required(true)
                .await;
            assert_eq!(unnamed.unwrap_err().kind(), ErrorKind::NotFound);
        });
    }
}
