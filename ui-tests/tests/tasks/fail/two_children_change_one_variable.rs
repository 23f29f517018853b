use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let mut count = 0;
    let _ = task_group!(|group| {
        group.scoped().start_soon(async { count += 1 });
        group.scoped().start_soon(async { count += 1 });
    });
}
