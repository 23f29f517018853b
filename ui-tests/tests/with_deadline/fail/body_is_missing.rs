use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = with_deadline!(easynet::time::current_time());
}
