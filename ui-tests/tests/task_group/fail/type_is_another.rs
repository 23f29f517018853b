use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group: Vec<u8>| {
        drop(group.len());
    });
}
