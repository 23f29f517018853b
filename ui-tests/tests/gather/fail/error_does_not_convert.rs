use easynet::prelude::*;
#[derive(Debug)]
struct Odd;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = try_gather!({ Err::<(), _>(Odd) });
}
