use easynet::threads::{PortalError, run_coroutine};

fn job() -> Result<i32, PortalError> {
    run_coroutine(|| 42)
}

fn main() {
    let _ = job();
}
