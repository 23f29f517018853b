use easynet::prelude::*;
use std::rc::Rc;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = gather!({ Rc::new(5) }, std::future::ready(6));
}
