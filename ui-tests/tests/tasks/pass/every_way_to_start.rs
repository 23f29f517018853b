use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let text = String::from("borrowed");
    let sum = task_group!(|group| {
        group.start_soon(async {});
        group.start_soon(async { Ok::<(), easynet::BoxError>(()) });
        let one = group.spawn(async { Ok::<_, std::io::Error>(1) });
        let two = group.spawn_value(async { 2 });
        let three = group.start(async { Ok::<_, std::io::Error>(3) }).await;
        let four = group.named("four").scoped().spawn_value(async { text.len() - 4 });
        let handle = group.handle();
        group.start_soon(async move { handle.start_soon(async {}) });
        one.await.unwrap() + two.await.unwrap() + three.await.unwrap() + four.await.unwrap()
    });
    assert_eq!(sum.unwrap(), 10);
}
