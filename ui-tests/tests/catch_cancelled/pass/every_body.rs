use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let caught: Result<u32, easynet::Cancelled> = catch_cancelled!({ 5 });
    assert_eq!(caught, Ok(5));
    assert_eq!(catch_cancelled!(std::future::ready(5),), Ok(5));
    assert_eq!(catch_cancelled![async { 5 }], Ok(5));
    assert_eq!(catch_cancelled!(shield!({ 5 })), Ok(5));
}
