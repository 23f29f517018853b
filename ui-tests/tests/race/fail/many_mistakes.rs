use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    race!(|x| x, std::future::ready(1), || 5, { with_timeout!(5, {}) }, move |value| -> u8 { 6 });
}
