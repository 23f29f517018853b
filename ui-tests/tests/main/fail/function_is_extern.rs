#[easynet::main(backend = "tokio")]
async extern "C" fn main() {}
