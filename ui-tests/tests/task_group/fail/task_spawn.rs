use easynet::prelude::*;
use tokio::task;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        group.start_soon(async {});
        task::spawn(async {});
    });
}
