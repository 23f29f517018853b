//! The tree of groups, tasks and scopes at one moment, in words.
//!
//! Built from one more poll of each task, which tells what it passes through; then drawn from the program down.

mod builder;

use std::fmt;

use easynet_core::observe::GroupId;

pub(crate) use self::builder::Builder;

/// What is said of a wait that nobody has named.
pub(crate) const UNKNOWN: &str = "waits for something that easynet does not know of";

/// All tasks, where they stand.
#[derive(Default)]
pub(crate) struct Scene {
    actors: Vec<Actor>,
}

/// A task or a job.
struct Actor {
    number: u64,
    label: String,
    group: Option<GroupId>,
    /// Something to say about it as a whole.
    note: Option<&'static str>,
    items: Vec<Item>,
}

/// What a task is inside of, or waits for.
#[derive(PartialEq)]
enum Item {
    /// A scope, a shield, a catch.
    Scope {
        label: String,
        items: Vec<Item>,
    },
    Group {
        id: GroupId,
        /// None for the group that the program itself is: it goes without saying.
        label: Option<String>,
        items: Vec<Item>,
    },
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

/// A line of the tree below another.
enum Branch<'a> {
    Item(&'a Item),
    Actor(usize),
}

impl fmt::Display for Scene {
    /// Each line begins with a line break: it follows a headline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut drawing = Drawing {
            scene: self,
            drawn: vec![false; self.actors.len()],
        };
        for (index, actor) in self.actors.iter().enumerate() {
            if actor.group.is_none() {
                drawing.actor(f, index, "", "")?;
            }
        }
        // Nothing that was seen waits for the groups of these.
        for index in 0..self.actors.len() {
            drawing.actor(f, index, "", "")?;
        }
        Ok(())
    }
}

struct Drawing<'a> {
    scene: &'a Scene,
    /// Each task is drawn once.
    drawn: Vec<bool>,
}

impl<'a> Drawing<'a> {
    fn actor(&mut self, f: &mut fmt::Formatter<'_>, index: usize, lead: &str, below: &str) -> fmt::Result {
        if std::mem::replace(&mut self.drawn[index], true) {
            return Ok(());
        }
        let actor = &self.scene.actors[index];
        write!(f, "\n{lead}{}", actor.label)?;
        if let Some(note) = actor.note {
            write!(f, ": {note}")?;
        }
        let mut branches = Vec::new();
        for item in &actor.items {
            match item {
                Item::Group { label: None, .. } => branches.extend(self.inside(item)),
                _ => branches.push(Branch::Item(item)),
            }
        }
        self.branches(f, &branches, below)
    }

    /// What is inside of an item: its own items, and for a group its tasks.
    fn inside(&self, item: &'a Item) -> Vec<Branch<'a>> {
        match item {
            Item::Wait(_) => Vec::new(),
            Item::Scope { items, .. } => items.iter().map(Branch::Item).collect(),
            Item::Group { id, items, .. } => {
                let actors = &self.scene.actors;
                let mut tasks: Vec<usize> = (0..actors.len())
                    .filter(|&index| actors[index].group == Some(*id) && !self.drawn[index])
                    .collect();
                tasks.sort_by_key(|&index| actors[index].number);
                let items = items.iter().map(Branch::Item);
                items.chain(tasks.into_iter().map(Branch::Actor)).collect()
            }
        }
    }

    fn branches(&mut self, f: &mut fmt::Formatter<'_>, branches: &[Branch<'a>], below: &str) -> fmt::Result {
        for (position, branch) in branches.iter().enumerate() {
            let is_last = position + 1 == branches.len();
            let lead = format!("{below}{}", if is_last { "└─ " } else { "├─ " });
            let below = format!("{below}{}", if is_last { "   " } else { "│  " });
            match branch {
                Branch::Actor(index) => self.actor(f, *index, &lead, &below)?,
                Branch::Item(item) => {
                    let label = match item {
                        Item::Scope { label, .. } | Item::Wait(label) => label,
                        Item::Group { label, .. } => label.as_deref().unwrap_or("the program"),
                    };
                    write!(f, "\n{lead}{label}")?;
                    let inside = self.inside(item);
                    self.branches(f, &inside, &below)?;
                }
            }
        }
        Ok(())
    }
}
