use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = with_timeout!(5, { with_timeout!(6, { 1 + 1 }) });
    let _ = task_group!(|&group| { tokio::spawn(async {}) });
}
