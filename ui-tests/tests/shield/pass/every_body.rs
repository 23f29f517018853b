use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(shield!({ 1 }), 1);
    assert_eq!(shield!(std::future::ready(1)), 1);
    assert_eq!(shield!(async move { 1 }), 1);
    assert_eq!(shield! { { 1 } }, 1);
}
