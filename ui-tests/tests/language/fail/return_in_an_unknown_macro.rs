use easynet::prelude::*;

async fn read() -> u8 {
    let _ = with_timeout!(5s, {
        tokio::select! {
            _ = std::future::ready(1) => return 1,
            _ = std::future::pending::<()>() => {}
        }
    });
    0
}

fn main() {
    drop(read());
}
