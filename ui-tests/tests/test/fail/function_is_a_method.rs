struct Server;

impl Server {
    #[easynet::test]
    async fn run(&self) {}
}

fn main() {}
