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
//! - In an `async` block or closure, what the body of a group returns must have a type that can be told there: `return names.collect()` is
//!   taken for a `Result`, since the group looks whether it is an error, to keep it; write `return names.collect::<Vec<_>>()`.
//!
//! # What does not compile
//!
//! Breaking a rule is an error at the token to change, which says what to write instead.
//!
//! | rule | the message |
//! |---|---|
//! | no task outlives its group | `` `tokio::spawn` starts a task that outlives this group: write `group.start_soon(..)` `` |
//! | no thread either | `` `std::thread::spawn` starts a thread that outlives this group: write `group.start_soon(..)`, or move the call into a function outside of the group `` |
//! | a group stays in its block | `` `group` does not live long enough `` |
//! | a child that borrows is `scoped` | ``async block may outlive the current function, but it borrows `text`, which is owned by the current function`` |
//! | a child can move between threads | `future cannot be sent between threads safely` |
//! | no result is lost: `start_soon` | `` `{integer}` is lost here: a task started with `start_soon` returns `()` or `Result<(), _>` `` |
//! | no result is lost: `spawn` | `` `spawn` and `start` take a task that returns a `Result`, not `String` `` |
//! | no failure is lost | `` unused `Result` that must be used `` |
//! | tasks are futures | `` `String` is not a future `` |
//! | a group has a name | `` the name of the group is missing: write `task_group!(|group| { .. })` `` |
//! | a macro is awaited where it stands | `` `await` is only allowed inside `async` functions and blocks `` |
//! | a delay has a unit | `` a delay needs a unit: write `5s` or `5ms` `` |
//! | a delay is not negative | `` a delay cannot be negative: write `5s` `` |
//! | a jump is seen | `` easynet cannot see into `log!`, so this `?` cannot leave the block: bind the value to a variable before the macro: `let value = ..?;` `` |
//! | a backend is one that there is | `` unknown backend "smol": the backends are: `"tokio"`, `"sim"` `` |
//! | main is async | `` `#[easynet::main]` runs an async function: write `async fn` `` |
//! | nobody could pass arguments to main | `nobody could pass arguments to this function: remove them` |
//! | one mistake is not made twice | `` `worker_threads` is given twice: remove one `` |
