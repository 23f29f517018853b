//! The hot paths, and the same jobs as one does them without easynet.
//!
//! Everything but the network runs on one thread and takes no decision by chance, by time or by address, so that two
//! runs take the same instructions.

mod network;
mod scopes;
mod tasks;
mod time;
mod waiting;

use std::time::Duration;

use easynet::Flavor;

/// Longer than anything takes.
const LIMIT: Duration = Duration::from_secs(3_600);

/// A job that is done so many times.
type Program = Box<dyn Fn(usize) + Send + Sync>;

/// Something that programs do all the time.
pub(crate) struct HotPath {
    name: &'static str,
    program: Program,
    peer: Option<Peer>,
    turns_at_once: usize,
    counted: bool,
}

/// The way to do the same without easynet.
pub(crate) struct Peer {
    name: &'static str,
    program: Program,
}

impl HotPath {
    fn new(name: &'static str, program: Program) -> Self {
        Self {
            name,
            program,
            peer: None,
            turns_at_once: 1,
            counted: true,
        }
    }

    fn beside(self, name: &'static str, program: Program) -> Self {
        Self {
            peer: Some(Peer { name, program }),
            ..self
        }
    }

    /// So many turns are taken at once: fewer are none.
    fn at_once(self, turns: usize) -> Self {
        Self {
            turns_at_once: turns,
            ..self
        }
    }

    /// Two runs of it differ: it has threads that wait for each other.
    fn uncounted(self) -> Self {
        Self {
            counted: false,
            ..self
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn run(&self, turns: usize) {
        (self.program)(turns);
    }

    pub(crate) fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// The turns that are taken at once.
    pub(crate) fn turns_at_once(&self) -> usize {
        self.turns_at_once
    }

    pub(crate) fn is_counted(&self) -> bool {
        self.counted
    }
}

impl Peer {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn run(&self, turns: usize) {
        (self.program)(turns);
    }
}

/// A program of easynet: `bootstrap` runs it.
fn in_easynet<F>(program: impl Fn(usize) -> F + Send + Sync + 'static) -> Program
where
    F: Future<Output = ()> + Send + 'static,
{
    Box::new(move |turns| easynet_benches::in_easynet(Flavor::CurrentThread, program(turns)))
}

/// A task of tokio, which may use easynet or not.
fn in_tokio<F>(program: impl Fn(usize) -> F + Send + Sync + 'static) -> Program
where
    F: Future<Output = ()> + Send + 'static,
{
    Box::new(move |turns| easynet_benches::in_tokio(Flavor::CurrentThread, program(turns)))
}

/// All hot paths.
pub(crate) fn all() -> Vec<HotPath> {
    [
        tasks::paths(),
        scopes::paths(),
        time::paths(),
        waiting::paths(),
        network::paths(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
