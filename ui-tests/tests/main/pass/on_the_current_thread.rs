#[easynet::main(backend = "tokio", flavor = "current_thread", start_paused = true)]
async fn main() {
    easynet::time::sleep(std::time::Duration::from_secs(3600)).await;
}
