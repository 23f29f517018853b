use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(async |group| {
        group.start_soon(async {});
    });
}
