use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let start = easynet::time::current_time();
    let _ = with_deadline!(start + 5sec, { 1 + 1 });
}
