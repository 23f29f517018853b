//! The entries of the stack of what surrounds the running code.

use std::{panic::Location, sync::Arc, time::Instant};

use super::local::Locals;
use crate::{
    cancel::{CancelReason, node::Attached},
    group::core::GroupCore,
    observe::Surrounding,
    task::{TaskId, TaskInfo, TaskName},
};

/// No such frame.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scope,
    Catch,
    Group,
    Shield,
    Task,
    /// A task that its group polls.
    Borrower,
    /// A task and a group in one.
    Program,
}

impl Kind {
    /// Whether it is a task, which ends when its group is cancelled.
    #[inline(always)]
    pub(super) const fn is_task(self) -> bool {
        matches!(self, Self::Task | Self::Borrower)
    }

    /// Whether nothing of what is around it counts.
    #[inline(always)]
    pub(super) const fn is_boundary(self) -> bool {
        matches!(self, Self::Shield | Self::Task | Self::Borrower | Self::Program)
    }
}

/// One scope, shield, group body or task, for the time of one poll.
///
/// What is lent is kept apart: it is written one by one, and would be read back at once, which processors are slow at.
#[repr(C)]
pub(super) struct Frame {
    pub(super) node: Option<Attached>,
    pub(super) kind: Kind,
    /// Its own deadline has passed.
    pub(super) due: bool,
    /// The innermost frame with a node, up to the boundary.
    pub(super) nearest: u32,
    /// The frame of the task, if no shield is between.
    pub(super) outer: u32,
    /// The group of a task, or the one whose body runs.
    pub(super) group: Option<Arc<GroupCore>>,
}

impl Frame {
    /// A place for a frame.
    pub(super) fn empty() -> Self {
        Self {
            kind: Kind::Scope,
            due: false,
            nearest: NONE,
            outer: NONE,
            node: None,
            group: None,
        }
    }

    pub(super) fn is_boundary(&self) -> bool {
        self.kind.is_boundary()
    }

    /// Whether it is the body of this group, or a task that the group polls.
    pub(super) fn runs(&self, group: &Arc<GroupCore>) -> bool {
        matches!(self.kind, Kind::Group | Kind::Borrower | Kind::Program)
            && self.group.as_ref().is_some_and(|own| Arc::ptr_eq(own, group))
    }

    /// What an observer is told of a frame that has been pushed, with its own deadline, and whether what runs in it is cancelled.
    pub(super) fn surrounding<'a>(
        &self,
        deadline: Option<Instant>,
        cancelled: bool,
        task: Option<&'a TaskInfo>,
    ) -> Surrounding<'a> {
        match self.kind {
            Kind::Scope => Surrounding::Scope { deadline, cancelled },
            Kind::Catch => Surrounding::Catch,
            Kind::Shield => Surrounding::Shield,
            Kind::Group | Kind::Program => self
                .group
                .as_ref()
                .expect("the frame of a group has the group")
                .surrounding(),
            Kind::Task | Kind::Borrower => Surrounding::Task {
                task: task.expect("the frame of a task is pushed with the task"),
                group: self.group.as_ref().map(|group| group.id()),
            },
        }
    }

    /// Why this frame is cancelled by itself, for a node that is made now.
    pub(super) fn own_reason(&self) -> Option<CancelReason> {
        if self.due {
            return Some(CancelReason::deadline());
        }
        let group = self
            .group
            .as_ref()
            .filter(|group| self.kind.is_task() && group.is_cancelled())?;
        group.node().reason()
    }
}

/// What most tasks do without: a name of their own, values of task-locals.
#[derive(Default)]
pub(crate) struct Extra {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) locals: Option<Arc<Locals>>,
}

/// The task that is being polled.
pub(crate) struct TaskFrame {
    pub(crate) id: TaskId,
    pub(crate) type_name: &'static str,
    pub(crate) location: &'static Location<'static>,
    pub(crate) extra: Option<Arc<Extra>>,
    /// The values set since, if some were.
    pub(super) locals: Option<Arc<Locals>>,
}

impl TaskFrame {
    /// A place for a task.
    pub(super) fn empty() -> Self {
        Self::new(TaskId::none(), "", Location::caller(), None)
    }

    /// Puts a task in this place, of which nothing of value is left.
    #[inline(always)]
    pub(crate) fn fill(&mut self, task: Self) {
        self.id = task.id;
        self.type_name = task.type_name;
        self.location = task.location;
        self.extra = task.extra;
        self.locals = task.locals;
    }

    pub(crate) fn new(
        id: TaskId,
        type_name: &'static str,
        location: &'static Location<'static>,
        extra: Option<Arc<Extra>>,
    ) -> Self {
        Self {
            id,
            type_name,
            location,
            extra,
            locals: None,
        }
    }

    pub(crate) fn info(&self) -> TaskInfo {
        let given = self.extra.as_ref().and_then(|extra| extra.name.clone());
        TaskInfo::new(
            self.id,
            given.map_or(TaskName::Type(self.type_name), TaskName::Given),
            self.location,
        )
    }

    /// The same task, for the thread of a job: what is set there is not seen here.
    pub(super) fn copy(&self) -> Self {
        Self {
            id: self.id,
            type_name: self.type_name,
            location: self.location,
            extra: self.extra.clone(),
            locals: self.locals.clone(),
        }
    }

    pub(super) fn locals(&self) -> Option<Arc<Locals>> {
        self.locals
            .clone()
            .or_else(|| self.extra.as_ref()?.locals.clone())
    }

    pub(super) fn replace_locals(&mut self, locals: Option<Arc<Locals>>) -> Option<Arc<Locals>> {
        std::mem::replace(&mut self.locals, locals)
    }
}
