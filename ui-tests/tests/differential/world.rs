//! What the generated programs run in: a script that drives them, a log of what they did, and the comparison.
//!
//! This file is a module of the generated program, not of the test.

use std::any::Any;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::{self, Debug};
use std::num::ParseIntError;
pub use std::fmt::Write;
pub use std::ops::ControlFlow;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use easynet::time::{coro_yield, current_time};

/// The longest log: a program that logs more does not end.
const MOST_EVENTS: usize = 4_000;

/// In a script: what can fail does.
const FAILURE: i64 = 11;
/// In a script: of a result in a result, the inner one fails.
const FAILURE_INSIDE: i64 = 10;

pub type Boxed = Box<dyn Error + Send + Sync>;

/// What a body reads and writes. Each call is an event with the number of its place, and takes the next of the script.
pub struct World(Mutex<State>);

struct State {
    script: Vec<i64>,
    log: Vec<(i64, i64)>,
}

impl World {
    fn new(script: &[i64]) -> Self {
        let script = script.iter().rev().copied().collect();
        Self(Mutex::new(State {
            script,
            log: Vec::new(),
        }))
    }

    fn log(&self, place: i64, value: i64) {
        let mut state = self.0.lock().expect("nothing panics in here");
        state.log.push((place, value));
        let is_endless = state.log.len() > MOST_EVENTS;
        drop(state);
        assert!(!is_endless, "the program does not end");
    }

    fn next(&self, place: i64) -> Option<i64> {
        let next = self.0.lock().expect("nothing panics in here").script.pop();
        self.log(place, next.unwrap_or(-1));
        next
    }

    pub fn take(&self, place: i64) -> i64 {
        self.next(place).unwrap_or(0)
    }

    /// Logs a value that was computed.
    pub fn note(&self, place: i64, value: i64) -> i64 {
        self.log(place, value);
        value
    }

    pub fn flip(&self, place: i64) -> bool {
        self.take(place) % 2 == 1
    }

    /// What every loop asks: false at the end of the script at the latest.
    pub fn more(&self, place: i64) -> bool {
        self.next(place).is_some_and(|next| next < FAILURE_INSIDE)
    }

    pub fn range(&self, place: i64) -> Range<i64> {
        0..self.take(place) % 3
    }

    pub fn small(&self, place: i64) -> Result<i64, Small> {
        self.small_of(place, 0)
    }

    pub fn small_of(&self, place: i64, value: i64) -> Result<i64, Small> {
        match self.take(place) {
            FAILURE => Err(Small(place)),
            next => Ok(next ^ value),
        }
    }

    pub fn number(&self, place: i64) -> Result<i64, ParseIntError> {
        self.text(place).parse()
    }

    pub fn text(&self, place: i64) -> String {
        match self.take(place) {
            FAILURE => String::from("text"),
            next => next.to_string(),
        }
    }

    pub fn wide(&self, place: i64) -> Result<i64, Wide> {
        Ok(self.small(place)?)
    }

    pub fn boxed(&self, place: i64) -> Result<i64, Boxed> {
        Ok(self.small(place)?)
    }

    pub fn double(&self, place: i64) -> Result<Result<i64, Small>, ParseIntError> {
        match self.number(place) {
            Ok(FAILURE_INSIDE) => Ok(Err(Small(place))),
            other => other.map(Ok),
        }
    }

    pub fn poll(&self, place: i64) -> Poll<Result<i64, Small>> {
        match self.take(place) {
            0 => Poll::Pending,
            FAILURE => Poll::Ready(Err(Small(place))),
            next => Poll::Ready(Ok(next)),
        }
    }

    pub fn option(&self, place: i64) -> Option<i64> {
        self.small(place).ok()
    }

    pub fn option_of(&self, place: i64, value: i64) -> Option<i64> {
        self.small_of(place, value).ok()
    }

    pub fn flow(&self, place: i64) -> ControlFlow<i64, i64> {
        match self.small(place) {
            Ok(value) => ControlFlow::Continue(value),
            Err(Small(place)) => ControlFlow::Break(place),
        }
    }

    pub async fn ready(&self, place: i64) -> i64 {
        self.take(place)
    }

    pub async fn tick(&self, place: i64) -> i64 {
        coro_yield().await;
        self.take(place)
    }

    pub async fn tick_of(&self, place: i64, value: i64) -> i64 {
        coro_yield().await;
        self.take(place) ^ value
    }

    pub async fn slow_small(&self, place: i64) -> Result<i64, Small> {
        coro_yield().await;
        coro_yield().await;
        self.small(place)
    }

    pub async fn slow_option(&self, place: i64) -> Option<i64> {
        coro_yield().await;
        self.option(place)
    }

    pub async fn slow_flow(&self, place: i64) -> ControlFlow<i64, i64> {
        coro_yield().await;
        self.flow(place)
    }

    /// A value whose end is an event too.
    pub fn guard(&self, place: i64) -> Guard<'_> {
        self.log(place, 0);
        Guard { world: self, place }
    }
}

pub struct Guard<'a> {
    world: &'a World,
    place: i64,
}

impl Guard<'_> {
    pub fn value(&self) -> i64 {
        self.place
    }

    pub fn small(&self, place: i64) -> Result<i64, Small> {
        self.world.small(place)
    }

    pub fn option(&self, place: i64) -> Option<i64> {
        self.world.option(place)
    }

    pub async fn tick(&self, place: i64) -> i64 {
        self.world.tick(place).await
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // Not `log`: a panic while a guard is dropped would end the process.
        if let Ok(mut state) = self.world.0.lock() {
            state.log.push((-self.place, 0));
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Small(pub i64);

impl fmt::Display for Small {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "small {}", self.0)
    }
}

impl Error for Small {}

/// What the other errors convert to.
#[derive(Debug)]
pub enum Wide {
    Small(Small),
    Number(ParseIntError),
    Text(String),
    Format(fmt::Error),
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self, f)
    }
}

impl Error for Wide {}

impl From<Small> for Wide {
    fn from(error: Small) -> Self {
        Self::Small(error)
    }
}

impl From<ParseIntError> for Wide {
    fn from(error: ParseIntError) -> Self {
        Self::Number(error)
    }
}

impl From<String> for Wide {
    fn from(error: String) -> Self {
        Self::Text(error)
    }
}

impl From<fmt::Error> for Wide {
    fn from(error: fmt::Error) -> Self {
        Self::Format(error)
    }
}

impl From<Infallible> for Wide {
    fn from(error: Infallible) -> Self {
        match error {}
    }
}

pub struct Pair {
    pub x: i64,
    pub y: i64,
}

pub struct Host {
    pub x: i64,
}

/// As that of `anyhow`.
#[macro_export]
macro_rules! bail {
    ($($text:tt)*) => {
        return Err(Wide::Text(format!($($text)*)))
    };
}

/// As that of `anyhow`.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($text:tt)*) => {
        if !$condition {
            return Err(Wide::Text(format!($($text)*)));
        }
    };
}

/// Those of the standard library, by their names, without what they write.
#[macro_export]
macro_rules! silent {
    ($($text:tt)*) => {{
        let _ = format!($($text)*);
    }};
}
pub use crate::{silent as print, silent as println, silent as eprint, silent as eprintln, same as dbg};
pub use crate::{bail, ensure, same};

/// A macro that easynet does not know.
#[macro_export]
macro_rules! same {
    ($value:expr) => {
        $value
    };
}

pub fn add(left: i64, right: i64) -> i64 {
    left.wrapping_mul(3).wrapping_add(right)
}

/// Tells the type of a body that never comes to its end; that of a plain block fits everywhere.
pub fn int(value: i64) -> i64 {
    value
}

pub fn sum(values: &[i64]) -> i64 {
    values.iter().fold(0, |sum, value| add(sum, *value))
}

pub fn ready(poll: Poll<i64>) -> i64 {
    match poll {
        Poll::Ready(value) => value,
        Poll::Pending => -1,
    }
}

/// A delay that never passes.
pub fn hours(value: i64) -> Duration {
    Duration::from_secs(3600 * (1 + value.unsigned_abs() % 5))
}

/// A deadline that never passes.
pub fn later(value: i64) -> Instant {
    current_time() + hours(value)
}

/// Undoes the wrapping of a value.
pub fn done<T, E: Debug>(result: Result<T, E>) -> T {
    result.expect("nothing cancels it")
}

pub type Run = fn(Arc<World>) -> Pin<Box<dyn Future<Output = String> + Send>>;

pub struct Case {
    pub name: &'static str,
    /// The plain block first.
    pub variants: &'static [Variant],
    /// How many events it can log.
    pub places: usize,
}

pub struct Variant {
    pub macros: &'static str,
    pub source: &'static str,
    pub run: Run,
}

#[derive(PartialEq)]
struct Outcome {
    log: Vec<(i64, i64)>,
    result: String,
}

fn outcome(variant: &Variant, script: &[i64]) -> Outcome {
    let world = Arc::new(World::new(script));
    let program = (variant.run)(world.clone());
    let run = panic::catch_unwind(AssertUnwindSafe(|| easynet::sim::run(0, program)));
    let result = match run {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => format!("simulation: {error}"),
        Err(panic) => format!("panic: {}", message(&*panic)),
    };
    let log = match world.0.lock() {
        Ok(state) => state.log.clone(),
        Err(poisoned) => poisoned.into_inner().log.clone(),
    };
    Outcome { log, result }
}

fn message(panic: &dyn Any) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "?",
    }
}

/// Runs every variant of every case under every script, and shows where a macro differs from the plain block.
pub fn compare(cases: &[Case], scripts: &[&[i64]]) {
    panic::set_hook(Box::new(|_| {}));
    let (mut runs, mut events, mut seen, mut places) = (0, 0, 0, 0);
    let mut differences = Vec::new();
    for case in cases {
        let [plain, variants @ ..] = case.variants else {
            continue;
        };
        let mut logged = std::collections::BTreeSet::new();
        let mut wrong = vec![false; variants.len()];
        for script in scripts {
            let expected = outcome(plain, script);
            logged.extend(expected.log.iter().map(|(place, _)| place.abs()));
            for (variant, wrong) in variants.iter().zip(&mut wrong) {
                let actual = outcome(variant, script);
                runs += 1;
                events += actual.log.len();
                // One script for each: they come shortest first.
                if actual != expected && !std::mem::replace(wrong, true) {
                    differences.push(difference(case, plain, variant, script, &expected, &actual));
                }
            }
        }
        seen += logged.len();
        places += case.places;
    }
    std::println!("{runs} runs logged {events} events, and came to {seen} of {places} places");
    differences.iter().take(3).for_each(|text| std::println!("{text}"));
    if !differences.is_empty() {
        std::println!("{} variants differ from the plain block", differences.len());
        std::process::exit(1);
    }
}

fn difference(
    case: &Case,
    plain: &Variant,
    variant: &Variant,
    script: &[i64],
    expected: &Outcome,
    actual: &Outcome,
) -> String {
    let at = expected
        .log
        .iter()
        .zip(&actual.log)
        .take_while(|(left, right)| left == right)
        .count();
    format!(
        "== {}: {} differs from the plain block\n\n{}\n{}\nscript: {script:?}\n\
         same up to event {at}; events are (place, value), the end of a guard is negative\n\
         plain block: {}\n    {:?}\nin macros:   {}\n    {:?}\n",
        case.name,
        variant.macros,
        plain.source,
        variant.source,
        expected.result,
        expected.log,
        actual.result,
        actual.log,
    )
}
