use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        let task = group.spawn(async { 5 });
        task.await.unwrap()
    });
}
