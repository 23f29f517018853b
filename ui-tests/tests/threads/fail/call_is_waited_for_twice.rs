use easynet::threads::{PortalError, current_portal};

fn job() -> Result<i32, PortalError> {
    let call = current_portal()?.run_sync_soon(|| 1)?;
    Ok(call.wait()? + call.wait()?)
}

fn main() {
    let _ = job();
}
