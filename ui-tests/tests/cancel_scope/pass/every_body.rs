use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(cancel_scope!(|_scope| { 5 }), Some(5));
    assert_eq!(cancel_scope!(|_| { 5 },), Some(5));
    assert_eq!(cancel_scope!(|_scope| std::future::ready(5)), Some(5));
    let value = cancel_scope! { |scope| {
        let handle: CancelScope = scope.clone();
        handle.cancel();
        easynet::time::sleep_forever().await
    } };
    assert_eq!(value, None::<()>);
}
