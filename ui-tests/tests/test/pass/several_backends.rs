#![deny(warnings)]

#[easynet::test(backend = ["tokio", "sim"], seeds = 4)]
async fn a_test() {
    easynet::time::coro_yield().await;
}

/// Documented.
#[easynet::test(backend = ["sim"], start_paused = true)]
#[ignore = "it is here to be compiled"]
#[cfg_attr(all(), allow(clippy::unused_unit))]
pub async fn another() -> Result<(), std::fmt::Error> {
    Ok(())
}

fn main() {}
