use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        let handle = group.handle();
        handle.scoped().start_soon(async {});
    });
}
