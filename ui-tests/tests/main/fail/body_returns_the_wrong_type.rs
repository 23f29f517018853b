#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), std::io::Error> {
    Err("text")
}
