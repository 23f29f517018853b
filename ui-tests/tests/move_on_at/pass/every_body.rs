use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let start = easynet::time::current_time();
    assert_eq!(move_on_at!(start, { 5 }), Some(5));
    assert_eq!(move_on_at!(None, std::future::ready(5),), Some(5));
    assert_eq!(move_on_at! { start + 5s, |_scope| { 5 } }, Some(5));
    assert_eq!(move_on_at!(start, shield!({ 5 })), Some(5));
}
