use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    use std::time::Duration;

    let delay = Duration::from_secs(5);
    assert!(with_timeout!(10ns, {}).is_ok());
    assert!(with_timeout!(10us, {}).is_ok());
    assert!(with_timeout!(250ms, {}).is_ok());
    assert!(with_timeout!(1.5s, {}).is_ok());
    assert!(with_timeout!(1e3s, {}).is_ok());
    assert!(with_timeout!(5_000ms, {}).is_ok());
    assert!(with_timeout!(0x10s, {}).is_ok());
    assert!(with_timeout!(2min, {}).is_ok());
    assert!(with_timeout!(1h, {}).is_ok());
    assert!(with_timeout!(0s, {}).is_ok());
    assert!(with_timeout!(delay, {}).is_ok());
    assert!(with_timeout!(delay * 2 + 5s, {}).is_ok());
    assert!(with_timeout!(Duration::MAX, {}).is_ok());
    assert!(with_timeout!(18446744073709551615s, {}).is_ok());
}
