//! The type of the block is known from what follows only; that of what is returned, at once.

use easynet::prelude::*;

async fn count(n: u32) -> u64 {
    let block = async {
        task_group!(|_group| {
            if n > 1 {
                return u64::from(n);
            }
        })
        .unwrap();
        5
    };
    block.await
}

async fn count_in_a_closure(n: u32) -> u64 {
    let count = async |n: u32| -> u64 {
        task_group!(|_group| {
            if n > 1 {
                return n.into();
            }
        })
        .unwrap();
        5
    };
    count(n).await
}

fn main() {
    let _ = (count(1), count_in_a_closure(2));
}
