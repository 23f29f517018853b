//! Compiles a program and runs it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The manifest of the program: apart from the workspace, but with its dependencies, so that they are built once.
const MANIFEST: &str = r#"
[package]
name = "easynet-differential"
edition = "2024"

[workspace]

[profile.dev.package.easynet-differential]
debug = false
incremental = false

[dependencies]
easynet = { path = EASYNET, features = ["sim"] }
"#;

/// What the program printed, or what went wrong.
pub(crate) fn compiled(source: &str) -> Result<String, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a workspace is around");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("a target directory is around");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential");
    let manifest = MANIFEST.replace("EASYNET", &format!("{:?}", workspace.join("easynet")));
    let write = || {
        fs::create_dir_all(directory.join("src"))?;
        fs::write(directory.join("Cargo.toml"), manifest)?;
        fs::write(directory.join("src/main.rs"), source)?;
        fs::copy(workspace.join("Cargo.lock"), directory.join("Cargo.lock"))
    };
    write().expect("the target directory can be written to");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "--offline", "--color=never"])
        .current_dir(&directory)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo is there");
    told(&output)
}

fn told(output: &Output) -> Result<String, String> {
    let printed = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(printed.into_owned());
    }
    // The compiler warns of labels that hide others, which nothing can allow.
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<_> = errors
        .split("\n\n")
        .filter(|block| !block.starts_with("warning"))
        .collect();
    Err(format!("{}\n\n{printed}\n{}", output.status, errors.join("\n\n")))
}
