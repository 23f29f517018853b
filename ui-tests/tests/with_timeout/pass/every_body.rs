use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let mut ready = 5;
    assert!(with_timeout!(5s, { ready += 1 }).is_ok());
    assert_eq!(with_timeout!(5s, std::future::ready(ready),).unwrap(), 6);
    assert_eq!(with_timeout!(5s, async { ready }).unwrap(), 6);
    assert_eq!(with_timeout!(5s, |_scope| { ready }).unwrap(), 6);
    assert_eq!(with_timeout!(5s, |_| { ready }).unwrap(), 6);
    assert_eq!(with_timeout!(5s, 'early: { break 'early ready }).unwrap(), 6);
    assert_eq!(with_timeout![5s, { ready }].unwrap(), 6);
    assert_eq!(with_timeout! { 5s, { ready } }.unwrap(), 6);
}
