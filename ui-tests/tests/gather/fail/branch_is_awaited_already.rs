use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = gather!(std::future::ready(1).await, std::future::ready(2));
}
