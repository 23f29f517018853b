use easynet::prelude::*;
use easynet::time::current_time;
use std::time::Duration;

#[easynet::main(backend = "tokio")]
async fn main() {
    let start = current_time();
    assert!(with_deadline!(start, {}).is_ok());
    assert!(with_deadline!(start + Duration::from_secs(5), {}).is_ok());
    assert!(with_deadline!(start + 5s, {}).is_ok());
    assert!(with_deadline!(start + 2 * 1.5min, std::future::ready(())).is_ok());
    assert!(with_deadline!(start.checked_add(5s), {}).is_ok());
    assert!(with_deadline!(Some(start), |_scope| {}).is_ok());
    assert!(with_deadline!(None, {},).is_ok());
    assert!(with_deadline![if true { start } else { return }, {}].is_ok());
}
