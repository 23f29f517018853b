use easynet::prelude::*;

trait Number {
    async fn get(&mut self) -> Option<u32>;
}

impl<T: Into<u32> + Copy> Number for T {
    async fn get(&mut self) -> Option<u32> {
        let number = with_timeout!(5s, {
            let number: u32 = (*self).into();
            number.checked_sub(1)?
        });
        number.ok()
    }
}

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(5_u8.get().await, Some(4));
    assert_eq!(0_u32.get().await, None);
    let closure = async |n: u32| -> Option<u32> { Some(shield!({ n.checked_sub(1)? }) + 1) };
    assert_eq!(closure(1).await, Some(1));
    let block = async { Some(move_on_after!(5s, { closure(0).await? })?) };
    assert_eq!(block.await, None);
    let value = loop {
        let _ = [1, 2, shield!({ break 3 })];
    };
    assert_eq!(value, 3);
}
