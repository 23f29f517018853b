use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    loop {
        shield!({ break 'outer });
    }
}
