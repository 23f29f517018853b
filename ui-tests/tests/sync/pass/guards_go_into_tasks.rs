//! A guard is held over suspension points, and an owned one goes into a task of its own.

use std::sync::Arc;

use easynet::{prelude::*, sync::Lock, time::coro_yield};

static TOTAL: Lock<u32> = Lock::new(0);

#[easynet::main(backend = "tokio")]
async fn main() {
    let lines = Arc::new(Lock::new(Vec::new()));
    let mut guard = lines.acquire_owned().await;
    task_group!(|group| {
        group.start_soon(async move {
            coro_yield().await;
            guard.push("a line");
        });
        group.start_soon(async {
            let mut total = TOTAL.acquire().await;
            coro_yield().await;
            *total += 1;
        });
        assert_eq!(lines.acquire().await.len(), 1);
    })
    .unwrap();
    assert_eq!(*TOTAL.acquire().await, 1);
}
