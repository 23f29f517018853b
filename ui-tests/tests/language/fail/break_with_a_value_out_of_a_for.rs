use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    for _ in 0..5 {
        shield!({ break 5 });
    }
}
