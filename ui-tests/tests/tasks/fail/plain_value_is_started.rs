use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        let task = group.start(async { String::from("text") }).await;
        task.await.unwrap()
    });
}
