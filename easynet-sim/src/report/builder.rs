//! Puts a scene together from what a poll passes through.

use std::{panic::Location, time::Instant};

use easynet_core::observe::Surrounding;

use super::{Actor, Item, Scene, UNKNOWN};
use crate::{
    scheduler::{
        Peek,
        task::{Cell, Kind},
    },
    trace::moment,
    watch::{Profile, place},
};

/// A scene in the making, task by task.
#[derive(Default)]
pub(crate) struct Builder {
    scene: Scene,
    /// Where the program was started, if that is not where `bootstrap` was called.
    location: Option<&'static Location<'static>>,
    /// The task of the scheduler that is polled, if it is.
    root: Option<Root>,
    /// What the poll is inside of, outermost first.
    open: Vec<Open>,
}

struct Root {
    kind: Kind,
    number: u64,
    /// The first of its actors: itself, then the children that it polls.
    first: usize,
    /// Where it was started, once it has said so.
    location: Option<&'static Location<'static>>,
}

enum Open {
    Actor(usize),
    /// Not yet in its place: it is put there when it is left.
    Item {
        item: Item,
        shields: bool,
    },
}

impl Builder {
    pub(crate) fn new(location: Option<&'static Location<'static>>) -> Self {
        Self {
            location,
            ..Self::default()
        }
    }

    pub(crate) fn finish(self) -> Scene {
        self.scene
    }

    pub(crate) fn is_building(&self) -> bool {
        self.root.is_some()
    }

    /// A task of the scheduler is polled from here on, or would be if it had begun.
    pub(crate) fn begin(&mut self, cell: &Cell) {
        let first = self.scene.actors.len();
        let (number, kind, begun) = (cell.number(), cell.kind(), cell.has_begun());
        let label = match (kind, cell.profile()) {
            (Kind::Main, _) => format!("task {number} `main`"),
            (Kind::Job, _) => format!("job {number}"),
            (Kind::Task, Some(profile)) => label(profile),
            (Kind::Task, None) => format!("task {number}, started by other means than a group"),
        };
        self.scene.actors.push(Actor {
            number,
            label,
            group: cell.profile().and_then(|profile| profile.group),
            note: (!begun).then_some("has not begun"),
            items: Vec::new(),
        });
        self.open = vec![Open::Actor(first)];
        self.root = begun.then_some(Root {
            kind,
            number,
            first,
            location: None,
        });
    }

    /// The task was polled: what it did, and what it was said to wait for when it was polled before.
    pub(crate) fn end(&mut self, seen: Peek, last: Option<String>) {
        // What a panic has left open.
        while self.open.len() > 1 {
            self.left();
        }
        let Some(Root { first, .. }) = self.root.take() else {
            return;
        };
        let (own, children) = self.scene.actors[first..]
            .split_first_mut()
            .expect("it was pushed by `begin`");
        own.note = match seen {
            Peek::Stays => own.note,
            Peek::GoesOn => {
                Some("goes on when it is polled once more: whatever it waited for has lost its waker")
            }
            Peek::Panics => Some("panics when it is polled once more"),
        };
        let known = match last {
            Some(last) if seen == Peek::Stays => format!("when it was last polled: {last}"),
            _ => UNKNOWN.into(),
        };
        fill(&mut own.items, &known);
        children
            .iter_mut()
            .for_each(|child| fill(&mut child.items, UNKNOWN));
    }

    pub(crate) fn waits(&mut self, what: String) {
        self.attach(Item::Wait(what));
    }

    pub(crate) fn entered(&mut self, surrounding: &Surrounding<'_>, task: Option<Profile>) {
        if self.root.is_none() {
            return;
        }
        let open = match surrounding {
            Surrounding::Task { .. } => {
                let profile = task.expect("a task comes with its profile");
                Open::Actor(self.enter_task(&profile))
            }
            Surrounding::Scope { deadline, cancelled } => {
                container(scope(*deadline, *cancelled, self.is_shielded()), false)
            }
            Surrounding::Catch => container("catch_cancelled".into(), false),
            Surrounding::Shield => container("shield".into(), true),
            Surrounding::Group {
                group,
                location,
                live,
                cancelled,
            } => {
                let label = (!self.is_program(location)).then(|| {
                    let cancelled = if *cancelled { ", cancelled" } else { "" };
                    let tasks = if *live == 1 { "task" } else { "tasks" };
                    format!(
                        "group opened at {}{cancelled}, {live} {tasks} left",
                        place(location)
                    )
                });
                let item = Item::Group {
                    id: *group,
                    label,
                    items: Vec::new(),
                };
                Open::Item { item, shields: false }
            }
            _ => container("something".into(), false),
        };
        self.open.push(open);
    }

    pub(crate) fn left(&mut self) {
        if self.open.len() < 2 {
            return;
        }
        if let Some(Open::Item { item, .. }) = self.open.pop() {
            self.attach(item);
        }
    }

    /// The task of the scheduler itself, or a child that borrows and is polled by it.
    fn enter_task(&mut self, profile: &Profile) -> usize {
        let root = self.root.as_mut().expect("something is polled");
        if self.open.len() == 1 {
            root.location = Some(profile.task.location());
            let actor = &mut self.scene.actors[root.first];
            match root.kind {
                Kind::Main => {
                    let location = self.location.unwrap_or(profile.task.location());
                    actor.label = format!("task {} `main`, started at {}", root.number, place(location));
                }
                // Started by another thread: this is the first time that it is seen.
                Kind::Task if profile.group.is_some() => {
                    actor.label = label(profile);
                    actor.group = profile.group;
                }
                _ => {}
            }
            // It may be polled twice in a row; only how it stands in the end counts.
            actor.items.clear();
            return root.first;
        }
        let first = root.first;
        let label = label(profile);
        let known = self.scene.actors[first..]
            .iter()
            .position(|actor| actor.label == label);
        if let Some(known) = known {
            self.scene.actors[first + known].items.clear();
            return first + known;
        }
        self.scene.actors.push(Actor {
            number: profile.task.id().number(),
            label,
            group: profile.group,
            note: None,
            items: Vec::new(),
        });
        self.scene.actors.len() - 1
    }

    /// Whether a group that is entered here is the one that the program is (T12).
    fn is_program(&self, location: &Location<'_>) -> bool {
        let root = self.root.as_ref().expect("something is polled");
        root.kind == Kind::Main && self.open.len() == 2 && root.location == Some(location)
    }

    fn is_shielded(&self) -> bool {
        let inside = self
            .open
            .iter()
            .rev()
            .take_while(|open| !matches!(open, Open::Actor(_)));
        inside
            .into_iter()
            .any(|open| matches!(open, Open::Item { shields: true, .. }))
    }

    fn attach(&mut self, mut item: Item) {
        let items = match self.open.last_mut() {
            Some(Open::Actor(actor)) => &mut self.scene.actors[*actor].items,
            Some(Open::Item { item: outer, .. }) => {
                outer.items_mut().expect("only what holds others is open")
            }
            None => return,
        };
        // A group is entered for its body, for children that borrow, and for its wait.
        if let Item::Group { id, items: new, .. } = &mut item
            && let Some(known) = items.iter_mut().find_map(|known| known.of_group(*id))
        {
            known.append(new);
            return;
        }
        // What is polled twice in a row looks the same both times.
        if items.last() != Some(&item) {
            items.push(item);
        }
    }
}

fn label(profile: &Profile) -> String {
    let task = &profile.task;
    format!(
        "task {} `{}`, started at {}",
        task.id(),
        task.name(),
        place(task.location())
    )
}

fn scope(deadline: Option<Instant>, cancelled: bool, shielded: bool) -> String {
    let mut label = match deadline {
        Some(deadline) => format!("scope, deadline at {}", moment(deadline)),
        None => String::from("scope, no deadline"),
    };
    if cancelled {
        label.push_str(", cancelled");
    }
    if shielded {
        label.push_str(", shielded");
    }
    label
}

fn container(label: String, shields: bool) -> Open {
    let item = Item::Scope {
        label,
        items: Vec::new(),
    };
    Open::Item { item, shields }
}

/// Where nothing has said what it waits for, says so.
fn fill(items: &mut Vec<Item>, known: &str) {
    if items.is_empty() {
        items.push(Item::Wait(known.into()));
    }
    let inside = items.iter_mut().filter_map(Item::items_mut);
    inside.for_each(|items| fill(items, known));
}
