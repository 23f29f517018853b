use easynet::{net::TcpListener, prelude::*};

async fn serve(listener: TcpListener) {
    let _ = task_group!(|group| {
        group.spawn(listener.serve(group, async |_| Ok(()))).cancel();
        group.spawn(listener.serve(group, async |_| Ok(()))).cancel();
    });
}

fn main() {
    let _ = serve;
}
