#[easynet::main(backend = "tokio")]
async fn main() -> impl std::process::Termination {
    std::process::ExitCode::SUCCESS
}
