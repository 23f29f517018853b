use easynet::threads::run_in_thread;

#[easynet::main(backend = "tokio")]
async fn main() {
    let text = String::from("borrowed");
    let length = run_in_thread(|| text.len()).await;
    println!("{length}");
}
