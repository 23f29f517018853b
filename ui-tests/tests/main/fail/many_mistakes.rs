#[easynet::main(backend = "smol", threads = 2, worker_threads = 0)]
fn main(arguments: Vec<String>) {
    drop(arguments);
}
