//! Tasks and groups: a turn is a child that is started and ends, or a whole group.

use easynet::{Flavor, gather, race, task_group};
use easynet_benches::pending_once;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::task::JoinSet;

use super::{HotPath, in_easynet, in_tokio};

/// How many tasks there are at once.
const TASKS: usize = 100;

pub(super) fn paths() -> Vec<HotPath> {
    vec![
        HotPath::new("start_soon", in_easynet(start_soon))
            .beside("JoinSet", in_tokio(join_set))
            .at_once(TASKS),
        HotPath::new("start_soon_yield", in_easynet(start_soon_yield))
            .beside("JoinSet", in_tokio(join_set_yield))
            .at_once(TASKS),
        HotPath::new("start_soon_in_tokio", in_tokio(start_soon))
            .beside("JoinSet", in_tokio(join_set))
            .at_once(TASKS),
        HotPath::new("start_soon_yield_in_tokio", in_tokio(start_soon_yield))
            .beside("JoinSet", in_tokio(join_set_yield))
            .at_once(TASKS),
        HotPath::new("start_soon_scoped", in_easynet(start_soon_scoped))
            .beside("FuturesUnordered", in_tokio(unordered))
            .at_once(TASKS),
        HotPath::new("start_soon_scoped_yield", in_easynet(start_soon_scoped_yield))
            .beside("FuturesUnordered", in_tokio(unordered_yield))
            .at_once(TASKS),
        HotPath::new("spawn_value", in_easynet(spawn_value))
            .beside("spawn, JoinHandle", in_tokio(join_handle)),
        HotPath::new("group", in_easynet(group)).beside("JoinSet", in_tokio(empty_join_set)),
        HotPath::new("group_of_10", in_easynet(group_of_10)).beside("JoinSet", in_tokio(join_set_of_10)),
        HotPath::new("group_of_10_scoped", in_easynet(group_of_10_scoped))
            .beside("FuturesUnordered", in_tokio(unordered_of_10)),
        HotPath::new("gather_2", in_easynet(gather_2)).beside("join!", in_tokio(join_2)),
        HotPath::new("race_2", in_easynet(race_2)).beside("select!", in_tokio(select_2)),
        HotPath::new("yields", in_easynet(yields)).beside("the same", in_tokio(yields)),
        HotPath::new("bootstrap", Box::new(bootstraps))
            .beside("a runtime, spawn, block_on", Box::new(runtimes)),
    ]
}

/// Rounds of a group with so many children, started in one way or another.
macro_rules! groups {
    ($name:ident, $tasks:expr, $rounds:expr, |$group:ident| $start:expr) => {
        async fn $name(turns: usize) {
            for _ in 0..$rounds(turns) {
                let ended = task_group!(|$group| {
                    for _ in 0..$tasks {
                        $start;
                    }
                });
                ended.expect("nothing fails");
            }
        }
    };
}

/// The same with what has no scopes.
macro_rules! sets {
    ($name:ident, $tasks:expr, $rounds:expr, |$set:ident: $kind:ty| $start:expr, $next:ident) => {
        async fn $name(turns: usize) {
            for _ in 0..$rounds(turns) {
                #[allow(unused_mut, reason = "not all of them need it to start a task")]
                let mut $set = <$kind>::new();
                for _ in 0..$tasks {
                    $start;
                }
                while $set.$next().await.is_some() {}
            }
        }
    };
}

/// A turn is a child.
fn by_child(turns: usize) -> usize {
    turns / TASKS
}

/// A turn is a group.
fn by_group(turns: usize) -> usize {
    turns
}

groups!(start_soon, TASKS, by_child, |group| group.start_soon(async {}));
groups!(start_soon_yield, TASKS, by_child, |group| group
    .start_soon(pending_once()));
groups!(start_soon_scoped, TASKS, by_child, |group| group
    .scoped()
    .start_soon(async {}));
groups!(start_soon_scoped_yield, TASKS, by_child, |group| group
    .scoped()
    .start_soon(pending_once()));
groups!(group_of_10, 10, by_group, |group| group.start_soon(async {}));
groups!(group_of_10_scoped, 10, by_group, |group| group
    .scoped()
    .start_soon(async {}));

sets!(
    join_set,
    TASKS,
    by_child,
    |set: JoinSet<()>| set.spawn(async {}),
    join_next
);
sets!(
    join_set_yield,
    TASKS,
    by_child,
    |set: JoinSet<()>| set.spawn(pending_once()),
    join_next
);
sets!(
    unordered,
    TASKS,
    by_child,
    |set: FuturesUnordered<_>| set.push(async {}),
    next
);
sets!(
    unordered_yield,
    TASKS,
    by_child,
    |set: FuturesUnordered<_>| set.push(pending_once()),
    next
);
sets!(
    join_set_of_10,
    10,
    by_group,
    |set: JoinSet<()>| set.spawn(async {}),
    join_next
);
sets!(
    unordered_of_10,
    10,
    by_group,
    |set: FuturesUnordered<_>| set.push(async {}),
    next
);

async fn group(turns: usize) {
    for _ in 0..turns {
        task_group!(|_group| {}).expect("nothing fails");
    }
}

async fn empty_join_set(turns: usize) {
    for _ in 0..turns {
        let mut set = JoinSet::<()>::new();
        while set.join_next().await.is_some() {}
    }
}

async fn spawn_value(turns: usize) {
    let ended = task_group!(|group| {
        for turn in 0..turns {
            let value = group.spawn_value(async move { turn }).await;
            assert_eq!(value.expect("it is not cancelled"), turn);
        }
    });
    ended.expect("nothing fails");
}

async fn join_handle(turns: usize) {
    for turn in 0..turns {
        let value = tokio::spawn(async move { turn }).await;
        assert_eq!(value.expect("it is not aborted"), turn);
    }
}

async fn gather_2(turns: usize) {
    for _ in 0..turns {
        gather!(pending_once(), pending_once());
    }
}

async fn join_2(turns: usize) {
    for _ in 0..turns {
        tokio::join!(pending_once(), pending_once());
    }
}

async fn race_2(turns: usize) {
    for _ in 0..turns {
        race!(
            pending_once(),
            |()| (),
            std::future::pending::<()>(),
            |()| unreachable!()
        );
    }
}

async fn select_2(turns: usize) {
    for _ in 0..turns {
        tokio::select! {
            biased;
            () = pending_once() => {}
            () = std::future::pending::<()>() => unreachable!(),
        }
    }
}

async fn yields(turns: usize) {
    for _ in 0..turns {
        pending_once().await;
    }
}

fn bootstraps(turns: usize) {
    for _ in 0..turns {
        easynet_benches::in_easynet(Flavor::CurrentThread, async {});
    }
}

fn runtimes(turns: usize) {
    for _ in 0..turns {
        easynet_benches::in_tokio(Flavor::CurrentThread, async {});
    }
}
