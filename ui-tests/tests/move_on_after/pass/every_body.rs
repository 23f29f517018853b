use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(move_on_after!(5s, { 1 }), Some(1));
    assert_eq!(move_on_after!(5s, std::future::ready(1)), Some(1));
    assert_eq!(move_on_after!(0s, easynet::time::sleep_forever()), None);
    assert_eq!(move_on_after!(5s, |scope| { scope.cancel(); 1 }), Some(1));
}
