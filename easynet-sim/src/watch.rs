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
        Peek, Scheduler, Turn,
        task::{Cell, Kind},
    },
    trace::{Sink, moment},
};

thread_local! {
    /// The task that is about to be spawned, and where.
    static ANNOUNCED: Slot<Option<(*const Scheduler, Profile)>> = const { Slot::new(None) };
}

/// Announces the task that is about to be spawned.
fn announce(scheduler: &Arc<Scheduler>, task: &TaskInfo, group: GroupId) {
    let profile = Profile::new(task, group);
    ANNOUNCED.set(Some((Arc::as_ptr(scheduler), profile)));
}

/// The task that is to be spawned now, if it was announced: none that comes from the group of another simulation.
pub(crate) fn announced(scheduler: &Arc<Scheduler>) -> Option<Profile> {
    let (place, profile) = ANNOUNCED.take()?;
    std::ptr::eq(place, Arc::as_ptr(scheduler)).then_some(profile)
}

pub(crate) struct Watch {
    scheduler: Arc<Scheduler>,
    sink: Sink,
    /// What the task that is polled was last said to wait for.
    wait: Slot<Option<Waiting>>,
    book: RefCell<Book>,
    /// The program has ended: what is dropped now is of no interest.
    closed: Slot<bool>,
}

#[derive(Default)]
struct Book {
    /// The tasks that have not ended.
    tasks: HashMap<TaskId, Profile>,
    guards: BTreeMap<u64, (GuardKind, String)>,
    next_guard: u64,
    builder: Builder,
}

/// What happened on the thread of a job, where the watch does not see it.
pub(crate) enum News {
    Started(TaskInfo, GroupId, bool),
    Ended(TaskInfo, End),
    Cancelled(Cancelling, CancelReason),
}

/// Notes what happens on the thread of a job, for the watch.
#[derive(Default)]
pub(crate) struct Recorder(RefCell<Option<Arc<Scheduler>>>);

impl Recorder {
    pub(crate) fn new() -> Rc<Self> {
        Rc::default()
    }

    /// Notes it for this simulation.
    pub(crate) fn serve(&self, scheduler: Option<Arc<Scheduler>>) {
        let old = self.0.replace(scheduler);
        drop(old);
    }

    fn note(&self, news: News) {
        if let Some(scheduler) = &*self.0.borrow() {
            scheduler.note(news);
        }
    }
}

impl Observer for Recorder {
    fn started(&self, task: &TaskInfo, group: GroupId, scoped: bool) {
        if let (false, Some(scheduler)) = (scoped, &*self.0.borrow()) {
            announce(scheduler, task, group);
        }
        self.note(News::Started(task.clone(), group, scoped));
    }

    fn ended(&self, task: &TaskInfo, how: End) {
        self.note(News::Ended(task.clone(), how));
    }

    fn cancelled(&self, what: Cancelling, reason: &CancelReason) {
        self.note(News::Cancelled(what, reason.clone()));
    }
}

/// Who a task is.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) task: TaskInfo,
    pub(crate) group: Option<GroupId>,
}

impl Profile {
    fn new(task: &TaskInfo, group: GroupId) -> Self {
        Self {
            task: task.clone(),
            group: Some(group),
        }
    }
}

/// A [`Wait`] that borrows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    Turn,
    Sleep(Instant),
    Forever,
    Join(TaskId),
    Start(TaskId),
    Children(usize),
    Cancellation,
    Operation(&'static str),
    Shared(&'static str),
}

impl Watch {
    pub(crate) fn new(scheduler: &Arc<Scheduler>, plan: &Plan) -> Rc<Self> {
        let watch = Self {
            scheduler: scheduler.clone(),
            sink: plan.trace.clone(),
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
        if self.sink.is_wanted() {
            self.note(format_args!("step {step}: {}", self.label(cell)));
        }
    }

    /// The scheduler has taken a step, or could not.
    pub(crate) fn turned(&self, turn: &Turn) {
        match turn {
            Turn::Pending(cell) if self.has_told_nothing(cell) => self.note(format_args!("  {UNKNOWN}")),
            Turn::Passed => self.note(format_args!("time passes")),
            Turn::Ended(cell) if cell.kind() != Kind::Task => {
                self.note(format_args!("  {} ends", self.label(cell)));
            }
            Turn::Pending(_) | Turn::Ended(_) | Turn::Stuck | Turn::Panicked(_) => {}
        }
    }

    /// Is told of what a job has done.
    pub(crate) fn hears(&self, news: News) {
        match news {
            News::Started(task, group, scoped) => self.note_start(&task, group, scoped),
            News::Ended(task, how) => self.ended(&task, how),
            News::Cancelled(what, reason) => self.cancelled(what, &reason),
        }
    }

    fn note_start(&self, task: &TaskInfo, group: GroupId, scoped: bool) {
        let profile = Profile::new(task, group);
        self.book.borrow_mut().tasks.insert(task.id(), profile);
        if self.sink.is_wanted() {
            let how = if scoped { "starts scoped" } else { "starts" };
            self.note(format_args!("  {how} {}", label_of(task)));
        }
    }

    /// Whether a task waits, and has not said for what.
    fn has_told_nothing(&self, cell: &Cell) -> bool {
        cell.kind() != Kind::Job && self.wait.get().is_none() && !cell.is_queued()
    }

    /// What the task that was polled has said it waits for.
    pub(crate) fn wait(&self) -> Option<Waiting> {
        self.wait.get()
    }

    fn label(&self, cell: &Cell) -> String {
        let number = cell.number();
        match cell.kind() {
            Kind::Main => format!("task {number} `main`"),
            Kind::Job => format!("job {number}"),
            Kind::Task => match cell.profile() {
                Some(profile) => format!("task {number} `{}`", profile.task.name()),
                None => format!("task {number}"),
            },
        }
    }

    /// A task, and what it waits for.
    pub(crate) fn where_is(&self, cell: &Cell, wait: Option<Waiting>) -> String {
        let what = wait.map(|waiting| self.describe(waiting));
        format!("{} {}", self.label(cell), what.as_deref().unwrap_or(UNKNOWN))
    }

    fn label_by(&self, id: TaskId) -> String {
        match self.book.borrow().tasks.get(&id) {
            Some(profile) => label_of(&profile.task),
            None => format!("task {id}"),
        }
    }

    fn describe(&self, waiting: Waiting) -> String {
        match waiting {
            Waiting::Turn => "can run: it has yielded".into(),
            Waiting::Sleep(until) => format!("sleeps until {}", moment(until)),
            Waiting::Forever => "sleeps until it is cancelled".into(),
            Waiting::Join(task) => format!("waits for the end of {}", self.label_by(task)),
            Waiting::Start(task) => format!("waits for {} to begin", self.label_by(task)),
            Waiting::Children(1) => "waits for the last task of the group".into(),
            Waiting::Children(live) => format!("waits for {live} tasks of the group"),
            Waiting::Cancellation => "is cancelled, and waits to be dropped by the scope around it".into(),
            Waiting::Operation(name) => format!("waits in `{name}`"),
            Waiting::Shared(name) => format!("waits for {name}"),
        }
    }

    fn keep(&self, wait: &Wait<'_>) -> Waiting {
        match wait {
            Wait::Turn => Waiting::Turn,
            Wait::Sleep(until) => Waiting::Sleep(*until),
            Wait::Forever => Waiting::Forever,
            Wait::Join(task) => Waiting::Join(task.id()),
            Wait::Start(task) => Waiting::Start(task.id()),
            Wait::Children(_, live) => Waiting::Children(*live),
            Wait::Cancellation => Waiting::Cancellation,
            Wait::Operation(name) => Waiting::Operation(name),
            Wait::Shared(name) => Waiting::Shared(name),
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
            GuardKind::Job(at) => format!("the job started at {}, awaited by {owner}", place(at)),
            GuardKind::JoinOrCancel => format!("a `join_or_cancel`, begun by {owner}"),
            _ => format!("a guard, entered by {owner}"),
        };
        book.guards.values().map(describe).collect()
    }

    /// What is polled next is inspected, as a task of the scheduler.
    pub(crate) fn inspects(&self, cell: &Cell) {
        let mut book = self.book.borrow_mut();
        book.builder.begin(cell);
    }

    /// It was polled, out of turn; what it was known to wait for before.
    pub(crate) fn inspected(&self, wait: Option<Waiting>, seen: Peek) {
        let last = wait.map(|waiting| self.describe(waiting));
        self.book.borrow_mut().builder.end(seen, last);
    }

    /// All that was seen by inspection.
    pub(crate) fn scene(&self) -> Scene {
        std::mem::take(&mut self.book.borrow_mut().builder).finish()
    }
}

fn label_of(task: &TaskInfo) -> String {
    format!("task {} `{}`", task.id(), task.name())
}

/// A place in the source, the same on every machine.
pub(crate) fn place(location: &Location<'_>) -> String {
    let file = location.file().replace('\\', "/");
    format!("{file}:{}:{}", location.line(), location.column())
}

impl Observer for Watch {
    fn started(&self, task: &TaskInfo, group: GroupId, scoped: bool) {
        if !scoped {
            announce(&self.scheduler, task, group);
        }
        self.note_start(task, group, scoped);
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
            self.note(format_args!("  {} {how}", label_of(task)));
        }
        let ended = self.book.borrow_mut().tasks.remove(&task.id());
        drop(ended);
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
            (Some(task), ..) => format!("{} failed", label_of(task)),
            (None, Some(at), None) => format!("asked for at {}", place(at)),
            (None, Some(at), Some(text)) => format!("{text} (asked for at {})", place(at)),
            (None, None, _) => reason.to_string(),
        };
        self.note(format_args!("  {what} is cancelled: {why}"));
    }

    fn waits(&self, wait: &Wait<'_>) {
        let waiting = self.keep(wait);
        // A moment that has come is noticed by the poll that follows at once, in the same step.
        let has_come = matches!(wait, Wait::Sleep(until) if *until <= self.scheduler.now());
        self.wait.set((!has_come).then_some(waiting));
        let is_inspected = self.book.borrow().builder.is_building();
        if !is_inspected && !self.sink.is_wanted() {
            return;
        }
        let described = match wait {
            Wait::Join(task) => format!("waits for the end of {}", label_of(task)),
            Wait::Start(task) => format!("waits for {} to begin", label_of(task)),
            _ => self.describe(waiting),
        };
        if is_inspected {
            self.book.borrow_mut().builder.waits(described);
        } else {
            self.note(format_args!("  {described}"));
        }
    }

    fn guard_taken(&self, kind: GuardKind) -> u64 {
        let owner = try_get_current_task().map_or_else(|| "nobody".into(), |task| label_of(&task));
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
        let profile = match surrounding {
            Surrounding::Task { task, group } => Some(Profile {
                task: (*task).clone(),
                group: *group,
            }),
            _ => None,
        };
        self.book.borrow_mut().builder.entered(surrounding, profile);
    }

    fn left(&self) {
        self.book.borrow_mut().builder.left();
    }
}
