#![forbid(unsafe_code)]
#![cfg(unix)]
//! A third backend, as a user would write one: smol's parts under the whole of easynet.
mod smol;
