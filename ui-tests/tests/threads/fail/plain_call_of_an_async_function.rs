use easynet::threads::{PortalError, run_sync};

async fn answer() -> i32 {
    42
}

fn job() -> Result<i32, PortalError> {
    run_sync(answer)
}

fn main() {
    let _ = job();
}
