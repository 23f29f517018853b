use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        group.start_soon(async {});
        tokio::runtime::Handle::current().spawn(async {});
    });
}
