//! What is in each other: scopes, tokens and groups, so many levels deep.

use std::pin::Pin;

use easynet::{cancel::open_cancel_scope, task_group};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A program in a box: what is nested to a depth that only the running program knows.
pub type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs something in so many scopes.
pub fn in_scopes(depth: usize, body: Boxed) -> Boxed {
    if depth == 0 {
        return body;
    }
    Box::pin(async move {
        let ended = open_cancel_scope().run(in_scopes(depth - 1, body)).await;
        ended.expect("nobody cancels it");
    })
}

/// The same by tokens: each level has a child of the token above, and awaits it beside its body.
pub fn in_tokens(depth: usize, token: CancellationToken, body: Boxed) -> Boxed {
    if depth == 0 {
        return body;
    }
    Box::pin(async move {
        let child = token.child_token();
        tokio::select! {
            () = child.cancelled() => unreachable!("nobody cancels it"),
            () = in_tokens(depth - 1, child.clone(), body) => {}
        }
    })
}

/// Runs something in so many groups, each with the next one in a child of its own.
pub fn in_groups(depth: usize, body: Boxed) -> Boxed {
    if depth == 0 {
        return body;
    }
    Box::pin(async move {
        let ended = task_group!(|group| { group.start_soon(in_groups(depth - 1, body)) });
        ended.expect("nothing fails");
    })
}

/// The same by `JoinSet`s.
pub fn in_join_sets(depth: usize, body: Boxed) -> Boxed {
    if depth == 0 {
        return body;
    }
    Box::pin(async move {
        let mut set = JoinSet::new();
        set.spawn(in_join_sets(depth - 1, body));
        while let Some(ended) = set.join_next().await {
            ended.expect("nothing panics");
        }
    })
}
