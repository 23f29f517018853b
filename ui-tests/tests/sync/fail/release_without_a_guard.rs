use easynet::sync::Lock;

#[easynet::main(backend = "tokio")]
async fn main() {
    let lock = Lock::new(1);
    lock.release();
}
