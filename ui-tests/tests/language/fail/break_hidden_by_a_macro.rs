use easynet::prelude::*;

macro_rules! stop {
    () => {
        break
    };
}

async fn wait() {
    loop {
        let _ = with_timeout!(5s, { stop!() });
    }
}

fn main() {
    drop(wait());
}
