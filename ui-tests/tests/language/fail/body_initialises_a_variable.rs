use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let value;
    let _ = with_timeout!(5s, { value = 5 });
    println!("{value}");
}
