//! The deterministic simulation: see the crate [`easynet_sim`], which this is.

pub use easynet_sim::*;
