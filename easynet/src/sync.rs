//! What tasks wait for each other with: see [`easynet_core::sync`].

pub use easynet_core::sync::*;
