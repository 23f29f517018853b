use easynet::prelude::*;
use tokio::task::spawn_blocking;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        group.start_soon(async {});
        spawn_blocking(|| {});
    });
}
