#![forbid(unsafe_code)]
//! The language of easynet: its macros.
//!
//! Use them through the crate `easynet`, which re-exports them all and which they expand to.
//!
//! One rule: **a block is a block.** Inside the body of any of these macros `?`, `return`, `break`, `continue`,
//! labelled or not, and the value mean what they would mean without the macro. They leave the enclosing function or
//! loop through the scope, whose cleanup runs first:
//!
//! ```
//! # use std::io;
//! use easynet::prelude::*;
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
//! | macro | value | |
//! |---|---|---|
//! | [`task_group!`] | `Result<T, TaskGroupError>` | a block and its child tasks, which end together |
//! | [`with_timeout!`], [`with_deadline!`] | `Result<T, TimedOut>` | a block, for so long or until then |
//! | [`move_on_after!`], [`move_on_at!`] | `Option<T>` | the same, where running out of time is no error |
//! | [`cancel_scope!`] | `Option<T>` | a block that can be cancelled by its name |
//! | [`shield!`] | `T` | a block that cannot be cancelled |
//! | [`catch_cancelled!`] | `Result<T, Cancelled>` | a block, and what to do when it was cancelled |
//! | [`gather!`] | `(A, B, ..)` | several futures and blocks at the same time |
//! | [`try_gather!`] | `Result<(A, B, ..), TaskGroupError>` | the same, for what can fail |
//! | [`race!`] | `T` | the first of several to finish |
//! | [`macro@main`], [`macro@test`] | | an `async fn` as a program, and as a test |
//!
//! - A body is a block; any other expression is a future, and is awaited: `with_timeout!(5s, client.send(message))`.
//!   Another of these macros is a body by itself: `shield!(with_timeout!(5s, { .. }))`.
//! - A delay is a `Duration`, or a number with a unit: `10ns`, `10us`, `250ms`, `1.5s`, `2min`, `1h`; also inside of
//!   an expression: `2 * 5s`.
//! - Macros take any delimiter, and nest. Their content is plain Rust syntax.
//! - What is written in closures, `async` blocks and items is no part of the body: a `?` in there is theirs.
//! - Other macros: those of the standard library for formatting, asserting and the like are understood, and so are
//!   `bail!` and `ensure!`. A jump in any other macro is an error that says what to do.
//!
//! # Limits
//!
//! A body is an `async` block underneath. So the compiler does not know that it runs at most once, and right now:
//!
//! - A body that moves a variable moves it whether or not it comes to that, and in a loop, on the first turn.
//! - A body cannot initialise a variable that was declared without a value.
//! - A mutable reference that a body returns stays borrowed where the body does not return it.
//! - The value of a body is not coerced to a type that is asked for outside: write `Box::new(x) as Box<dyn T>`.
//! - In a closure or an `async` block, what leaves a [`task_group!`] or a [`try_gather!`] with a type of your own has to name it:
//!   `return Reply::from(value)`, not `return value.into()`.

mod errors;
mod expand;
#[cfg(test)]
mod growth;
#[cfg(test)]
mod half_typed;
mod jumps;
mod model;
mod parse;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

use self::errors::Errors;
use self::parse::list::ListShape;
use self::parse::shape::{self, Shape};
use self::parse::{Arguments, Function, List};

/// Runs an `async fn main` on a backend.
///
/// ```text
/// #[easynet::main(backend = "tokio", ..)]
/// ```
///
/// The function becomes a plain one that runs the async one to its end. It is a group too: it returns when main and
/// everything it started have ended. What it returns is what main returns, so that `?` works as in any main.
///
/// | option | values | |
/// |---|---|---|
/// | `backend` | `"tokio"`, `"sim"` | always needed |
/// | `flavor` | `"multi_thread"`, `"current_thread"` | by default the backend's choice: `"multi_thread"` |
/// | `worker_threads` | a number | not with `"current_thread"` |
/// | `thread_name` | a string | of the worker threads |
/// | `max_blocking_threads` | a number | for what blocks |
/// | `start_paused` | `true`, `false` | a clock that jumps from deadline to deadline, for tests: only with `"current_thread"` and the feature `test-util` |
///
/// It stands on any `async fn` without arguments, which can then be called as a plain function.
///
/// The backend `"sim"` is a simulation: what runs next follows from a seed, and the same seed gives the same run. It
/// takes the options above too, so that a program changes its backend by one word, and ignores those about threads.
/// These it has alone:
///
/// | option | values | |
/// |---|---|---|
/// | `seed` | a number | 0, unless said otherwise; `EASYNET_SEED` of the environment goes first |
/// | `schedule` | `"uniform"`, `"pct"` | any task is as likely to run next, which is the default, or some fall far behind |
/// | `step_limit` | a number, not zero | a run that takes more steps ends with an error: it may go on forever |
///
/// # Cancellation
///
/// Nothing is around main that could cancel it.
///
/// # Panics
///
/// When it is called inside of a running backend, or the backend cannot be started. A panic of main resumes.
///
/// # Examples
///
/// ```
/// use easynet::prelude::*;
///
/// #[easynet::main(backend = "tokio", worker_threads = 2)]
/// async fn main() -> Result<(), TaskGroupError> {
///     let sum = task_group!(|group| {
///         let left = group.spawn_value(async { 1 });
///         let right = group.spawn_value(async { 2 });
///         left.await.expect("it returns") + right.await.expect("it returns")
///     })?;
///     assert_eq!(sum, 3);
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    entry(model::Entry::Main, options.into(), item.into()).into()
}

/// Runs an `async fn` as a test.
///
/// ```text
/// #[easynet::test]
/// #[easynet::test(flavor = "multi_thread", ..)]
/// ```
///
/// The options are those of `#[easynet::main]`, but all may be left out: the backend is `"tokio"` and the flavor
/// `"current_thread"`. Other attributes, such as `#[should_panic]`, keep their meaning.
///
/// With `backend = "sim"` a test runs with one seed after another, each time from its beginning, until a run fails:
///
/// | option | values | |
/// |---|---|---|
/// | `seeds` | a number, not zero | how many seeds, 16 unless said otherwise |
/// | `seed` | a number | this one seed; not with `seeds` |
///
/// `EASYNET_SEED=7` in the environment replays one seed, and goes first; `EASYNET_SEEDS=1000` runs that many, and
/// `EASYNET_SEEDS=1000..2000` those.
///
/// With a list, `backend = ["tokio", "sim"]`, there is a test for each backend, in a module named like the function:
/// `name::tokio` and `name::sim`. The options that only a simulation has are for that. Attributes are those of each
/// test, but for lints and documentation, which stay on the function.
///
/// # Cancellation
///
/// Nothing is around a test that could cancel it.
///
/// # Panics
///
/// As `#[easynet::main]`; the test then fails.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use easynet::time::{current_time, sleep};
///
/// #[easynet::test(backend = ["tokio", "sim"], start_paused = true, seeds = 64)]
/// async fn an_hour_is_not_waited_for() {
///     let start = current_time();
///     sleep(Duration::from_secs(3600)).await;
///     assert!(current_time() - start >= Duration::from_secs(3600));
/// }
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    entry(model::Entry::Test, options.into(), item.into()).into()
}

/// Runs a block and its child tasks, and waits for all of them.
///
/// ```text
/// task_group!(|group| { .. })                          // Result<T, TaskGroupError>
/// task_group!(|group: TaskGroup<MyError>| { .. })      // Result<T, TaskGroupError<MyError>>
/// ```
///
/// The block gets a reference to the group, to start tasks in it. Nothing that it starts outlives it, and no failure
/// is lost. `T` is the value of the block. Without a type the group's error is a box that takes any error; with one,
/// the children's errors convert with `From`.
///
/// *Running off the end waits; leaving early cancels*: `?`, `return`, `break` and `continue` cancel the remaining
/// children, wait for them, and leave then. If a child has failed as well, the jump is not taken: the group's error
/// is the value, and it holds the error that the block was left with too, if that converts to the group's error.
///
/// `tokio::spawn`, `std::thread::spawn` and the like do not compile inside: what they start would outlive the group.
///
/// # Cancellation
///
/// Cancelling the enclosing scope cancels the block and every child, then waits for all of them to end (C6).
///
/// # Errors
///
/// The first child to fail cancels its siblings and the block; every error is returned once they have ended (T2).
///
/// # Panics
///
/// A panic of a child or of the block resumes here, after all the others have ended (T3). A call with no backend
/// around panics too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use easynet::prelude::*;
/// use easynet::time::sleep;
///
/// async fn first_even(numbers: &[u32]) -> Result<Option<u32>, TaskGroupError> {
///     task_group!(|group| {
///         for &number in numbers {
///             if number % 2 == 0 {
///                 return Ok(Some(number)); // cancels the children, waits for them, leaves the function
///             }
///             group.start_soon(sleep(Duration::from_millis(1)));
///         }
///     })?; // waits for the children
///     Ok(None)
/// }
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// assert_eq!(first_even(&[1, 2, 3]).await.unwrap(), Some(2));
/// assert_eq!(first_even(&[1, 3]).await.unwrap(), None);
/// # }
/// ```
#[proc_macro]
pub fn task_group(input: TokenStream) -> TokenStream {
    block(
        input.into(),
        &shape::TASK_GROUP,
        model::Group::lower,
        expand::task_group,
    )
    .into()
}

/// Runs a block for at most as long as a delay.
///
/// ```text
/// with_timeout!(5s, { .. })                // Result<T, TimedOut>
/// with_timeout!(delay, |scope| { .. })     // the block may move its deadline, or cancel itself
/// with_timeout!(5s, future)
/// ```
///
/// `T` is the value of the block. When the time is up, the block is dropped where it waits, and what it must not
/// leave behind (shields, task groups) ends first. A block that needs not wait completes even in no time at all.
///
/// # Cancellation
///
/// Cancelling the enclosing scope ends the block where it waits, and yields nothing: the enclosing scope catches (C4).
///
/// # Errors
///
/// `TimedOut`, which is always the deadline of this very block, and converts to `std::io::Error`.
///
/// # Panics
///
/// A panic of the block resumes. A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use std::io;
///
/// use easynet::prelude::*;
/// # async fn connect() -> io::Result<u32> { Ok(7) }
///
/// async fn dial() -> io::Result<u32> {
///     for _attempt in 0..3 {
///         let dialled = with_timeout!(250ms, {
///             let connection = connect().await?; // an `io::Error` leaves the function
///             return Ok(connection);
///         });
///         assert!(dialled.is_err());
///     }
///     Err(io::ErrorKind::TimedOut.into())
/// }
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() { assert_eq!(dial().await.unwrap(), 7) }
/// ```
#[proc_macro]
pub fn with_timeout(input: TokenStream) -> TokenStream {
    block(
        input.into(),
        &shape::WITH_TIMEOUT,
        model::Timed::lower,
        expand::with_timeout,
    )
    .into()
}

/// Runs a block for at most as long as a delay, and goes on without its value when the time is up.
///
/// ```text
/// move_on_after!(5s, { .. })                // Option<T>
/// move_on_after!(delay, |scope| { .. })     // the block may move its deadline, or cancel itself
/// move_on_after!(5s, future)
/// ```
///
/// The twin of `with_timeout!`, for when running out of time is no error: the value is `None` then.
///
/// An error of the block is in that value: `Some(Err(..))`. The compiler does not warn if nobody looks at it.
///
/// # Cancellation
///
/// Cancelling the enclosing scope ends the block where it waits, and yields nothing: the enclosing scope catches (C4).
///
/// # Panics
///
/// A panic of the block resumes. A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use easynet::prelude::*;
/// use easynet::time::sleep_forever;
///
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let answer = move_on_after!(1ms, { sleep_forever().await });
/// assert_eq!(answer.unwrap_or(42), 42);
/// # }
/// ```
#[proc_macro]
pub fn move_on_after(input: TokenStream) -> TokenStream {
    block(
        input.into(),
        &shape::MOVE_ON_AFTER,
        model::Timed::lower,
        expand::move_on,
    )
    .into()
}

/// Runs a block until a moment at the latest.
///
/// ```text
/// with_deadline!(instant, { .. })                // Result<T, TimedOut>
/// with_deadline!(instant, |scope| { .. })        // the block may move its deadline, or cancel itself
/// with_deadline!(instant, future)
/// ```
///
/// The twin of `with_timeout!`, for a deadline that several blocks share. The instant is an `Instant` of the backend's
/// clock, which is `easynet::time::current_time`, or an `Option<Instant>`, in which `None` is no limit. A number with a
/// unit is a delay in it: `start + 5s`. At a moment in the past the block is dropped where it waits first.
///
/// # Cancellation
///
/// Cancelling the enclosing scope ends the block where it waits, and yields nothing: the enclosing scope catches (C4).
///
/// # Errors
///
/// `TimedOut`, which is always the deadline of this very block, and converts to `std::io::Error`.
///
/// # Panics
///
/// A panic of the block resumes. A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use easynet::prelude::*;
/// use easynet::time::{current_time, sleep_forever};
///
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let deadline = current_time() + Duration::from_millis(2);
/// let first = with_deadline!(deadline, { 6 * 7 });
/// let second = with_deadline!(deadline, { sleep_forever().await });
/// assert_eq!(first.unwrap_or(0) + second.unwrap_or(1), 43);
/// # }
/// ```
#[proc_macro]
pub fn with_deadline(input: TokenStream) -> TokenStream {
    block(
        input.into(),
        &shape::WITH_DEADLINE,
        |ast, errors| model::Timed::lower_deadline(ast, "with_timeout", errors),
        expand::with_timeout,
    )
    .into()
}

/// Runs a block until a moment at the latest, and goes on without its value when that has come.
///
/// ```text
/// move_on_at!(instant, { .. })                // Option<T>
/// move_on_at!(instant, |scope| { .. })        // the block may move its deadline, or cancel itself
/// move_on_at!(instant, future)
/// ```
///
/// The twin of `with_deadline!`, for when running out of time is no error: the value is `None` then.
///
/// # Cancellation
///
/// Cancelling the enclosing scope ends the block where it waits, and yields nothing: the enclosing scope catches (C4).
///
/// # Panics
///
/// A panic of the block resumes. A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use easynet::prelude::*;
/// use easynet::time::{current_time, sleep};
///
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let end = current_time() + Duration::from_millis(5);
/// let mut turns = 0;
/// while move_on_at!(end, sleep(Duration::from_millis(1))).is_some() {
///     turns += 1;
/// }
/// assert!(turns <= 5);
/// # }
/// ```
#[proc_macro]
pub fn move_on_at(input: TokenStream) -> TokenStream {
    block(
        input.into(),
        &shape::MOVE_ON_AT,
        |ast, errors| model::Timed::lower_deadline(ast, "move_on_after", errors),
        expand::move_on,
    )
    .into()
}

/// Runs a block in a scope that can be cancelled.
///
/// ```text
/// cancel_scope!(|scope| { .. })      // Option<T>
/// cancel_scope!(|scope| future)
/// ```
///
/// The name stands for a reference to a [`CancelScope`](https://docs.rs/easynet/latest/easynet/type.CancelScope.html).
/// Its clones cancel the block, or give it a deadline, from anywhere: another task, another thread. The value is `None`
/// if the block was cancelled, and `T` if it had come to its end before (C2). An error of the block is in that value, `Some(Err(..))`: the compiler
/// does not warn if nobody looks at it.
///
/// # Cancellation
///
/// Cancelling the enclosing scope ends the block where it waits, and yields nothing: the enclosing scope catches (C4).
///
/// # Panics
///
/// A panic of the block resumes. A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use easynet::prelude::*;
/// use easynet::time::sleep_forever;
///
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), TaskGroupError> {
/// let value = task_group!(|group| {
///     cancel_scope!(|scope| {
///         let scope = scope.clone();
///         group.start_soon(async move { scope.cancel() });
///         sleep_forever().await
///     })
/// })?;
/// assert_eq!(value, None::<()>);
/// # Ok(())
/// # }
/// ```
#[proc_macro]
pub fn cancel_scope(input: TokenStream) -> TokenStream {
    block(
        input.into(),
        &shape::CANCEL_SCOPE,
        model::Scope::lower,
        expand::cancel_scope,
    )
    .into()
}

/// Runs a block to its end, whatever is cancelled around it.
///
/// ```text
/// shield!({ .. })      // T
/// shield!(future)
/// ```
///
/// The place for cleanup that waits. Scopes inside work as usual, and groups opened inside are shielded too. It is
/// no promise against whoever drops the future itself, such as `tokio::select!`.
///
/// A shield around a loop that nothing leaves does not compile: nobody could ever end it. The shield belongs into the
/// loop.
///
/// # Cancellation
///
/// Shielded: finishes first. The cancellation takes effect where the code behind waits next (C5).
///
/// # Panics
///
/// A panic of the block resumes. A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use easynet::prelude::*;
/// use easynet::time::sleep;
///
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let mut goodbye = false;
/// let _ = move_on_after!(0s, {
///     shield!({
///         sleep(Duration::from_millis(1)).await; // say goodbye
///         goodbye = true;
///     });
/// });
/// assert!(goodbye);
/// # }
/// ```
#[proc_macro]
pub fn shield(input: TokenStream) -> TokenStream {
    block(input.into(), &shape::SHIELD, model::Shield::lower, expand::shield).into()
}

/// Runs a block, and goes on behind it when it is cancelled: the place for cleanup.
///
/// ```text
/// catch_cancelled!({ .. })      // Result<T, Cancelled>
/// catch_cancelled!(future)
/// ```
///
/// A cancelled block is dropped where it waits; then the macro yields `Err(Cancelled)`, which says why. What is done
/// then is best done in a `shield!`, because the cancellation is not consumed: the next suspension point is cancelled
/// again (C7).
///
/// # Cancellation
///
/// Yields, instead of being dropped itself.
///
/// # Errors
///
/// `Cancelled`, with the reason.
///
/// # Panics
///
/// A panic of the block resumes. A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use easynet::prelude::*;
/// use easynet::time::{coro_yield, sleep_forever};
///
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let mut flushed = false;
/// let _ = move_on_after!(1ms, {
///     let Err(cancelled) = catch_cancelled!(sleep_forever());
///     assert!(cancelled.reason().is_deadline());
///     shield!({
///         coro_yield().await; // flush
///         flushed = true;
///     });
/// });
/// assert!(flushed);
/// # }
/// ```
#[proc_macro]
pub fn catch_cancelled(input: TokenStream) -> TokenStream {
    block(
        input.into(),
        &shape::CATCH_CANCELLED,
        model::Catch::lower,
        expand::catch_cancelled,
    )
    .into()
}

/// Runs several futures and blocks at the same time, and yields their values in order.
///
/// ```text
/// gather!(future, { .. }, ..)      // (A, B, ..)
/// ```
///
/// They are children of one group: a future is evaluated in its turn, and then awaited in a task; a block is a body. All
/// run interleaved on the task they are written in, so that they may borrow, and what they yield is to be `Send`. None of
/// them is allocated; when one is woken, all that have not ended are polled, as with `join!`. For any number of futures
/// of one type there is the function `easynet::task::gather`, which polls those that were woken.
///
/// The type of a future that gathers has those in it that it gathers, as with `join!`. Where the compiler complains of an overflow,
/// since blocks are in each other ten deep, box one: `{ Box::pin(inner()).await }`; or raise the `recursion_limit` of the crate.
///
/// *Running off the end waits; leaving early cancels*: a block that is left by `?`, `return`, `break` or `continue`
/// cancels the others, waits for them, and leaves then. Of several that are left, the first to be decides.
///
/// # Cancellation
///
/// Cancelling the enclosing scope cancels all of them, then waits for them to end (C6).
///
/// # Panics
///
/// A panic of one of them resumes here, after all the others have ended (T3). A call with no backend around panics too,
/// and so does one that was cancelled in one scope and is polled outside of it afterwards.
///
/// # Examples
///
/// ```
/// use easynet::prelude::*;
///
/// async fn length(text: &str) -> usize { text.len() }
///
/// async fn sum(left: &str, right: &str) -> Option<usize> {
///     let (length, number) = gather!(length(left), {
///         right.parse::<usize>().ok()? // cancels the other, leaves the function
///     });
///     Some(length + number)
/// }
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// assert_eq!(sum("two", "2").await, Some(5));
/// assert_eq!(sum("two", "two").await, None);
/// # }
/// ```
#[proc_macro]
pub fn gather(input: TokenStream) -> TokenStream {
    list(
        input.into(),
        &parse::list::GATHER,
        |ast, errors| model::Gather::lower(ast, false, errors),
        expand::gather,
    )
    .into()
}

/// Runs several futures and blocks that can fail at the same time, and yields their values in order.
///
/// ```text
/// try_gather!(future, { .. }, ..)      // Result<(A, B, ..), TaskGroupError>
/// ```
///
/// As `gather!`, but each yields a `Result`, and the first failure cancels the others. A `?` in a block does not fail
/// the block: it leaves the function.
///
/// # Cancellation
///
/// Cancelling the enclosing scope cancels all of them, then waits for them to end (C6).
///
/// # Errors
///
/// Every failure, once all have ended (T2); any error converts. If a block was left with an error as well, that is one
/// of them, and the jump is not made.
///
/// # Panics
///
/// A panic of one of them resumes here, after all the others have ended (T3). A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use easynet::prelude::*;
/// use easynet::time::sleep_forever;
///
/// async fn number(text: &str) -> Result<u32, std::num::ParseIntError> { text.parse() }
///
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let numbers = try_gather!(number("1"), { number("2").await });
/// assert_eq!(numbers.unwrap(), (1, 2));
///
/// let numbers = try_gather!(number("one"), async {
///     sleep_forever().await; // is cancelled
///     number("2").await
/// });
/// assert_eq!(numbers.unwrap_err().failures().len(), 1);
/// # }
/// ```
#[proc_macro]
pub fn try_gather(input: TokenStream) -> TokenStream {
    list(
        input.into(),
        &parse::list::TRY_GATHER,
        |ast, errors| model::Gather::lower(ast, true, errors),
        expand::gather,
    )
    .into()
}

/// Runs several futures and blocks until the first has finished; the others have ended when its arm runs.
///
/// ```text
/// race!(future, |pattern| arm, { .. }, |pattern| arm, ..)      // T, the value of the arm
/// race!(future, future, ..)                                    // T, the value of the future
/// ```
///
/// The futures are evaluated in their turn, a block is a body. They run in the task they are written in, each in a scope
/// of its own, and are polled in the order in which they are written: of several that could finish, the first wins.
///
/// **A loser has ended before the arm runs.** It is cancelled without being polled again, so that no operation in it
/// completes by that: a `recv` that loses has taken nothing out of the stream. What it must not leave behind (shields,
/// task groups) is waited for. Only what such a guard keeps running may complete all the same; its value is lost then.
///
/// An arm is written like a closure, and is an expression of this function: it runs outside, may use what the branches
/// have borrowed, and `?`, `return`, `break` and `continue` mean what they always do. They do in a block too: one that is
/// left by a jump has won, and the jump is made when the others have ended. A future without an arm yields its value.
///
/// # Cancellation
///
/// Cancelling the enclosing scope ends all of them where they wait, and yields nothing: the enclosing scope catches (C4).
/// If that happens while the losers end, the value of the winner is lost.
///
/// # Panics
///
/// A panic of one of them resumes here, after all the others have ended. A call with no backend around panics too.
///
/// # Examples
///
/// ```
/// use easynet::prelude::*;
/// use easynet::time::sleep;
/// # use std::{io, time::Duration};
/// # async fn next_line() -> io::Result<String> { Ok(String::from("quit")) }
///
/// async fn chat() -> io::Result<u32> {
///     let mut lines = 0;
///     loop {
///         race!(
///             next_line(), |line| {
///                 if line? == "quit" {
///                     break Ok(lines); // leaves the loop
///                 }
///                 lines += 1;
///             },
///             sleep(Duration::from_secs(60)), |()| return Err(io::ErrorKind::TimedOut.into()),
///         );
///     }
/// }
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// assert_eq!(chat().await.unwrap(), 0);
/// # }
/// ```
#[proc_macro]
pub fn race(input: TokenStream) -> TokenStream {
    list(input.into(), &parse::list::RACE, model::Race::lower, expand::race).into()
}

/// A block macro: parse, lower, expand.
fn block<M>(
    input: Tokens,
    shape: &Shape,
    lower: impl FnOnce(Arguments, &mut Errors) -> M,
    expand: impl FnOnce(&M, &Errors) -> Tokens,
) -> Tokens {
    let mut errors = Errors::default();
    match Arguments::parse(input, shape, &mut errors) {
        Some(ast) => {
            let model = lower(ast, &mut errors);
            expand(&model, &errors)
        }
        None => expand::mistakes(&errors),
    }
}

/// A macro that takes a list: parse, lower, expand.
fn list<M>(
    input: Tokens,
    shape: &ListShape,
    lower: impl FnOnce(List, &mut Errors) -> M,
    expand: impl FnOnce(&M, &Errors) -> Tokens,
) -> Tokens {
    let mut errors = Errors::default();
    match List::parse(input, shape, &mut errors) {
        Some(ast) => {
            let model = lower(ast, &mut errors);
            expand(&model, &errors)
        }
        None => expand::mistakes(&errors),
    }
}

/// An attribute that makes an entry point: parse, lower, expand.
fn entry(entry: model::Entry, options: Tokens, item: Tokens) -> Tokens {
    let mut errors = Errors::default();
    let options = parse::runner_options(options, &mut errors);
    match Function::parse(item.clone(), &mut errors) {
        Some(function) => {
            let runner = model::Runner::lower(entry, &options, function, &mut errors);
            expand::runner(&runner, &errors)
        }
        None => expand::unchanged(item, &errors),
    }
}
