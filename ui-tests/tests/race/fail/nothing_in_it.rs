use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    race!();
}
