//! Items are not hygienic: the generated ones keep out of the way.
#![deny(warnings)]
#![allow(non_camel_case_types)]

use easynet::prelude::*;

#[derive(Debug, PartialEq)]
struct __Jump0(u32);

async fn jump(n: Option<u32>) -> Option<__Jump0> {
    let result = shield!({
        let jump = __Jump0(n?);
        if jump.0 > 5 {
            return Some(jump);
        }
        shield!({ __Jump0(n? + jump.0) })
    });
    Some(result)
}

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(jump(None).await, None);
    assert_eq!(jump(Some(6)).await, Some(__Jump0(6)));
    assert_eq!(jump(Some(2)).await, Some(__Jump0(4)));
}
