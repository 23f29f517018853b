//! What is in each other: scopes, tokens and groups, so many levels deep.

use std::{hint::black_box, pin::Pin};

use easynet::{
    cancel::{is_cancelled, open_cancel_scope},
    task_group,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::pending_once;

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

/// Asks "am I cancelled?" so often, in so many scopes.
pub async fn ask_scope(depth: usize, turns: usize) {
    let asks = async move {
        // Where it suspends, the scopes above enter the tree.
        pending_once().await;
        for _ in 0..turns {
            assert!(!black_box(is_cancelled()));
        }
    };
    in_scopes(depth, Box::pin(asks)).await;
}

/// The same of a token that is so many levels below another.
pub async fn ask_token(depth: usize, turns: usize) {
    let mut tokens = vec![CancellationToken::new()];
    while tokens.len() < depth {
        tokens.push(tokens[tokens.len() - 1].child_token());
    }
    let token = &tokens[depth - 1];
    for _ in 0..turns {
        assert!(!black_box(token.is_cancelled()));
    }
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
