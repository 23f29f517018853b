//! The chapter on the language tells the messages as they are.
#![forbid(unsafe_code)]

use std::{fs, path::Path};

fn read_all(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            read_all(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "stderr") {
            text.push_str(&fs::read_to_string(&path).expect("it is text"));
        }
    }
}

#[test]
fn every_message_in_the_chapter_is_one_that_a_mistake_gives() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut messages = String::new();
    read_all(&root.join("tests"), &mut messages);
    let chapter = fs::read_to_string(root.join("../easynet/src/language.rs")).expect("the chapter is there");
    let table = chapter
        .split("| rule | the message |")
        .nth(1)
        .expect("the chapter has the table of rules");
    let mut rows = 0;
    for row in table.lines().skip(2).take_while(|line| line.starts_with("//! |")) {
        let row = row.trim_start_matches("//! |").trim_end_matches(" |");
        let (_, message) = row.split_once(" | ").expect("a row has two cells");
        // A bar in a table is escaped.
        let message = message.trim_matches(['`', ' ']).replace(r"\|", "|");
        let known = messages
            .lines()
            .any(|line| line.trim_end_matches(['`', ' ']).ends_with(&message));
        assert!(known, "no mistake gives this message: {message}");
        rows += 1;
    }
    assert!(rows >= 15, "{rows}");
}
