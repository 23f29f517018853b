use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let mut count = 1;
    assert_eq!(gather!({ count += 1 }, std::future::ready(5), async { "text" }), ((), 5, "text"));
    assert_eq!(gather!({ count },), (2,));
    assert_eq!(gather![{ 1 }, 'early: { break 'early 2 }, shield!({ 3 })], (1, 2, 3));
    assert_eq!(try_gather!({ "5".parse::<u8>() }, async { Ok::<_, &str>('c') }).unwrap(), (5, 'c'));
    assert!(try_gather! { { "5".parse::<u8>() }, { Err::<(), _>("text") }, }.is_err());
}
