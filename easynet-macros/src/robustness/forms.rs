//! What the documentation shows.

/// What the documentation shows, for each macro that is called.
pub(super) const FORMS: [(&str, &[&str]); 11] = [
    (
        "task_group",
        &[
            "|group| { group.start_soon(a()); b.await? }",
            "|group: TaskGroup<MyError>| { if a { return Ok(1); } }",
            "|_| a(b?)",
        ],
    ),
    (
        "with_timeout",
        &[
            "5s, { let a = b.await?; a }",
            "2 * 250ms, |scope| { scope.cancel(); break 'a 5 }",
            "Duration::from_secs(1), client.send(message)",
            "1.5h, shield!({ a? }),",
        ],
    ),
    (
        "with_deadline",
        &["end, { continue }", "now() + a?, |scope| { b? }", "end, future"],
    ),
    (
        "move_on_after",
        &["1min, { break }", "delay, |scope| { return }", "10us, a(b)?"],
    ),
    (
        "move_on_at",
        &["end, { return a }", "end, |scope| { a?; }", "end, a"],
    ),
    (
        "cancel_scope",
        &["|scope| { spawn(scope.clone()); a? }", "|scope| a"],
    ),
    (
        "shield",
        &[
            "{ loop { if a { break; } b?; } }",
            "a.close()",
            "with_timeout!(5s, { a? })",
        ],
    ),
    ("catch_cancelled", &["{ a.await?; }", "a"]),
    ("gather", &["a(b?), { c?; 1 }, d", "{ return }"]),
    ("try_gather", &["a, { b?; Ok(1) },", "{ break 'a }, { continue }"]),
    (
        "race",
        &[
            "a(), |b| b?, { c?; 1 }, |d: u8| { break d }, e, |(f, g)| return",
            "a, b",
            "a, |()| return Err(b)",
        ],
    ),
];

/// What the documentation shows for the attributes: the options, and the function below.
pub(super) const ENTRIES: [(&str, &str); 5] = [
    (
        "backend = \"tokio\", worker_threads = 2",
        "async fn main() -> Result<(), E> { a?; Ok(()) }",
    ),
    (
        "backend = \"sim\", seed = 7, schedule = \"pct\", step_limit = 1_000",
        "pub async fn f() {}",
    ),
    ("", "#[should_panic] async fn t() { panic!() }"),
    (
        "backend = [\"tokio\", \"sim\"], start_paused = true, seeds = 64",
        "/// Text.\nasync fn t() {}",
    ),
    (
        "flavor = \"multi_thread\", thread_name = \"a\", max_blocking_threads = 3",
        "async fn t() -> u8 { 1 }",
    ),
];
