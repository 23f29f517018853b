use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let mut turns = 0;
    shield!({
        loop {
            turns += 1;
            if turns == 3 {
                break;
            }
        }
    });
    'outer: loop {
        shield!({
            loop {
                turns += 1;
                if turns == 5 {
                    break 'outer;
                }
            }
        });
    }
    assert_eq!(turns, 5);
    loop {
        shield!({ turns += 1 });
        shield!({ loop { return } });
    }
}
