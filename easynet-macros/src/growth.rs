//! How many lines each form expands to, as a table that is kept: growth is seen where it comes in.
//!
//! What a macro expands to is compiled at each of its uses. `EASYNET_COUNT=overwrite cargo test -p easynet-macros growth` writes the
//! table anew; then read the difference.

use std::fmt::Write as _;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Entry;
use crate::tests::expand;

/// Lines of a body, from one without a jump to one with all.
const BODIES: [(&str, &str); 4] = [
    ("no jump", "let a = b.await; a + 1"),
    ("one `?`", "let a = b.await?; a + 1"),
    ("three `?`", "let a = b.await?; c(a)?; d(a)?; a + 1"),
    (
        "all jumps",
        "if a { return 1; } if b { break 'c 2; } if d { continue; } let e = f.await?; e + 1",
    ),
];

const HEADS: [(&str, &str); 10] = [
    ("task_group", "|group|"),
    ("task_group", "|group: TaskGroup<MyError>|"),
    ("with_timeout", "5s,"),
    ("with_timeout", "5s, |scope|"),
    ("with_deadline", "end,"),
    ("move_on_after", "5s,"),
    ("move_on_at", "end,"),
    ("cancel_scope", "|scope|"),
    ("shield", ""),
    ("catch_cancelled", ""),
];

const LISTS: [(&str, &str); 7] = [
    ("gather", "a(), b()"),
    ("gather", "{ a().await? }, { b().await? }"),
    ("try_gather", "a(), b()"),
    ("try_gather", "{ Ok(a().await?) }, { return 1 }"),
    ("race", "a(), b()"),
    ("race", "a(), |a| a?, b(), |b| b"),
    ("race", "{ a().await? }, |a| { break a }, b(), |b| return b"),
];

const ENTRIES: [(Entry, &str); 5] = [
    (Entry::Main, "backend = \"tokio\""),
    (Entry::Main, "backend = \"sim\", seed = 7"),
    (Entry::Test, ""),
    (Entry::Test, "backend = \"sim\", seeds = 64"),
    (Entry::Test, "backend = [\"tokio\", \"sim\"]"),
];

/// The lines of an expansion, written as rustfmt would.
fn lines(items: TokenStream) -> usize {
    let file: syn::File = syn::parse2(items).expect("items");
    prettyplease::unparse(&file).lines().count()
}

/// Without the function that an expression is put into to be written.
fn lines_of_expression(expression: TokenStream) -> usize {
    lines(quote!(fn f() { #expression; })) - 2
}

fn table() -> String {
    let mut table = String::new();
    for (name, head) in HEADS {
        for (what, body) in BODIES {
            let count = lines_of_expression(expand(name, &format!("{head} {{ {body} }}")));
            writeln!(table, "{count:4}  {name}!({head} {{ {what} }})").expect("text");
        }
    }
    for (name, list) in LISTS {
        let count = lines_of_expression(expand(name, list));
        writeln!(table, "{count:4}  {name}!({list})").expect("text");
    }
    for (entry_point, options) in ENTRIES {
        let name = match entry_point {
            Entry::Main => "main",
            Entry::Test => "test",
        };
        let item = quote!(
            async fn f() -> Result<(), E> {}
        );
        let count = lines(crate::entry(entry_point, options.parse().expect("tokens"), item));
        writeln!(table, "{count:4}  #[{name}({options})]").expect("text");
    }
    table
}

#[test]
fn an_expansion_has_as_many_lines_as_before() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/growth.txt");
    let found = table();
    if std::env::var("EASYNET_COUNT").is_ok_and(|value| value == "overwrite") {
        std::fs::write(&path, &found).expect("the table can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let mut changes = String::new();
    for (before, now) in kept
        .lines()
        .zip(found.lines())
        .filter(|(before, now)| before != now)
    {
        writeln!(changes, "before: {before}\n   now: {now}").expect("text");
    }
    assert!(
        changes.is_empty() && kept.lines().count() == found.lines().count(),
        "expansions have other lengths than before:\n{changes}\
         EASYNET_COUNT=overwrite writes them down, if they are meant"
    );
}
