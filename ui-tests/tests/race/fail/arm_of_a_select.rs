use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    race!(value = std::future::ready(1) => println!("{value}"));
}
