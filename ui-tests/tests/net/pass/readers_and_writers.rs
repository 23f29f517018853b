use easynet::{net::*, prelude::*};

async fn echo(stream: TcpStream) -> Result<(), easynet::BoxError> {
    let (mut read, mut write) = stream.split();
    let mut bytes = [0; 4];
    loop {
        let count = with_timeout!(5s, read.recv_into(&mut bytes))??;
        if count == 0 {
            return Ok(());
        }
        write.send_all(&bytes[..count]).await?;
    }
}

#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), easynet::BoxError> {
    let listener = create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
    let port = listener.local_address()?.port();
    task_group!(|group| {
        let service = group.spawn(listener.serve(group, echo));
        let mut stream = create_tcp_connection("127.0.0.1", port).await?;
        stream.send_all(b"ping").await?;
        if stream.recv(4).await? != b"ping" {
            return Err("no echo".into());
        }
        service.cancel();
    })?;
    Ok(())
}
