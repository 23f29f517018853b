use easynet::prelude::*;
use std::rc::Rc;

#[easynet::main(backend = "tokio")]
async fn main() {
    let value = Rc::new(5);
    let _ = gather!({ easynet::time::coro_yield().await; *value });
}
