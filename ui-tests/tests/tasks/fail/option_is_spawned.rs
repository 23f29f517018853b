use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| { group.spawn(async { Some(5) }).cancel() });
}
