//! The deterministic simulation: the same program, seeded, in virtual time.
//!
//! This is the crate [`easynet_sim`], whose documentation is the chapter on it: what is simulated and what is not, how to find
//! a bug and to replay it. With the feature `sim`.

pub use easynet_sim::*;
