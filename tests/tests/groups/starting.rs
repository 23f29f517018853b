//! Starting a child: when it runs, and what it brings along.

use easynet::{
    BoxError, TaskGroup,
    task::{TaskLocal, create_task_group, get_current_task},
    time::coro_yield,
};
use easynet_tests::{Log, each_backend, each_virtual_backend};
use futures::channel::oneshot;

each_virtual_backend! {
    /// GRP-02
    async fn a_child_does_not_run_before_its_starter_suspends() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let child = log.clone();
                group.start_soon(async move { child.add("child") });
                let child = log.clone();
                group.spawn_value(async move { child.add("child") });
                let child = log.clone();
                group.scoped().start_soon(async move { child.add("child") });
                log.add("body");
            })
            .await
            .unwrap();
        log.assert(&["body", "child", "child", "child"]);
    }
}

each_backend! {
    /// GRP-04, T9
    async fn children_see_the_names_they_were_given() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for n in [42, 54] {
                    let log = log.clone();
                    group
                        .named(format!("compute {n}"))
                        .start_soon(async move { log.add(get_current_task().name()) });
                }
                let own = log.clone();
                group
                    .handle()
                    .named("by a handle")
                    .start_soon(async move { own.add(get_current_task().name()) });
                group
                    .scoped()
                    .named("scoped")
                    .start_soon(async { log.add(get_current_task().name()) });
                group
                    .named("scoped too")
                    .scoped()
                    .start_soon(async { log.add(get_current_task().name()) });
            })
            .await
            .unwrap();
        log.assert_unordered(&["by a handle", "compute 42", "compute 54", "scoped", "scoped too"]);
    }

    /// GRP-06, T5
    async fn start_returns_once_the_task_has_begun() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (go, gone) = oneshot::channel();
                let child = log.clone();
                let task = group
                    .start(async move {
                        child.add("begun");
                        gone.await.unwrap();
                        child.add("ended");
                        Ok::<_, BoxError>(())
                    })
                    .await;
                log.assert(&["begun"]);
                assert!(!task.done() && !task.cancelled());
                go.send(()).unwrap();
            })
            .await
            .unwrap();
        log.assert(&["begun", "ended"]);
    }

    /// GRP-07
    async fn start_of_a_task_that_never_suspends_yields_a_done_task() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.start(async { Ok::<_, BoxError>(5) }).await;
                task.wait().await;
                assert!(task.done() && !task.cancelled());
                assert_eq!(task.join().await.unwrap(), 5);
            })
            .await
            .unwrap();
    }

    /// GRP-18
    async fn a_child_sees_the_locals_of_its_starter_and_changes_its_own() {
        static LOCAL: TaskLocal<u32> = TaskLocal::new();
        static OTHER: TaskLocal<&str> = TaskLocal::new();
        assert!(LOCAL.get().is_none());
        LOCAL
            .scope(1, async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        let task = group.spawn_value(OTHER.scope("child", async {
                            assert_eq!(LOCAL.get().as_deref(), Some(&1));
                            LOCAL
                                .scope(2, async {
                                    coro_yield().await;
                                    assert_eq!(LOCAL.get().as_deref(), Some(&2));
                                })
                                .await;
                            assert_eq!(LOCAL.get().as_deref(), Some(&1));
                            assert_eq!(OTHER.get().as_deref(), Some(&"child"));
                        }));
                        group.scoped().start_soon(LOCAL.scope(3, async {
                            coro_yield().await;
                            assert_eq!(LOCAL.get().as_deref(), Some(&3));
                        }));
                        LOCAL
                            .scope(4, async {
                                // What counts is where a child was started.
                                group.start_soon(async { assert_eq!(LOCAL.get().as_deref(), Some(&4)) });
                                coro_yield().await;
                            })
                            .await;
                        task.join().await.unwrap();
                        assert_eq!(LOCAL.get().as_deref(), Some(&1));
                        assert!(OTHER.get().is_none());
                    })
                    .await
                    .unwrap();
                assert_eq!(LOCAL.get().as_deref(), Some(&1));
            })
            .await;
        assert!(LOCAL.get().is_none());
    }

    /// GRP-18: a value is there for as long as its future is polled, wherever.
    async fn a_local_is_set_in_each_branch_by_itself() {
        static LOCAL: TaskLocal<u32> = TaskLocal::new();
        let branch = |n| {
            LOCAL.scope(n, async move {
                for _ in 0..3 {
                    coro_yield().await;
                    assert_eq!(LOCAL.get().as_deref(), Some(&n));
                }
            })
        };
        futures::join!(branch(1), branch(2), async {
            coro_yield().await;
            assert!(LOCAL.get().is_none());
        });
    }
}
