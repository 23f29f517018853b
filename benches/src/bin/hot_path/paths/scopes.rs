//! Cancellation: entering what can be cancelled, asking, and cancelling.

use easynet::{cancel::open_cancel_scope, cancel_scope, catch_cancelled, shield, task_group};
use easynet_benches::{
    nesting::{ask_scope, ask_token},
    pending_once,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{HotPath, in_easynet, in_tokio};

pub(super) fn paths() -> Vec<HotPath> {
    vec![
        HotPath::new("scope", in_easynet(scope)).beside("CancellationToken, select!", in_tokio(token)),
        HotPath::new("scope_yield", in_easynet(scope_yield))
            .beside("CancellationToken, select!", in_tokio(token_yield)),
        HotPath::new("scope_handle_yield", in_easynet(scope_handle_yield))
            .beside("child_token, select!", in_tokio(child_token_yield)),
        HotPath::new("is_cancelled_depth_1", in_easynet(|turns| ask_scope(1, turns)))
            .beside("CancellationToken", in_tokio(|turns| ask_token(1, turns))),
        HotPath::new("is_cancelled_depth_10", in_easynet(|turns| ask_scope(10, turns)))
            .beside("CancellationToken", in_tokio(|turns| ask_token(10, turns))),
        HotPath::new("cancel_1000", in_easynet(|turns| cancel(1_000, turns)))
            .beside("JoinSet::shutdown", in_tokio(|turns| shutdown(1_000, turns)))
            .at_once(1_000),
        HotPath::new("cancel_10000", in_easynet(|turns| cancel(10_000, turns)))
            .beside("JoinSet::shutdown", in_tokio(|turns| shutdown(10_000, turns)))
            .at_once(10_000),
        HotPath::new("cancel_1000_in_tokio", in_tokio(|turns| cancel(1_000, turns)))
            .beside("JoinSet::shutdown", in_tokio(|turns| shutdown(1_000, turns)))
            .at_once(1_000),
        HotPath::new("shield_yield", in_easynet(shield_yield)),
        HotPath::new("catch_cancelled_yield", in_easynet(catch_cancelled_yield)),
    ]
}

async fn scope(turns: usize) {
    for _ in 0..turns {
        cancel_scope!(|_scope| {}).expect("nobody cancels it");
    }
}

async fn scope_yield(turns: usize) {
    for _ in 0..turns {
        cancel_scope!(|_scope| pending_once()).expect("nobody cancels it");
    }
}

async fn scope_handle_yield(turns: usize) {
    for _ in 0..turns {
        let scope = open_cancel_scope();
        scope.run(pending_once()).await.expect("nobody cancels it");
    }
}

/// Does something that a token can cancel. Unless it is biased, `select!` begins by chance.
async fn unless_cancelled(token: &CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = token.cancelled() => unreachable!("nobody cancels it"),
        () = work => {}
    }
}

async fn token(turns: usize) {
    let token = CancellationToken::new();
    for _ in 0..turns {
        unless_cancelled(&token, async {}).await;
    }
}

async fn token_yield(turns: usize) {
    let token = CancellationToken::new();
    for _ in 0..turns {
        unless_cancelled(&token, pending_once()).await;
    }
}

async fn child_token_yield(turns: usize) {
    let token = CancellationToken::new();
    for _ in 0..turns {
        unless_cancelled(&token.child_token(), pending_once()).await;
    }
}

async fn cancel(tasks: usize, turns: usize) {
    for _ in 0..turns / tasks {
        let cancelled = cancel_scope!(|scope| {
            let ended = task_group!(|group| {
                for _ in 0..tasks {
                    group.start_soon(std::future::pending::<()>());
                }
                pending_once().await;
                scope.cancel();
            });
            ended.expect("nothing fails");
        });
        assert_eq!(cancelled, None);
    }
}

async fn shutdown(tasks: usize, turns: usize) {
    for _ in 0..turns / tasks {
        let mut set = JoinSet::new();
        for _ in 0..tasks {
            set.spawn(std::future::pending::<()>());
        }
        pending_once().await;
        set.shutdown().await;
    }
}

async fn shield_yield(turns: usize) {
    for _ in 0..turns {
        shield!(pending_once());
    }
}

async fn catch_cancelled_yield(turns: usize) {
    for _ in 0..turns {
        catch_cancelled!(pending_once()).expect("nobody cancels it");
    }
}
