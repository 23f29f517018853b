//! The language: what the macros of easynet take, and what they mean. A chapter, without code.
//!
//! One rule: **a block is a block.** What stands in the body of a macro means what it would mean without the macro. `?`, `return`,
//! `break`, `continue`, labelled or not, and the value of the body are those of the function around it. They leave through the
//! scope, whose cleanup runs first.
//!
//! ```
//! use easynet::prelude::*;
//! use std::io;
//!
//! # async fn next_line() -> io::Result<String> { Ok(String::from("quit")) }
//! async fn chat() -> io::Result<u32> {
//!     let mut lines = 0;
//!     loop {
//!         with_timeout!(30s, {
//!             let line = next_line().await?; // leaves `chat`
//!             if line == "quit" {
//!                 break; // leaves the loop
//!             }
//!             lines += 1;
//!         })?; // no line in time
//!     }
//!     Ok(lines)
//! }
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() { assert_eq!(chat().await.unwrap(), 0) }
//! ```
//!
//! # Grammar
//!
//! ```text
//! task_group!( |group| body )              Result<T, TaskGroupError>      a group of tasks
//! task_group!( |group: TaskGroup<E>| body ) Result<T, TaskGroupError<E>>
//! with_timeout!( delay, body )             Result<T, TimedOut>
//! with_deadline!( instant, body )          Result<T, TimedOut>
//! move_on_after!( delay, body )            Option<T>
//! move_on_at!( instant, body )             Option<T>
//! cancel_scope!( |scope| body )            Option<T>
//! shield!( body )                          T
//! catch_cancelled!( body )                 Result<T, Cancelled>
//! gather!( branch, .. )                    (A, B, ..)
//! try_gather!( branch, .. )                Result<(A, B, ..), TaskGroupError>
//! race!( branch, |pattern| arm, .. )       T
//!
//! body     a block, or a future, which is awaited; the timed ones take `|scope| body` too
//! branch   a block, or a future
//! delay    a `Duration`, or a number with a unit: 10ns 10us 250ms 1.5s 2min 1h; also in an expression: 2 * 5s
//! instant  an `Instant` of the backend's clock, or an `Option` of one: `None` is no limit
//! ```
//!
//! Every macro takes any delimiter and a trailing comma, and nests in every other. Its content is plain Rust, but for the unit of a delay:
//! rustfmt formats it, editors complete in it. Nothing in it is `unsafe`, and no lint of yours finds fault with what it
//! expands to.
//!
//! # What a jump does
//!
//! | in the body of | running off the end | `?`, `return`, `break`, `continue` |
//! |---|---|---|
//! | `task_group!` | waits for the tasks; the value, or every failure | cancels the tasks, waits for them, then leaves; if one has failed, the group's error is the value instead, and holds the body's error too |
//! | `with_timeout!`, `with_deadline!` | the value, in `Ok` | leaves |
//! | `move_on_after!`, `move_on_at!`, `cancel_scope!` | the value, in `Some` | leaves |
//! | `shield!` | the value | leaves |
//! | `catch_cancelled!` | the value, in `Ok` | leaves |
//! | `gather!`, `try_gather!` (a branch that is a block) | its value is one of the tuple | cancels the other branches, waits for them, then leaves |
//! | `race!` (a branch that is a block) | it has won: the others are cancelled and waited for, then its arm runs | it has won as well: the others are cancelled and waited for, then it leaves |
//! | a task of a group (`async` block, closure) | it has ended; `Ok(())`, `()`, or the value of its handle | `?` and `return` end the task, and an error fails the group; `break` and `continue` do not compile |
//! | `race!` (an arm) | the value of the macro | leaves; nothing of the race is left by then |
//!
//! Which jumps are those of the body? All that would leave a plain block there. What stands in a closure, an `async` block, or an item inside of
//! the body is theirs, and so is a `break` in a loop of the body. Inside of other macros, those of the standard library that hold
//! expressions are understood (`println!`, `format!`, `write!`, `assert!`, `vec!`, `matches!`, `dbg!`, `panic!`, ..), and `bail!` and
//! `ensure!`. A jump in any other macro is an error that says what to do.
//!
//! ```
//! use easynet::{prelude::*, time::sleep};
//! use std::time::Duration;
//!
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() -> Result<(), easynet::BoxError> {
//! let mut found = None;
//! 'search: for number in 1..100 {
//!     task_group!(|group| {
//!         group.start_soon(sleep(Duration::from_secs(60)));
//!         if number * number > 50 {
//!             found = Some(number);
//!             break 'search; // the sleeping task is cancelled first
//!         }
//!         continue; // here too
//!     })?;
//! }
//! assert_eq!(found, Some(8));
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//!
//! A body is an `async` block underneath. So the compiler does not know that it runs at most once, and right now:
//!
//! - A body that moves a variable moves it whether or not it comes to that, and in a loop, on the first turn.
//! - A body cannot initialise a variable that was declared without a value.
//! - A mutable reference that a body returns stays borrowed where the body does not return it.
//! - The value of a body is not coerced to a type that is asked for outside: write `Box::new(x) as Box<dyn T>`.
//!
//! A group holds the error that its body is left with, so it has to know by then what that is:
//!
//! - In a closure or an `async` block, `return value.into()` inside of `task_group!` or `try_gather!` may stand before what tells the
//!   type. A `Result` and the types of the standard library may be told later; a type of your own has to be named: `return Reply::from(value)`.
//! - An error whose type is told later has to convert to the error of the group.
//!
//! ```
//! use easynet::prelude::*;
//!
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() {
//! struct Reply(u8);
//! # impl From<u8> for Reply { fn from(code: u8) -> Self { Self(code) } }
//!
//! let answer = async |code: u8| {
//!     let _ = task_group!(|_group| {
//!         if code > 0 {
//!             return Reply::from(code); // `code.into()` could be anything
//!         }
//!     });
//!     Reply(0)
//! };
//! assert_eq!(answer(3).await.0, 3);
//! # }
//! ```
//!
//! Paths are known by how they end: after `use tokio::spawn`, nothing tells a plain `spawn(..)` from a function of your own. What a macro of yours
//! hides is not seen either: a `return` in it, a `break`, or a `?` is an error of types, at the macro.
//!
//! # What does not compile
//!
//! Breaking a rule is an error at the token to change, which says what to write instead.
//!
//! | rule | the message |
//! |---|---|
//! | no task outlives its group | `` `tokio::spawn` starts a task that outlives this group: write `group.start_soon(..)` `` |
//! | no thread either | `` `std::thread::spawn` starts a thread that outlives this group: write `group.start_soon(..)`, or move the call into a function outside of the group `` |
//! | nor by a handle of the runtime | `` `spawn` starts a task that outlives this group: write `group.start_soon(..)` `` |
//! | nor by a builder of threads | `` `spawn` starts a thread that outlives this group: write `group.start_soon(..)`, or move the call into a function outside of the group `` |
//! | a group stays in its block | `` `group` does not live long enough `` |
//! | a child that borrows is `scoped`: `group.scoped().start_soon(..)` | `` `text` does not live long enough `` |
//! | a scoped child borrows what is outside of the group | ``async block may outlive the current function, but it borrows `text`, which is owned by the current function`` |
//! | a child can move between threads; so can `main` | `future cannot be sent between threads safely` |
//! | two children do not change one variable | `cannot borrow value as mutable more than once at a time` |
//! | a stream has one reader, and one writer: `split` it for both | ``cannot borrow `stream` as mutable more than once at a time`` |
//! | a stream that was split is gone | ``borrow of moved value: `stream` `` |
//! | a listener is served once | `use of moved value` |
//! | no result is lost: `start_soon` | `` `{integer}` is lost here: a task started with `start_soon` returns `()` or `Result<(), _>` `` |
//! | no result is lost: `spawn` | `` `spawn` and `start` take a task that returns a `Result`, not `String` `` |
//! | a type that leaves a group is known | ``the type `Reply` of what leaves a task group was not known yet inside the group`` |
//! | an error that leaves a group fits it | ``the error `ParseIntError` leaves a task group whose error `std::fmt::Error` it does not convert to`` |
//! | the error of a group can be shown | `` `Unshown` cannot be the error type of a task group `` |
//! | a start is awaited | `the task is cancelled unless its start is awaited` |
//! | no failure is lost | `` unused `Result` that must be used `` |
//! | tasks are futures | `` `String` is not a future `` |
//! | a future is awaited before its `?` | ``if this is a future, await it first: write `.await?` `` |
//! | a macro awaits its futures itself | ``leave `.await` to the macro, or write a block: `{ .. }` `` |
//! | a shield ends | `` this loop never ends, and the shield around it keeps it from being cancelled: put the shield inside of it, as in `loop { shield!({ .. }) }` `` |
//! | an arm is a closure | `` an arm is written like a closure: `race!(first, \|value\| .., second, \|value\| ..)` `` |
//! | a group has a name | `` the name of the group is missing: write `task_group!(\|group\| { .. })` `` |
//! | a macro is awaited where it stands | `` `await` is only allowed inside `async` functions and blocks `` |
//! | a delay has a unit | `` a delay needs a unit: write `5s` or `5ms` `` |
//! | a delay is not negative | `` a delay cannot be negative: write `5s` `` |
//! | a jump is seen | `` easynet cannot see into `log!`, so this `?` cannot leave the block: bind the value to a variable before the macro: `let value = ..?;` `` |
//! | a backend is one that there is | `` unknown backend "smol": the backends are: `"tokio"`, `"sim"` `` |
//! | main is async | `` `#[easynet::main]` runs an async function: write `async fn` `` |
//! | nobody could pass arguments to main | `nobody could pass arguments to this function: remove them` |
//! | one attribute is enough | `` `#[easynet::main]` runs the function already: remove this attribute `` |
//! | a backend is an easynet backend | `` `String` is not an easynet backend `` |
//! | one mistake is not made twice | `` `worker_threads` is given twice: remove one `` |
