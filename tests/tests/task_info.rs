//! INF: who a task is.
//!
//! INF-02 asks for two infos of one task with different names; nobody but easynet makes them, so what is left is
//! that equality and hash go by the identity.
#![forbid(unsafe_code)]

use std::collections::HashSet;

use easynet::{
    AsyncBackend, BoxError, TaskGroup, TaskInfo,
    cancel::ignore_cancellation,
    task::{create_task_group, gather, get_current_task, try_get_current_task},
    time::{coro_yield, move_on_after},
};
use easynet_tests::{LONG, Runner, each_backend, panic_message};

async fn whoever_runs_this() -> TaskInfo {
    coro_yield().await;
    get_current_task()
}

each_backend! {
    /// INF-01
    async fn a_task_and_its_handle_have_the_same_info() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.named("name").spawn_value(whoever_runs_this());
                let info = task.join().await.unwrap();
                assert_eq!(info, *task.info());
                assert_eq!((info.id(), info.name()), (task.info().id(), task.info().name()));
                assert_eq!(info.location(), task.info().location());
                assert_eq!(HashSet::from([info, task.info().clone()]).len(), 1);
            })
            .await
            .unwrap();
    }

    /// INF-02
    async fn infos_are_equal_if_they_are_of_the_same_task() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let one = group.named("twin").spawn_value(whoever_runs_this());
                let other = group.named("twin").spawn_value(whoever_runs_this());
                assert_ne!(one.info(), other.info());
                assert_eq!(one.info(), &one.info().clone());
                let all = [
                    one.join().await.unwrap(),
                    one.info().clone(),
                    other.join().await.unwrap(),
                ];
                assert_eq!(HashSet::from(all).len(), 2);
            })
            .await
            .unwrap();
    }

    /// INF-03
    async fn the_info_of_a_finished_task_can_still_be_read() {
        let group: TaskGroup = create_task_group();
        let tasks = group
            .run(async {
                let cancelled = group
                    .named("cancelled")
                    .start(std::future::pending::<Result<TaskInfo, BoxError>>())
                    .await;
                cancelled.cancel();
                [
                    group.named("finished").spawn_value(whoever_runs_this()),
                    cancelled,
                ]
            })
            .await
            .unwrap();
        assert_eq!(tasks[0].info().name(), "finished");
        assert_eq!(tasks[0].info().id(), tasks[0].join().await.unwrap().id());
        assert_eq!(tasks[1].info().name(), "cancelled");
        assert!(tasks[1].cancelled());
    }

    /// INF-04
    async fn the_main_task_has_an_info_of_its_own() {
        let main = get_current_task();
        let group: TaskGroup = create_task_group();
        let mut infos = group
            .run(async {
                assert_eq!(get_current_task(), main);
                let tasks = [0; 5].map(|_| group.spawn_value(whoever_runs_this()));
                let mut infos = HashSet::new();
                for task in tasks {
                    infos.insert(task.join().await.unwrap());
                }
                infos
            })
            .await
            .unwrap();
        infos.extend(gather([0; 5].map(|_| whoever_runs_this())).await);
        assert_eq!(infos.len(), 10);
        assert!(!infos.contains(&main));
        assert_eq!(main.name(), "main");
    }

    /// T9: it says where the program was started.
    fn the_main_task_was_started_where_the_backend_was(runner: Runner) {
        let (backend, options) = (runner.backend(), runner.options());
        let line = line!() + 1;
        let task = backend.bootstrap(async { get_current_task() }).unwrap();
        assert_eq!((task.location().file(), task.location().line()), (file!(), line));
        let line = line!() + 1;
        let result = backend.bootstrap_with(&options, async { get_current_task() });
        assert_eq!((file!(), line), {
            let place = result.unwrap().location();
            (place.file(), place.line())
        });
    }

    /// T9: scopes, shields and group bodies are no tasks.
    async fn everything_in_one_task_has_its_info() {
        let main = get_current_task();
        assert_eq!(whoever_runs_this().await, main);
        assert_eq!(move_on_after(LONG, whoever_runs_this()).await.unwrap(), main);
        assert_eq!(ignore_cancellation(whoever_runs_this()).await, main);
        let group: TaskGroup = create_task_group();
        assert_eq!(group.run(whoever_runs_this()).await.unwrap(), main);
        let both = futures::join!(whoever_runs_this(), whoever_runs_this());
        assert_eq!(both, (main.clone(), main));
    }

    /// T6, T9
    async fn a_borrowing_child_is_a_task_of_its_own() {
        let main = get_current_task();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.scoped().named("borrower").spawn_value(whoever_runs_this());
                let info = task.join().await.unwrap();
                assert_ne!(info, main);
                assert_eq!(info, *task.info());
                assert_eq!(info.name(), "borrower");
                assert_eq!(get_current_task(), main);
            })
            .await
            .unwrap();
    }

    /// T9
    async fn the_default_name_is_that_of_the_future_shortened() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(whoever_runs_this());
                assert_eq!(task.info().name(), "whoever_runs_this");
                assert_eq!(task.join().await.unwrap().name(), "whoever_runs_this");
                let task = group.spawn_value(std::future::ready(1));
                assert_eq!(task.info().name(), "Ready");
            })
            .await
            .unwrap();
    }

    /// Contract 8: a given name is kept as it is.
    async fn a_given_name_is_kept_as_it_is() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for name in ["", " ", "conn 7", "a::b<c>", "名前"] {
                    let task = group.named(name).spawn_value(whoever_runs_this());
                    assert_eq!(task.info().name(), name);
                    assert_eq!(task.join().await.unwrap().name(), name);
                    let task = group
                        .scoped()
                        .named(String::from(name))
                        .spawn_value(whoever_runs_this());
                    assert_eq!(task.join().await.unwrap().name(), name);
                }
            })
            .await
            .unwrap();
    }

    /// T2, T9: every way to start a task says where.
    async fn a_task_knows_where_it_was_started() {
        async fn here() -> Result<TaskInfo, BoxError> {
            Ok(get_current_task())
        }
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let line = line!();
                let tasks = [
                    group.spawn(here()),
                    group.spawn_value(whoever_runs_this()),
                    group.start(here()).await,
                    group.named("a").spawn(here()),
                    group.named("b").spawn_value(whoever_runs_this()),
                    group.named("c").start(here()).await,
                    group.handle().spawn(here()),
                    group.scoped().spawn(here()),
                    group.scoped().spawn_value(whoever_runs_this()),
                    group.scoped().start(here()).await,
                    group.named("d").scoped().spawn(here()),
                ];
                for (index, task) in tasks.into_iter().enumerate() {
                    let place = task.info().location();
                    assert_eq!((place.file(), place.line()), (file!(), line + 2 + index as u32));
                    assert_eq!(task.join().await.unwrap().location(), place);
                }
            })
            .await
            .unwrap();
    }

    /// Ids are never used again.
    async fn identities_are_unique() {
        let mut ids = HashSet::from([get_current_task().id()]);
        for _ in 0..10 {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let tasks: Vec<_> = (0..100).map(|_| group.spawn_value(async {})).collect();
                    assert!(tasks.iter().all(|task| ids.insert(task.info().id())));
                })
                .await
                .unwrap();
        }
        assert_eq!(ids.len(), 1_001);
    }

    fn outside_of_a_task_there_is_none(runner: Runner) {
        assert!(try_get_current_task().is_none());
        let message = panic_message(get_current_task);
        assert!(message.contains("outside of any easynet task"), "{message}");
        assert!(runner.run(async { try_get_current_task().is_some() }));
        assert!(try_get_current_task().is_none());
    }
}
