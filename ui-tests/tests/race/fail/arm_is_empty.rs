use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    race!(std::future::ready(1), |value|);
}
