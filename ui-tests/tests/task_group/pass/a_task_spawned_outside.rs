//! Only what is started in a group's body is forbidden, and by its well-known names only.
use easynet::prelude::*;

mod mine {
    pub fn spawn(n: u8) -> u8 {
        n
    }
}

#[easynet::main(backend = "tokio")]
async fn main() {
    let task = tokio::spawn(async { 5 });
    let sum = task_group!(|group| {
        fn elsewhere() {
            let _ = std::thread::spawn(|| {}).join();
        }
        elsewhere();
        let left = group.spawn_value(async { 1 });
        mine::spawn(5) + left.await.unwrap()
    });
    assert_eq!(sum.unwrap() + task.await.unwrap(), 11);
}
