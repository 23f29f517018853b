//! What the macros expand to. Not for use by hand: it changes without notice.

pub use ::core::{convert::Infallible, ops::ControlFlow, time::Duration};
use std::{
    future::Future,
    process::{ExitCode, Termination},
    time::Instant,
};

pub use easynet_core::language::*;
use easynet_core::{
    AsyncBackend, GroupError, RunnerOptions, TaskGroupError,
    cancel::{CatchCancelled, IgnoreCancellation, MoveOn, RunScope, TimedOut, Timeout},
    group::RunGroup,
};

use crate::{
    BuiltinBackend, CancelScope, TaskGroup,
    builtin::{allowance, ambient},
};

#[inline(always)]
#[track_caller]
pub fn timeout<F: Future>(delay: Duration, body: F) -> Timeout<BuiltinBackend, F> {
    allowance(delay).timeout(body)
}

#[inline(always)]
#[track_caller]
pub fn move_on_after<F: Future>(delay: Duration, body: F) -> MoveOn<BuiltinBackend, F> {
    allowance(delay).move_on(body)
}

#[track_caller]
pub fn timeout_at<F: Future>(deadline: Option<Instant>, body: F) -> Timeout<BuiltinBackend, F> {
    ambient().timeout_at(deadline, body)
}

#[track_caller]
pub fn move_on_at<F: Future>(deadline: Option<Instant>, body: F) -> MoveOn<BuiltinBackend, F> {
    ambient().move_on_at(deadline, body)
}

#[track_caller]
pub fn shield<F: Future>(body: F) -> IgnoreCancellation<BuiltinBackend, F> {
    ambient().ignore_cancellation(body)
}

#[track_caller]
pub fn catch_cancelled<F: Future>(body: F) -> CatchCancelled<BuiltinBackend, F> {
    ambient().catch_cancelled(body)
}

#[track_caller]
pub fn open_scope() -> CancelScope {
    ambient().open_cancel_scope()
}

#[track_caller]
pub fn scope_at(deadline: Option<Instant>) -> CancelScope {
    ambient().open_cancel_scope_at(deadline)
}

#[track_caller]
pub fn scope_after(delay: Duration) -> CancelScope {
    ambient().open_cancel_scope_after(delay)
}

#[track_caller]
pub fn timeout_in<F: Future>(
    scope: &CancelScope,
    body: F,
) -> impl Future<Output = Result<F::Output, TimedOut>> + use<F> {
    scope.run_or_time_out(body)
}

#[track_caller]
pub fn move_on_in<F: Future>(scope: &CancelScope, body: F) -> RunScope<BuiltinBackend, F> {
    scope.run(body)
}

#[track_caller]
pub fn open_group<'env, E: GroupError>() -> TaskGroup<'env, E> {
    ambient().create_task_group()
}

pub fn run_group<'g, 'env, E: GroupError, F: Future>(
    group: &'g TaskGroup<'env, E>,
    body: F,
) -> impl Future<Output = Result<F::Output, TaskGroupError<E>>> + use<'g, 'env, E, F> {
    group.run(body)
}

pub fn run_group_with_jumps<'g, 'env, E, F, J, T, C>(
    group: &'g TaskGroup<'env, E>,
    body: F,
    carry: C,
) -> RunGroup<'g, 'env, BuiltinBackend, E, F, C>
where
    E: GroupError,
    F: Future<Output = ControlFlow<J, T>>,
    C: FnOnce(J) -> Option<E>,
{
    group.run_with_jumps(body, carry)
}

#[track_caller]
pub fn gather<J>() -> Gather<BuiltinBackend, J> {
    Gather::new(&ambient())
}

#[track_caller]
pub fn try_gather<J>() -> TryGather<BuiltinBackend, J> {
    TryGather::new(&ambient())
}

#[track_caller]
pub fn race<R: Branches>(branches: R) -> Race<BuiltinBackend, R> {
    Race::between(&ambient(), branches)
}

/// Runs the program of `#[easynet::main]` or `#[easynet::test]`.
#[track_caller]
pub fn bootstrap<F>(backend: BuiltinBackend, options: RunnerOptions, main: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match backend.bootstrap_with(&options, main) {
        Ok(output) => output,
        Err(error) => panic!("{error}"),
    }
}

/// Reports what a program or a test returned, as `std` would: an error is printed.
pub async fn report<F>(main: F) -> ExitCode
where
    F: Future,
    F::Output: Termination,
{
    main.await.report()
}

#[cfg(feature = "sim")]
mod simulated;

#[cfg(feature = "sim")]
pub use self::simulated::{Verdict, simulated_test};

/// The tokio backend.
#[cfg(feature = "tokio")]
pub fn tokio() -> BuiltinBackend {
    BuiltinBackend::Tokio(easynet_tokio::TokioBackend::new())
}

/// A simulation, as a backend.
#[cfg(feature = "sim")]
pub fn sim(simulation: crate::sim::Simulation) -> BuiltinBackend {
    BuiltinBackend::Sim(simulation.seed_from_environment().backend())
}

/// A built-in backend by its name, at compile time; a simulation with its options.
#[doc(hidden)]
#[macro_export]
macro_rules! __builtin_backend {
    (tokio) => {
        $crate::__tokio_backend!()
    };
    (sim $($option:tt)*) => {
        $crate::__sim_backend!($($option)*)
    };
}

#[cfg(feature = "tokio")]
#[doc(hidden)]
#[macro_export]
macro_rules! __tokio_backend {
    () => {
        $crate::__private::tokio()
    };
}

#[cfg(not(feature = "tokio"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __tokio_backend {
    () => {
        ::core::compile_error!(
            "the backend `tokio` is not enabled: add the feature `tokio` of the crate `easynet`"
        )
    };
}

#[cfg(feature = "sim")]
#[doc(hidden)]
#[macro_export]
macro_rules! __sim_backend {
    ($($option:tt)*) => {
        $crate::__private::sim($crate::sim::Simulation::new(0) $($option)*)
    };
}

#[cfg(not(feature = "sim"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __sim_backend {
    ($($option:tt)*) => {
        ::core::compile_error!(
            "the backend `sim` is not enabled: add the feature `sim` of the crate `easynet`"
        )
    };
}

/// A test that is run under several seeds.
#[cfg(feature = "sim")]
#[doc(hidden)]
#[macro_export]
macro_rules! __simulated_test {
    (($options:expr) ($($option:tt)*) ($($seeds:tt)*) ($name:expr) ($program:expr)) => {
        $crate::__private::simulated_test(
            $crate::sim::Simulation::new(0).runner_options($options) $($option)*,
            $crate::__seeds!($($seeds)*),
            ::core::env!("CARGO_PKG_NAME"),
            $name,
            $program,
        )
    };
}

#[cfg(not(feature = "sim"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __simulated_test {
    ($($part:tt)*) => {
        ::core::compile_error!(
            "the backend `sim` is not enabled: add the feature `sim` of the crate `easynet`"
        )
    };
}

/// The seeds of a test.
#[cfg(feature = "sim")]
#[doc(hidden)]
#[macro_export]
macro_rules! __seeds {
    (all) => {
        $crate::sim::Seeds::first(16)
    };
    (only $seed:literal) => {
        $crate::sim::Seeds::only($seed)
    };
    (count $count:literal) => {
        $crate::sim::Seeds::first(::core::primitive::u64::from($count))
    };
}
