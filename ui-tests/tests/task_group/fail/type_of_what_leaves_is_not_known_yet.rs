use easynet::prelude::*;

struct Reply(u8);

impl From<u8> for Reply {
    fn from(code: u8) -> Self {
        Self(code)
    }
}

fn main() {
    let _answer = async |code: u8| {
        let _ = task_group!(|_group| {
            if code != 0 {
                return code.into();
            }
        });
        Reply(0)
    };
}
