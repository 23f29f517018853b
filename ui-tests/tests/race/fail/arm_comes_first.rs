use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    race!(|value| value + 1, std::future::ready(1));
}
