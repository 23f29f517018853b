//! A process of its own for one test of this binary: what it does under another environment.

use std::{
    env,
    process::{Command, Output},
};

/// The variables that simulations read.
const VARIABLES: [&str; 3] = ["EASYNET_SEED", "EASYNET_SEEDS", "EASYNET_TRACE"];

/// Another process of this test binary, which runs one test.
pub(super) struct Child(Command);

/// What it did.
pub(super) struct Ended {
    pub(super) passed: bool,
    pub(super) printed: String,
    pub(super) complained: String,
}

impl Child {
    /// For a test in the module of that path.
    pub(super) fn of(module: &str, test: &str) -> Self {
        let (_crate, module) = module.split_once("::").expect("a module of this crate");
        Self::named(&format!("{module}::{test}"))
    }

    pub(super) fn named(test: &str) -> Self {
        let mut command = Command::new(env::current_exe().expect("a process knows itself"));
        command.args([test, "--exact", "--nocapture"]);
        command.env("RUST_BACKTRACE", "0");
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        Self(command)
    }

    pub(super) fn with(mut self, variable: &str, value: &str) -> Self {
        self.0.env(variable, value);
        self
    }

    pub(super) fn run(mut self) -> Ended {
        let Output {
            status,
            stdout,
            stderr,
        } = self.0.output().expect("it is started");
        let printed = String::from_utf8(stdout).expect("it prints text");
        assert!(
            printed.contains("running 1 test"),
            "there is such a test: {printed}"
        );
        Ended {
            passed: status.success(),
            printed,
            complained: String::from_utf8(stderr).expect("it prints text"),
        }
    }
}

impl Ended {
    /// The seeds under which the test has run, in order: it prints each, `seed 7`.
    pub(super) fn seeds(&self) -> Vec<u64> {
        // The harness writes the name of the test without a line break.
        let seed = |line: &str| line.split_once("seed ")?.1.parse().ok();
        self.printed.lines().filter_map(seed).collect()
    }
}
