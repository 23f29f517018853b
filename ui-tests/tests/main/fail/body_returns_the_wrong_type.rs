#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), std::fmt::Error> {
    "text"
}
