use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    race!(std::future::ready(Some(1)), |Some(value)| value);
}
