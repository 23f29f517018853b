//! Happy eyeballs: RFC 8305.
//!
//! Attempts are children of a group, in one task. The first that succeeds cancels the scope around the group, so that all others have
//! ended, and their sockets are closed, before the connection is handed out.

use std::{io, net::SocketAddr, time::Duration};

use super::local::options_for;
use crate::{backend::AsyncBackend, group::BoxError, net::checkpoint::strict, shared::Lock};

/// The addresses in the order in which to try them: families in turn, IPv6 first, each in the resolver's order (section 4).
pub(super) fn ordered(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let (v6, v4): (Vec<_>, Vec<_>) = addresses.into_iter().partition(SocketAddr::is_ipv6);
    let (mut v6, mut v4) = (v6.into_iter(), v4.into_iter());
    let mut ordered = Vec::new();
    loop {
        let before = ordered.len();
        ordered.extend(v6.next());
        ordered.extend(v4.next());
        if ordered.len() == before {
            return ordered;
        }
    }
}

/// What the attempts have come to.
struct Outcome<S> {
    winner: Option<S>,
    failed: Vec<(SocketAddr, io::Error)>,
}

/// Tries each address, the next one when the last has failed or after `delay`; the first connection, or every failure in the order
/// in which they came.
pub(super) async fn race<B: AsyncBackend>(
    backend: &B,
    addresses: Vec<SocketAddr>,
    delay: Duration,
    local: &[SocketAddr],
) -> Result<B::TcpStream, Vec<(SocketAddr, io::Error)>> {
    let outcome = Lock::new(Outcome {
        winner: None,
        failed: Vec::new(),
    });
    let scope = backend.open_cancel_scope();
    let attempt = async |address| {
        let connected = async {
            let options = options_for(local, address)?;
            backend.connect_tcp(address, &options).await
        };
        match strict(connected).await {
            Ok(stream) => {
                // One that comes too late is dropped here, which closes it.
                let late = {
                    let mut outcome = outcome.lock();
                    match outcome.winner {
                        None => outcome.winner.replace(stream),
                        Some(_) => Some(stream),
                    }
                };
                drop(late);
                scope.cancel_because("another address has answered");
            }
            Err(error) => outcome.lock().failed.push((address, error)),
        }
    };
    {
        let group = backend.create_task_group::<BoxError>();
        let staggered = group.run(async {
            for address in addresses {
                let task = group
                    .named(format!("connect {address}"))
                    .scoped()
                    .spawn_value(attempt(address));
                if !delay.is_zero() {
                    backend.move_on_after(delay, task.wait()).await;
                }
            }
        });
        scope.run(staggered).await;
    }
    let outcome = outcome.into_inner();
    outcome.winner.ok_or(outcome.failed)
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<SocketAddr> {
        text.split(' ')
            .map(|address| match address.split_once('.') {
                Some(("6", host)) => format!("[::{host}]:7").parse().unwrap(),
                Some(("4", host)) => format!("127.0.0.{host}:7").parse().unwrap(),
                _ => unreachable!("{address}"),
            })
            .collect()
    }

    /// HEB-01, HEB-02
    #[test]
    fn families_take_turns_and_keep_their_own_order() {
        for (resolved, tried) in [
            ("4.1 6.1", "6.1 4.1"),
            ("4.1 4.2 6.1 6.2", "6.1 4.1 6.2 4.2"),
            ("6.1 6.2 6.3 4.1 4.2 4.3", "6.1 4.1 6.2 4.2 6.3 4.3"),
            ("4.1 4.2 6.1", "6.1 4.1 4.2"),
            ("4.1 6.1 4.2", "6.1 4.1 4.2"),
            ("4.1 4.2", "4.1 4.2"),
        ] {
            assert_eq!(ordered(addresses(resolved)), addresses(tried), "{resolved}");
        }
    }
}
