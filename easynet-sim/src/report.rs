//! The tree of groups, tasks and scopes at one moment, in words.
//!
//! Built from one more poll of each task, which tells what it passes through; then drawn from the program down.

use std::{fmt, time::Instant};

use easynet_core::observe::{GroupId, Surrounding};

use crate::{
    scheduler::task::Kind,
    trace::moment,
    watch::{Profile, place},
};

/// All tasks, where they stand.
#[derive(Default)]
pub(crate) struct Scene {
    actors: Vec<Actor>,
}

struct Actor {
    label: String,
    group: Option<GroupId>,
    /// Something to say about it as a whole.
    note: Option<&'static str>,
    items: Vec<Item>,
    is_main: bool,
}

/// What a task is inside of, or waits for.
#[derive(PartialEq)]
enum Item {
    Scope { label: String, items: Vec<Item> },
    Group { id: GroupId, label: String, items: Vec<Item> },
    Wait(String),
}

impl Item {
    fn items_mut(&mut self) -> Option<&mut Vec<Item>> {
        match self {
            Self::Scope { items, .. } | Self::Group { items, .. } => Some(items),
            Self::Wait(_) => None,
        }
    }

    /// What is inside of it, if it is this group.
    fn of_group(&mut self, group: GroupId) -> Option<&mut Vec<Item>> {
        match self {
            Self::Group { id, items, .. } if *id == group => Some(items),
            _ => None,
        }
    }
}

/// Puts a scene together, task by task.
#[derive(Default)]
pub(crate) struct Builder {
    scene: Scene,
    /// What the poll is inside of, outermost first.
    open: Vec<Open>,
    /// The actor that stands for the task of the scheduler.
    root: Option<usize>,
}

enum Open {
    Actor(usize),
    /// Not yet in its place: it is put there when it is left.
    Item { item: Item, shields: bool },
}

impl Builder {
    pub(crate) fn is_building(&self) -> bool {
        self.root.is_some()
    }

    /// A task of the scheduler is polled from here on, or would be if it had begun.
    pub(crate) fn begin(&mut self, number: u64, kind: Kind, profile: Option<Profile>, begun: bool) {
        let label = match (kind, &profile) {
            (Kind::Main, _) => format!("task {number} `main`"),
            (Kind::Job, _) => format!("job {number}"),
            (Kind::Task, Some(profile)) => label(number, profile),
            (Kind::Task, None) => format!("task {number}, started by other means than a group"),
        };
        self.scene.actors.push(Actor {
            label,
            group: profile.and_then(|profile| profile.group),
            note: (!begun).then_some("has not begun"),
            items: Vec::new(),
            is_main: kind == Kind::Main,
        });
        let root = self.scene.actors.len() - 1;
        self.open = vec![Open::Actor(root)];
        self.root = begun.then_some(root);
    }

    /// The task was polled.
    pub(crate) fn end(&mut self, went_on: bool, last: Option<String>) {
        // What a panic left open is closed here.
        while self.open.len() > 1 {
            self.left();
        }
        let Some(root) = self.root.take() else { return };
        let actor = &mut self.scene.actors[root];
        if went_on {
            actor.note = Some("goes on when it is polled once more: whatever it waited for has lost its waker");
        }
        let known = match last {
            Some(last) if !went_on => format!("when it was last polled: {last}"),
            _ => UNKNOWN.into(),
        };
        fill(&mut actor.items, &known);
    }

    pub(crate) fn finish(self) -> Scene {
        self.scene
    }

    pub(crate) fn waits(&mut self, what: String) {
        self.attach(Item::Wait(what));
    }

    pub(crate) fn entered(&mut self, surrounding: &Surrounding<'_>, number: Option<u64>) {
        if self.root.is_none() {
            return;
        }
        let shielded = self.is_shielded();
        let open = match surrounding {
            Surrounding::Task { task, group } => {
                let profile = Profile {
                    task: (*task).clone(),
                    group: *group,
                };
                Open::Actor(self.enter_task(profile, number))
            }
            Surrounding::Scope { deadline, cancelled } => Open::Item {
                item: Item::Scope {
                    label: scope(*deadline, *cancelled, shielded),
                    items: Vec::new(),
                },
                shields: false,
            },
            Surrounding::Catch => container("catch_cancelled", false),
            Surrounding::Shield => container("shield", true),
            Surrounding::Group {
                group,
                location,
                live,
                cancelled,
            } => {
                let cancelled = if *cancelled { ", cancelled" } else { "" };
                let tasks = if *live == 1 { "1 task" } else { &format!("{live} tasks") };
                Open::Item {
                    item: Item::Group {
                        id: *group,
                        label: format!("group opened at {}{cancelled}, {tasks} left", place(location)),
                        items: Vec::new(),
                    },
                    shields: false,
                }
            }
            _ => container("something", false),
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
    fn enter_task(&mut self, profile: Profile, number: Option<u64>) -> usize {
        let root = self.root.expect("asked before");
        if self.open.len() == 1 {
            // It may be polled twice in a row; only how it stands in the end counts.
            let actor = &mut self.scene.actors[root];
            actor.items.clear();
            if actor.is_main {
                actor.label = format!("{}, started at {}", actor.label, place(profile.task.location()));
                actor.is_main = false;
            }
            return root;
        }
        let label = match number {
            Some(number) => label(number, &profile),
            None => format!("task `{}`", profile.task.name()),
        };
        if let Some(known) = self.scene.actors.iter().position(|actor| actor.label == label) {
            self.scene.actors[known].items.clear();
            return known;
        }
        self.scene.actors.push(Actor {
            label,
            group: profile.group,
            note: None,
            items: Vec::new(),
            is_main: false,
        });
        self.scene.actors.len() - 1
    }

    fn is_shielded(&self) -> bool {
        let since_task = self.open.iter().rev().take_while(|open| !matches!(open, Open::Actor(_)));
        since_task.into_iter().any(|open| matches!(open, Open::Item { shields: true, .. }))
    }

    fn attach(&mut self, mut item: Item) {
        let items = match self.open.last_mut() {
            Some(Open::Actor(actor)) => &mut self.scene.actors[*actor].items,
            Some(Open::Item { item: outer, .. }) => outer.items_mut().expect("only what holds others is open"),
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

pub(crate) const UNKNOWN: &str = "waits for something that easynet does not know of";

fn label(number: u64, profile: &Profile) -> String {
    let task = &profile.task;
    format!("task {number} `{}`, started at {}", task.name(), place(task.location()))
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

fn container(label: &str, shields: bool) -> Open {
    let item = Item::Scope {
        label: label.into(),
        items: Vec::new(),
    };
    Open::Item { item, shields }
}

/// Where nothing has said what it waits for, says so.
fn fill(items: &mut Vec<Item>, known: &str) {
    if items.is_empty() {
        items.push(Item::Wait(known.into()));
    }
    items.iter_mut().filter_map(Item::items_mut).for_each(|items| fill(items, known));
}

impl fmt::Display for Scene {
    /// Each line begins with a line break: it follows a headline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut drawn = vec![false; self.actors.len()];
        for (index, actor) in self.actors.iter().enumerate() {
            if actor.group.is_none() {
                self.draw_actor(f, index, "", "", &mut drawn)?;
            }
        }
        // Their group is not waited for by anything that was seen.
        for index in 0..self.actors.len() {
            if !drawn[index] {
                self.draw_actor(f, index, "", "", &mut drawn)?;
            }
        }
        Ok(())
    }
}

/// A line of the tree below another.
enum Branch<'a> {
    Item(&'a Item),
    Actor(usize),
}

impl Scene {
    fn draw_actor(
        &self,
        f: &mut fmt::Formatter<'_>,
        index: usize,
        lead: &str,
        below: &str,
        drawn: &mut [bool],
    ) -> fmt::Result {
        // A task drawn above: no group holds itself, but what is broken may look like it.
        if std::mem::replace(&mut drawn[index], true) {
            return Ok(());
        }
        let actor = &self.actors[index];
        write!(f, "\n{lead}{}", actor.label)?;
        if let Some(note) = actor.note {
            write!(f, ": {note}")?;
        }
        let branches: Vec<_> = actor.items.iter().map(Branch::Item).collect();
        self.draw_branches(f, &branches, below, drawn)
    }

    fn draw_branches(
        &self,
        f: &mut fmt::Formatter<'_>,
        branches: &[Branch<'_>],
        below: &str,
        drawn: &mut [bool],
    ) -> fmt::Result {
        for (position, branch) in branches.iter().enumerate() {
            let is_last = position + 1 == branches.len();
            let lead = format!("{below}{}", if is_last { "└─ " } else { "├─ " });
            let below = format!("{below}{}", if is_last { "   " } else { "│  " });
            match branch {
                Branch::Actor(index) => self.draw_actor(f, *index, &lead, &below, drawn)?,
                Branch::Item(Item::Wait(what)) => write!(f, "\n{lead}{what}")?,
                Branch::Item(Item::Scope { label, items }) => {
                    write!(f, "\n{lead}{label}")?;
                    let inner: Vec<_> = items.iter().map(Branch::Item).collect();
                    self.draw_branches(f, &inner, &below, drawn)?;
                }
                Branch::Item(Item::Group { id, label, items }) => {
                    write!(f, "\n{lead}{label}")?;
                    let mut inner: Vec<_> = items.iter().map(Branch::Item).collect();
                    let children = self.actors.iter().enumerate();
                    inner.extend(
                        children
                            .filter(|(_, actor)| actor.group == Some(*id))
                            .map(|(index, _)| Branch::Actor(index)),
                    );
                    self.draw_branches(f, &inner, &below, drawn)?;
                }
            }
        }
        Ok(())
    }
}
