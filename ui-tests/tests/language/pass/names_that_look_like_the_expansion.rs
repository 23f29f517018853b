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

async fn futures(n: Option<u32>) -> Option<u32> {
    let (future_0, task_0, gathering, exit, outcome) = (1, 2, 3, 4, 5);
    let (sum, (), number) = gather!({ future_0 + task_0 + n? }, async {}, { gathering + exit + outcome });
    let value = race!({ future_0 + n? + outcome }, |value| value + outcome, std::future::pending(), |outcome: u32| outcome);
    Some(sum + number + value)
}

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(jump(None).await, None);
    assert_eq!(jump(Some(6)).await, Some(__Jump0(6)));
    assert_eq!(jump(Some(2)).await, Some(__Jump0(4)));
    assert_eq!(futures(None).await, None);
    assert_eq!(futures(Some(10)).await, Some(46));
}
