//! "A block is a block": random bodies do in every macro what they do as plain blocks.
//!
//! A generator writes functions with a block in them, or several in each other: all ways to jump, out of them and
//! within, through everything that may stand around. Each function is written as it is, and with its blocks in the
//! macros of the language; all are compiled as one program, run under many scripts, and have to return the same and
//! to log the same events in the same order.
//!
//! The seed is fixed, so that a run can be repeated, and another one looks further:
//!
//! ```text
//! EASYNET_DIFFERENTIAL_SEED=7 EASYNET_DIFFERENTIAL_CASES=200 cargo test -p easynet-ui-tests --test differential
//! ```
//!
//! What differs is shown with both bodies, the script and both logs. A program that does not compile is a mistake too,
//! of a macro or of the generator: the compiler's message says in which function.
#![forbid(unsafe_code)]

mod body;
mod choices;
mod program;
mod run;
mod wraps;

use std::env;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use self::program::Case;

const SEED: u64 = 1;
const CASES: usize = 40;
/// In how many ways each function is written, besides the plain one.
const VARIANTS: usize = 4;
const SCRIPTS: usize = 100;

fn number(variable: &str, otherwise: u64) -> u64 {
    match env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not `{text}`")),
        Err(_) => otherwise,
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let body = vec(any::<u16>(), 40..400).prop_map(body::generate);
    let variants = vec(vec(any::<u16>(), 100), VARIANTS);
    (body, variants).prop_map(|(body, variants)| Case { body, variants })
}

/// The shortest script first, so that a difference is shown with a short one.
fn scripts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(vec(0..12u8, 0..40), SCRIPTS).prop_map(|mut scripts| {
        scripts.sort_by_key(Vec::len);
        scripts
    })
}

fn generate<S: Strategy>(runner: &mut TestRunner, strategy: S) -> S::Value {
    strategy.new_tree(runner).expect("nothing is filtered").current()
}

#[test]
fn a_block_is_a_block() {
    let seed = number("EASYNET_DIFFERENTIAL_SEED", SEED);
    let count = number("EASYNET_DIFFERENTIAL_CASES", CASES as u64) as usize;
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Default::default(), rng);
    let cases: Vec<_> = (0..count).map(|_| generate(&mut runner, cases())).collect();
    let scripts = generate(&mut runner, scripts());

    let source = program::source(&cases, &scripts, seed);
    let report = run::compiled(&source).unwrap_or_else(|failure| panic!("seed {seed}\n\n{failure}"));
    println!("{report}");
}
