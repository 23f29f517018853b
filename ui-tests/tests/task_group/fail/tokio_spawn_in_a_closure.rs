use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        let start = || tokio::task::spawn(async {});
        group.start_soon(async {});
        start().abort();
    });
}
