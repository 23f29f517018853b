use std::io;

use easynet::prelude::*;

async fn read() -> io::Result<u8> {
    let byte = with_timeout!(0s, { easynet::time::sleep_forever().await })?;
    Ok(byte)
}

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(read().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
}
