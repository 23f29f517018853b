#![deny(warnings)]

use easynet::{prelude::*, time::sleep_forever};

#[easynet::main(
    backend = "sim",
    seed = 7,
    schedule = "pct",
    step_limit = 1_000,
    flavor = "multi_thread",
    worker_threads = 2
)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    assert!(move_on_after!(1h, sleep_forever()).is_none());
    Ok(())
}

#[easynet::main(backend = "sim", schedule = "uniform")]
async fn _another() -> u32 {
    1
}
