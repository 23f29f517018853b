//! What the simulation is told of the program: for the trace, and for reports.
//!
//! Tasks are numbered in the order in which they are started, in one sequence with jobs: the identities of core are
//! unique in the process, and would differ from run to run.

use std::{
    cell::{Cell as Slot, RefCell},
    collections::{BTreeMap, HashMap},
    panic::Location,
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use easynet_core::{
    cancel::CancelReason,
    observe::{Cancelling, End, GroupId, GuardKind, Observer, Surrounding, Wait},
    task::{TaskId, TaskInfo, try_get_current_task},
};

use crate::{
    plan::Plan,
    report::{Builder, Scene, UNKNOWN},
    scheduler::{
        Scheduler, Turn,
        task::{Cell, Kind},
    },
    trace::{Sink, moment},
};

thread_local! {
    /// The number of the task that is about to be spawned.
    static ANNOUNCED: Slot<Option<u64>> = const { Slot::new(None) };
}

/// The number of the task that the backend is to spawn now, if it was announced.
pub(crate) fn announced() -> Option<u64> {
    ANNOUNCED.take()
}

pub(crate) struct Watch {
    scheduler: Arc<Scheduler>,
    sink: Sink,
    /// The number of the program, while it is polled.
    main: Slot<Option<u64>>,
    /// What the task that is polled was last said to wait for.
    wait: Slot<Option<Waiting>>,
    book: RefCell<Book>,
    /// The program has ended: what is dropped now is of no interest.
    closed: Slot<bool>,
}

#[derive(Default)]
struct Book {
    /// Of the tasks that have not ended.
    numbers: HashMap<TaskId, u64>,
    profiles: BTreeMap<u64, Profile>,
    guards: BTreeMap<u64, (GuardKind, String)>,
    next_guard: u64,
    builder: Builder,
}

/// Who a task is.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) task: TaskInfo,
    pub(crate) group: Option<GroupId>,
}

/// A [`Wait`] that borrows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    Turn,
    Sleep(Instant),
    Forever,
    Join(Option<u64>),
    Start(Option<u64>),
    Children(usize),
    Cancellation,
    Operation(&'static str),
}

impl Watch {
    pub(crate) fn new(scheduler: &Arc<Scheduler>, plan: &Plan) -> Rc<Self> {
        let watch = Self {
            scheduler: scheduler.clone(),
            sink: plan.trace.clone(),
            main: Slot::new(None),
            wait: Slot::new(None),
            book: RefCell::new(Book {
                builder: Builder::new(plan.location),
                ..Book::default()
            }),
            closed: Slot::new(false),
        };
        Rc::new(watch)
    }

    /// Nothing is recorded any more.
    pub(crate) fn close(&self) {
        self.closed.set(true);
    }

    fn note(&self, line: std::fmt::Arguments<'_>) {
        if self.sink.is_wanted() && !self.closed.get() {
            self.sink.line(self.scheduler.now(), line);
        }
    }

    /// A task is polled now.
    pub(crate) fn stepping(&self, cell: &Cell, step: u64) {
        self.wait.set(None);
        self.main
            .set((cell.kind() == Kind::Main).then_some(cell.number()));
        if self.sink.is_wanted() {
            self.note(format_args!("step {step}: {}", self.label(cell)));
        }
    }

    /// The scheduler has taken a step, or could not.
    pub(crate) fn turned(&self, turn: &Turn) {
        match turn {
            Turn::Pending(cell) => cell.set_wait(self.wait.get()),
            Turn::Passed => self.note(format_args!("time passes")),
            Turn::Ended(cell) if cell.kind() != Kind::Task => {
                self.note(format_args!("  {} ends", self.label(cell)));
            }
            Turn::Ended(_) | Turn::Stuck | Turn::Panicked(_) => {}
        }
    }

    fn label(&self, cell: &Cell) -> String {
        let number = cell.number();
        match cell.kind() {
            Kind::Main => format!("task {number} `main`"),
            Kind::Job => format!("job {number}"),
            Kind::Task => self.named(Some(number)),
        }
    }

    /// A task, and what it waits for.
    pub(crate) fn where_is(&self, cell: &Cell) -> String {
        let what = cell.wait().map(|waiting| self.describe(waiting));
        format!("{} {}", self.label(cell), what.as_deref().unwrap_or(UNKNOWN))
    }

    /// A task by its number, with its name if that is known.
    pub(crate) fn named(&self, number: Option<u64>) -> String {
        let Some(number) = number else {
            return "a task that has ended".into();
        };
        match self.book.borrow().profiles.get(&number) {
            Some(profile) => format!("task {number} `{}`", profile.task.name()),
            None if self.main.get() == Some(number) => format!("task {number} `main`"),
            None => format!("task {number}"),
        }
    }

    /// Of the tasks that run, the program itself is the only one that was never announced.
    fn number(&self, task: &TaskInfo) -> Option<u64> {
        let known = self.book.borrow().numbers.get(&task.id()).copied();
        known.or_else(|| self.main.get().filter(|_| is_running(task)))
    }

    fn label_of(&self, task: &TaskInfo) -> String {
        match self.number(task) {
            Some(number) => self.named(Some(number)),
            None => format!("task `{}`", task.name()),
        }
    }

    fn describe(&self, waiting: Waiting) -> String {
        match waiting {
            Waiting::Turn => "can run: it has yielded".into(),
            Waiting::Sleep(until) => format!("sleeps until {}", moment(until)),
            Waiting::Forever => "sleeps until it is cancelled".into(),
            Waiting::Join(task) => format!("waits for the end of {}", self.named(task)),
            Waiting::Start(task) => format!("waits for {} to begin", self.named(task)),
            Waiting::Children(1) => "waits for the last task of the group".into(),
            Waiting::Children(live) => format!("waits for {live} tasks of the group"),
            Waiting::Cancellation => "is cancelled, and waits to be dropped by the scope around it".into(),
            Waiting::Operation(name) => format!("waits in `{name}`"),
        }
    }

    fn keep(&self, wait: &Wait<'_>) -> Waiting {
        match wait {
            Wait::Turn => Waiting::Turn,
            Wait::Sleep(until) => Waiting::Sleep(*until),
            Wait::Forever => Waiting::Forever,
            Wait::Join(task) => Waiting::Join(self.number(task)),
            Wait::Start(task) => Waiting::Start(self.number(task)),
            Wait::Children(_, live) => Waiting::Children(*live),
            Wait::Cancellation => Waiting::Cancellation,
            Wait::Operation(name) => Waiting::Operation(name),
            _ => Waiting::Operation("an operation"),
        }
    }

    /// The guards that have not let go, in words.
    pub(crate) fn guards(&self) -> Vec<String> {
        let book = self.book.borrow();
        let describe = |(kind, owner): &(GuardKind, String)| match kind {
            GuardKind::Shield => format!("a shield, entered by {owner}"),
            GuardKind::Group(at) => format!("the group opened at {}, run by {owner}", place(at)),
            GuardKind::Catch => format!("a `catch_cancelled`, entered by {owner}"),
            GuardKind::JoinOrCancel => format!("a `join_or_cancel`, begun by {owner}"),
            _ => format!("a guard, entered by {owner}"),
        };
        book.guards.values().map(describe).collect()
    }

    /// What is polled next is inspected, as a task of the scheduler.
    pub(crate) fn inspects(&self, cell: &Cell) {
        let mut book = self.book.borrow_mut();
        let profile = book.profiles.get(&cell.number()).cloned();
        book.builder
            .begin(cell.number(), cell.kind(), profile, cell.has_begun());
    }

    /// It was polled; whether that brought it further, and what it waited for at its last step.
    pub(crate) fn inspected(&self, cell: &Cell, went_on: bool) {
        let last = cell.wait().map(|waiting| self.describe(waiting));
        self.book.borrow_mut().builder.end(went_on, last);
    }

    /// All that was seen by inspection.
    pub(crate) fn scene(&self) -> Scene {
        std::mem::take(&mut self.book.borrow_mut().builder).finish()
    }
}

fn is_running(task: &TaskInfo) -> bool {
    try_get_current_task().is_some_and(|running| running == *task)
}

/// A place in the source, the same on every machine.
pub(crate) fn place(location: &Location<'_>) -> String {
    let file = location.file().replace('\\', "/");
    format!("{file}:{}:{}", location.line(), location.column())
}

impl Observer for Watch {
    fn started(&self, task: &TaskInfo, group: GroupId, scoped: bool) {
        let number = self.scheduler.next_number();
        if !scoped {
            ANNOUNCED.set(Some(number));
        }
        let profile = Profile {
            task: task.clone(),
            group: Some(group),
        };
        {
            let mut book = self.book.borrow_mut();
            book.numbers.insert(task.id(), number);
            book.profiles.insert(number, profile);
        }
        if self.sink.is_wanted() {
            let how = if scoped { "starts scoped" } else { "starts" };
            self.note(format_args!("  {how} {}", self.named(Some(number))));
        }
    }

    fn ended(&self, task: &TaskInfo, how: End) {
        if self.sink.is_wanted() {
            let how = match how {
                End::Returned => "returns",
                End::Cancelled => "is cancelled",
                End::Failed => "fails",
                End::Panicked => "panics",
                _ => "ends",
            };
            self.note(format_args!("  {} {how}", self.label_of(task)));
        }
        let mut book = self.book.borrow_mut();
        if let Some(number) = book.numbers.remove(&task.id()) {
            book.profiles.remove(&number);
        }
    }

    fn cancelled(&self, what: Cancelling, reason: &CancelReason) {
        if !self.sink.is_wanted() {
            return;
        }
        let what = match what {
            Cancelling::Group(_) => "a group",
            _ => "a scope",
        };
        let why = match (reason.failed_task(), reason.location(), reason.text()) {
            (Some(task), ..) => format!("{} failed", self.label_of(task)),
            (None, Some(at), None) => format!("asked for at {}", place(at)),
            (None, Some(at), Some(text)) => format!("{text} (asked for at {})", place(at)),
            (None, None, _) => reason.to_string(),
        };
        self.note(format_args!("  {what} is cancelled: {why}"));
    }

    fn waits(&self, wait: &Wait<'_>) {
        let waiting = self.keep(wait);
        self.wait.set(Some(waiting));
        if self.sink.is_wanted() {
            self.note(format_args!("  {}", self.describe(waiting)));
        }
        let described = match self.book.borrow().builder.is_building() {
            true => Some(self.describe(waiting)),
            false => None,
        };
        if let Some(described) = described {
            self.book.borrow_mut().builder.waits(described);
        }
    }

    fn guard_taken(&self, kind: GuardKind) -> u64 {
        let owner = try_get_current_task().map_or_else(|| "nobody".into(), |task| self.label_of(&task));
        let mut book = self.book.borrow_mut();
        book.next_guard += 1;
        let guard = book.next_guard;
        book.guards.insert(guard, (kind, owner));
        guard
    }

    fn guard_released(&self, guard: u64) {
        self.book.borrow_mut().guards.remove(&guard);
    }

    fn entered(&self, surrounding: &Surrounding<'_>) {
        let number = match surrounding {
            Surrounding::Task { task, .. } => self.number(task),
            _ => None,
        };
        self.book.borrow_mut().builder.entered(surrounding, number);
    }

    fn left(&self) {
        self.book.borrow_mut().builder.left();
    }
}
