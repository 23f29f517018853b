//! What a process takes.

use std::{
    env,
    process::{Command, Stdio},
};

/// Memory of this process that is in use, in bytes.
///
/// # Panics
///
/// Elsewhere than on Linux.
pub fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok());
    kilobytes.expect("a number") * 1024
}

/// Runs this program once more, with these arguments, and reads the number that it prints: what a process has freed would be
/// used again by the next candidate in it, and seem to cost nothing.
///
/// # Panics
///
/// It fails, or prints something else.
pub fn ask_a_child(arguments: &[&str]) -> usize {
    let program = env::current_exe().expect("a process knows its program");
    let ended = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .expect("it is started");
    assert!(ended.status.success(), "it failed: {arguments:?}");
    let printed = String::from_utf8(ended.stdout).expect("a number");
    printed.trim().parse().expect("a number")
}
