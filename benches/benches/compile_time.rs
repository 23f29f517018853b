//! What do the macros cost at compile time? A crate with two hundred uses of them, beside the same code by hand.
//!
//! Both crates are written to the target directory and built again and again in turn, the dependencies once; what is measured is
//! the build of the crate itself.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use easynet_benches::{Bench, Candidate, Question};

/// Uses in each crate.
const USES: usize = 200;

/// A function that uses four blocks: what the macros make of it.
fn with_macros(n: usize) -> String {
    format!(
        "pub async fn use_{n}(lines: &mut Lines) -> Result<usize, Error> {{
    let mut total = 0;
    loop {{
        let line = with_timeout!(30s, {{ lines.next().await? }})?;
        if line.is_empty() {{ break; }}
        move_on_after!(10ms, {{
            if line.len() == {n} {{ return Ok(total); }}
            total += line.parse::<usize>()?;
        }});
        task_group!(|group| {{
            group.start_soon(note(line.clone()));
            if total > 10_000 {{ continue; }}
        }})?;
        shield!({{ lines.acknowledge(total).await? }});
    }}
    Ok(total)
}}
"
    )
}

/// The same with the functions that the macros call, and the jumps by hand.
fn by_hand(n: usize) -> String {
    format!(
        "pub async fn use_{n}(lines: &mut Lines) -> Result<usize, Error> {{
    let mut total = 0;
    loop {{
        let line = timeout(Duration::from_secs(30), async {{ lines.next().await }}).await??;
        if line.is_empty() {{ break; }}
        let left = move_on_after(Duration::from_millis(10), async {{
            if line.len() == {n} {{ return Ok(Some(total)); }}
            total += line.parse::<usize>()?;
            Ok::<_, Error>(None)
        }}).await;
        if let Some(Some(total)) = left.transpose()? {{ return Ok(total); }}
        let group: TaskGroup = create_task_group();
        let is_full = group.run(async {{
            group.start_soon(note(line.clone()));
            total > 10_000
        }}).await?;
        if is_full {{ continue; }}
        ignore_cancellation(async {{ lines.acknowledge(total).await }}).await?;
    }}
    Ok(total)
}}
"
    )
}

const COMMON: &str = "#![allow(unused_imports)]
use std::time::Duration;
use easynet::{cancel::ignore_cancellation, prelude::*, task::create_task_group, time::{coro_yield, move_on_after, timeout}};

pub type Error = easynet::BoxError;
pub struct Lines(pub Vec<String>);

impl Lines {
    pub async fn next(&mut self) -> Result<String, std::io::Error> {
        coro_yield().await;
        Ok(self.0.pop().unwrap_or_default())
    }

    pub async fn acknowledge(&mut self, _total: usize) -> Result<(), std::io::Error> {
        coro_yield().await;
        Ok(())
    }
}

pub async fn note(_line: String) {}

";

/// Writes a crate of so many functions, and answers where it is.
fn write_crate(directory: &Path, name: &str, function: fn(usize) -> String) -> PathBuf {
    let root = directory.join(name);
    fs::create_dir_all(root.join("src")).expect("the target directory can be written to");
    let easynet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../easynet");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\neasynet = {{ path = {easynet:?} }}\n\n[workspace]\n"
    );
    let functions: String = (0..USES / 4).map(function).collect();
    fs::write(root.join("Cargo.toml"), manifest).expect("it can be written to");
    fs::write(root.join("src/lib.rs"), format!("{COMMON}{functions}")).expect("it can be written to");
    root
}

fn build(root: &Path, target: &Path) {
    // Built anew, though nothing has changed.
    let source = root.join("src/lib.rs");
    let text = fs::read(&source).expect("it was written");
    fs::write(&source, text).expect("it was written");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .status()
        .expect("cargo can be run");
    assert!(built.success(), "the crate in {} does not build", root.display());
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_time");
    let target = directory.join("target");
    let hand = write_crate(&directory, "by_hand", by_hand);
    let macros = write_crate(&directory, "with_macros", with_macros);
    bench.compare(
        Question::new(format!("build a crate with {USES} blocks (per block)"), USES),
        vec![
            Candidate::new("by hand", || build(&hand, &target)),
            Candidate::new("easynet macros", || build(&macros, &target)),
        ],
    );
}
