use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    async fn wait(text: &str) -> Result<u8, std::fmt::Error> {
        Ok(race!({ text.parse::<u8>()? }, std::future::ready("5"), |text| text.parse::<u8>()?))
    }
    let _ = wait("5").await;
}
