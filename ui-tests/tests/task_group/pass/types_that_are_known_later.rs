use easynet::prelude::*;

struct Reply(u8);

impl From<u8> for Reply {
    fn from(code: u8) -> Self {
        Self(code)
    }
}

#[easynet::main(backend = "tokio")]
async fn main() {
    // Known from the value.
    let answer = async |code: u8| {
        let _ = task_group!(|_group| {
            if code != 0 {
                return Reply::from(code);
            }
        });
        Reply(0)
    };
    assert_eq!(answer(3).await.0, 3);

    // Known from what follows: not only a `Result`.
    let answer = async |code: u8| {
        let _ = task_group!(|_group| {
            if code != 0 {
                return code.into();
            }
        });
        0_u32
    };
    assert_eq!(answer(3).await, 3);

    // Macros without tasks look at no type.
    let answer = async |code: u8| {
        let _ = with_timeout!(5s, {
            if code != 0 {
                return code.into();
            }
        });
        Reply(0)
    };
    assert_eq!(answer(3).await.0, 3);
}
