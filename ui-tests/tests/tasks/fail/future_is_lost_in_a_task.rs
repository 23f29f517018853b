use easynet::prelude::*;

async fn work() {}

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| { group.start_soon(async { work() }) });
}
