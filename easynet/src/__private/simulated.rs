//! Tests that run under several seeds.

use std::{future::Future, process::ExitCode};

use easynet_sim::{Seeds, Simulation, explore};

/// What a test returns, as its harness would understand it.
pub trait Verdict {
    fn is_failure(&self) -> bool;
}

impl Verdict for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl Verdict for ExitCode {
    fn is_failure(&self) -> bool {
        *self != Self::SUCCESS
    }
}

/// Runs a test under each seed, up to the first that it fails under; says then how to run it under that seed again.
///
/// `path` is that of the test function, from its crate on.
#[track_caller]
pub fn simulated_test<F, P>(
    simulation: Simulation,
    seeds: Seeds,
    package: &str,
    path: &str,
    program: P,
) -> F::Output
where
    P: FnMut() -> F,
    F: Future + Send + 'static,
    F::Output: Verdict + Send + 'static,
{
    match explore(&simulation, seeds.or_environment(), program, Verdict::is_failure) {
        Ok(output) => output.expect("there is one seed at least"),
        Err(failing) => {
            let seed = failing.seed();
            let name = path.split_once("::").map_or(path, |(_, name)| name);
            eprintln!(
                "the test fails under seed {seed}; to run it under that seed alone:\n    \
                 EASYNET_SEED={seed} cargo test -p {package} {name} -- --exact\n\
                 with EASYNET_TRACE=1 in front of it, it prints each step"
            );
            match failing.resume() {
                Err(output) => output,
                Ok(never) => match never {},
            }
        }
    }
}
