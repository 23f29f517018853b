//! Timeouts that do not pass, around something that is ready, or that suspends once.

use std::pin::pin;

use easynet::{task_group, time, with_timeout};
use easynet_benches::pending_once;
use tokio::{task::JoinSet, time::Instant};

use super::{HotPath, LIMIT, in_easynet, in_tokio};

/// How many tasks have a timeout at once.
const TASKS: usize = 10_000;

pub(super) fn paths() -> Vec<HotPath> {
    vec![
        HotPath::new("timeout_ready", in_easynet(ready)).beside("timeout", in_tokio(tokio_ready)),
        HotPath::new("timeout_pending", in_easynet(pending)).beside("timeout", in_tokio(tokio_pending)),
        HotPath::new("timeout_pending_in_tokio", in_tokio(pending))
            .beside("timeout", in_tokio(tokio_pending)),
        HotPath::new("timeout_nested", in_easynet(nested)).beside("timeout", in_tokio(tokio_nested)),
        HotPath::new("timeout_reset", in_easynet(reset))
            .beside("select!, Sleep::reset", in_tokio(tokio_reset)),
        HotPath::new("timeout_10000_tasks", in_easynet(tasks))
            .beside("JoinSet, timeout", in_tokio(tokio_tasks))
            .at_once(TASKS),
        HotPath::new("coro_yield", in_easynet(coro_yield)).beside("yield_now", in_tokio(yield_now)),
    ]
}

async fn ready(turns: usize) {
    for _ in 0..turns {
        time::timeout(LIMIT, async {}).await.expect("there is time");
    }
}

async fn tokio_ready(turns: usize) {
    for _ in 0..turns {
        let limited = tokio::time::timeout(LIMIT, async {});
        limited.await.expect("there is time");
    }
}

async fn pending(turns: usize) {
    for _ in 0..turns {
        let limited = time::timeout(LIMIT, pending_once());
        limited.await.expect("there is time");
    }
}

async fn tokio_pending(turns: usize) {
    for _ in 0..turns {
        let limited = tokio::time::timeout(LIMIT, pending_once());
        limited.await.expect("there is time");
    }
}

async fn nested(turns: usize) {
    for _ in 0..turns {
        let inner = time::timeout(LIMIT, pending_once());
        let limited = time::timeout(LIMIT, time::timeout(LIMIT, inner));
        assert!(matches!(limited.await, Ok(Ok(Ok(())))), "there is time");
    }
}

async fn tokio_nested(turns: usize) {
    use tokio::time::timeout;
    for _ in 0..turns {
        let inner = timeout(LIMIT, pending_once());
        let limited = timeout(LIMIT, timeout(LIMIT, inner));
        assert!(matches!(limited.await, Ok(Ok(Ok(())))), "there is time");
    }
}

/// As a connection does that is closed when it is idle.
async fn reset(turns: usize) {
    let ended = with_timeout!(LIMIT, |scope| {
        for _ in 0..turns {
            pending_once().await;
            scope.reschedule_after(LIMIT);
        }
    });
    ended.expect("there is time");
}

async fn tokio_reset(turns: usize) {
    let mut idle = pin!(tokio::time::sleep(LIMIT));
    for _ in 0..turns {
        tokio::select! {
            biased;
            () = pending_once() => {}
            () = &mut idle => unreachable!("there is time"),
        }
        idle.as_mut().reset(Instant::now() + LIMIT);
    }
}

async fn tasks(turns: usize) {
    for _ in 0..turns / TASKS {
        let ended = task_group!(|group| {
            for _ in 0..TASKS {
                group.start_soon(pending(1));
            }
        });
        ended.expect("nothing fails");
    }
}

async fn tokio_tasks(turns: usize) {
    for _ in 0..turns / TASKS {
        let mut set = JoinSet::new();
        for _ in 0..TASKS {
            set.spawn(tokio_pending(1));
        }
        while set.join_next().await.is_some() {}
    }
}

async fn coro_yield(turns: usize) {
    for _ in 0..turns {
        time::coro_yield().await;
    }
}

async fn yield_now(turns: usize) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}
