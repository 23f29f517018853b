use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    async fn wait(text: &str) -> Result<u8, std::fmt::Error> {
        let (value, ()) = gather!({ text.parse::<u8>()? }, {});
        Ok(value)
    }
    let _ = wait("5").await;
}
