//! The language: "a block is a block".
//!
//! [`cases`] are functions around one or more bodies, written `$block!({ .. })`. They are compiled once for the plain
//! block, once for every macro, and once for macros in macros; [`alike`] calls them all with the same inputs, and they
//! have to return the same and to log the same. What a plain block cannot show is in the other modules.

#![forbid(unsafe_code)]
// Nothing a macro writes may warn in the crate that uses it.
#![deny(warnings, clippy::all)]

#[macro_use]
mod cases;
mod alike;
mod entry;
mod gather;
mod groups;
mod inferred;
mod nested;
mod other_macros;
mod race;
mod scopes;

use std::error::Error;
use std::fmt;
use std::num::ParseIntError;
use std::sync::Mutex;

use easynet::time::coro_yield;

type Log = Vec<String>;

/// An error that is none of the standard library's.
#[derive(Debug, PartialEq, Clone)]
struct Failed(u32);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed at {}", self.0)
    }
}

impl Error for Failed {}

/// What [`Failed`] converts to on its way out of a function.
#[derive(Debug, PartialEq)]
enum Wide {
    Failed(Failed),
    Number(ParseIntError),
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Number(error) => error.fmt(f),
        }
    }
}

impl From<Failed> for Wide {
    fn from(error: Failed) -> Self {
        Self::Failed(error)
    }
}

impl From<ParseIntError> for Wide {
    fn from(error: ParseIntError) -> Self {
        Self::Number(error)
    }
}

/// Suspends once, then fails for every third `n`.
async fn step(n: u32) -> Result<u32, Failed> {
    coro_yield().await;
    if n % 3 == 2 { Err(Failed(n)) } else { Ok(n * 10) }
}

/// Suspends once, then has nothing for every fourth `n`.
async fn maybe(n: u32) -> Option<u32> {
    coro_yield().await;
    (n % 4 != 3).then_some(n + 1)
}

fn parse(n: u32) -> Result<u32, ParseIntError> {
    if n == 4 { "four".parse() } else { Ok(n) }
}

/// Logs when it is dropped.
struct Guard<'a>(&'a Mutex<Log>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("dropped".into());
    }
}
