#[easynet::main(backend = "tokio")]
async fn main(arguments: Vec<String>) {
    drop(arguments);
}
