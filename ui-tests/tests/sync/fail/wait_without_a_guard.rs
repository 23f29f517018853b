use easynet::sync::{Condition, Lock};

#[easynet::main(backend = "tokio")]
async fn main() {
    let (lock, condition) = (Lock::new(1), Condition::new());
    condition.wait(&lock).await;
}
