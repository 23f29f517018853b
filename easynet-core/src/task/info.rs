//! Who a task is.

use std::{
    cell::Cell,
    fmt,
    hash::{Hash, Hasher},
    num::NonZeroU64,
    panic::Location,
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
};

/// The identity of a task: unique in the process, never used again.
///
/// It is shown as its [`number`](Self::number).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(NonZeroU64);

/// Marks the identities of an observed run; below it are 31 bits for the run, and 32 for the number in it.
const OF_A_RUN: u64 = 1 << 63;

thread_local! {
    /// The next identity of this thread, and where those that it has taken end.
    static OWN: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

impl TaskId {
    /// The next free identity. Threads take them by the thousand, so that they do not meet on one counter.
    pub(crate) fn next() -> Self {
        const BLOCK: u64 = 1024;
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let take_block = || {
            let first = NEXT.fetch_add(BLOCK, Ordering::Relaxed);
            (first, first + BLOCK)
        };
        let id = OWN.with(|own| {
            let (next, end) = own.get();
            let (next, end) = if next == end { take_block() } else { (next, end) };
            own.set((next + 1, end));
            next
        });
        Self(NonZeroU64::new(id).expect("identities start at one"))
    }

    /// The identity of no task, for a place that has none.
    pub(crate) const fn none() -> Self {
        Self(NonZeroU64::MAX)
    }

    /// The identity as a number that no other task of the process has.
    pub fn as_u64(self) -> u64 {
        self.0.get()
    }

    /// The number that the task is known by: in a simulation, how many tasks were started up to it, so that it is the same in each
    /// run; elsewhere the identity.
    pub fn number(self) -> u64 {
        let id = self.0.get();
        if id & OF_A_RUN != 0 {
            id & u64::from(u32::MAX)
        } else {
            id
        }
    }
}

/// The tasks that this thread starts while this lives are numbered from one.
pub(crate) struct Numbering {
    outer: (u64, u64),
}

impl Numbering {
    pub(crate) fn begin() -> Self {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let run = (RUNS.fetch_add(1, Ordering::Relaxed) << 32) | OF_A_RUN;
        Self {
            outer: OWN.replace((run + 1, run + u64::from(u32::MAX))),
        }
    }
}

impl Drop for Numbering {
    fn drop(&mut self) {
        OWN.set(self.outer);
    }
}

/// Where the numbering of a thread stands: for threads of a backend that take turns, and share one.
#[derive(Debug)]
pub struct Numbers((u64, u64));

/// Takes the numbering of this thread, which begins another if it goes on without.
pub fn take_numbers() -> Numbers {
    Numbers(OWN.replace((0, 0)))
}

/// Goes on with the numbering of another thread.
pub fn give_numbers(numbers: Numbers) {
    OWN.set(numbers.0);
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({})", self.number())
    }
}

/// The name of a task: given, or that of its future's type, which is shortened only when somebody asks.
#[derive(Clone)]
pub(crate) enum TaskName {
    Given(Arc<str>),
    Type(&'static str),
}

/// What is known of a task: its identity, its name, and where it was started.
///
/// A snapshot that outlives the task. Two are equal if they are of the same task, whatever the name.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use easynet::prelude::*;
///
/// task_group!(|group| {
///     let task = group.named("greeter").spawn_value(async { easynet::task::get_current_task() });
///     let seen = task.join().await.expect("it returns");
///     assert_eq!(seen, *task.info());
///     assert_eq!(seen.name(), "greeter");
/// })
/// # }
/// ```
#[derive(Clone)]
pub struct TaskInfo {
    id: TaskId,
    name: TaskName,
    location: &'static Location<'static>,
}

impl TaskInfo {
    pub(crate) fn new(id: TaskId, name: TaskName, location: &'static Location<'static>) -> Self {
        Self { id, name, location }
    }

    /// The identity of the task.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The name it was given, or that of its future's type, shortened.
    pub fn name(&self) -> String {
        match &self.name {
            TaskName::Given(name) => name.to_string(),
            TaskName::Type(name) => shorten(name),
        }
    }

    /// Where it was started.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

/// `app::server::handle::{{closure}}` is `handle`, and what is in angle brackets is left out.
pub(crate) fn shorten(name: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0usize;
    for c in name.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let mut last = "";
    for part in plain.split("::") {
        if !part.is_empty() && !part.starts_with("{{") && !part.starts_with('{') {
            last = part;
        }
    }
    if last.is_empty() {
        name.to_owned()
    } else {
        last.to_owned()
    }
}

impl PartialEq for TaskInfo {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for TaskInfo {}

impl Hash for TaskInfo {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "task {} `{}` started at {}",
            self.id,
            self.name(),
            self.location
        )
    }
}

impl fmt::Debug for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskInfo")
            .field("id", &self.id.number())
            .field("name", &self.name())
            .field("location", &format_args!("{}", self.location))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn a_type_name_is_shortened_to_the_function_it_comes_from() {
        assert_eq!(shorten("app::server::handle::{{closure}}"), "handle");
        assert_eq!(shorten("app::run<app::Conn>::{{closure}}::{{closure}}"), "run");
        assert_eq!(shorten("core::future::ready::Ready<i32>"), "Ready");
        assert_eq!(shorten("<app::T as app::Job>::run::{{closure}}"), "run");
        assert_eq!(shorten("{{closure}}"), "{{closure}}");
    }
}
