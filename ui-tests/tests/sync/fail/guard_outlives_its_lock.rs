use easynet::sync::Lock;

#[easynet::main(backend = "tokio")]
async fn main() {
    let guard = {
        let lock = Lock::new(1);
        lock.acquire().await
    };
    println!("{guard}");
}
