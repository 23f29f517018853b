use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = with_timeout!(5s, {
        let number = 5 5;
        number
    });
}
