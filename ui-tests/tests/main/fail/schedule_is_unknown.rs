#[easynet::main(backend = "sim", schedule = "fifo")]
async fn main() {}
