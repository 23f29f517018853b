//! The program: every body as a plain block and in macros, and what runs them.

use std::fmt::Write;

use crate::body::Body;
use crate::wraps::Variant;

/// A function, to be written as a plain block and in macros.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) body: Body,
    /// For each variant, the macros that its blocks become.
    pub(crate) variants: Vec<Vec<u16>>,
}

/// The source of the program.
pub(crate) fn source(cases: &[Case], scripts: &[Vec<u8>], seed: u64) -> String {
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/world.rs");
    let mut functions = String::new();
    let mut table = String::new();
    for (index, case) in cases.iter().enumerate() {
        let _ = writeln!(
            functions,
            "mod case{index} {{\nuse crate::world::{{*, dbg, eprint, eprintln, print, println}};"
        );
        let _ = write!(
            table,
            "Case {{ name: \"case {index} of seed {seed}\", places: {}, variants: &[",
            case.body.places
        );
        let plain = std::iter::once(Variant::plain());
        let variants = case.variants.iter().map(|turns| Variant::new(turns.clone()));
        for (number, mut variant) in plain.chain(variants).enumerate() {
            let text = indented(&variant.write(&case.body.template));
            let name = match number {
                0 => String::from("plain"),
                number => format!("macros{number}"),
            };
            let text = text.replacen("NAME", &name, 1);
            let macros = variant.macros.join(", ");
            let _ = writeln!(functions, "{text}");
            let _ = writeln!(
                table,
                "Variant {{ macros: \"{macros}\", source: r###\"{text}\"###, run: |world| \
                 Box::pin(async move {{ format!(\"{{:?}}\", case{index}::{name}(&world).await) }}) }},"
            );
        }
        let _ = writeln!(functions, "}}\n");
        let _ = writeln!(table, "] }},");
    }
    format!(
        "#![allow(warnings)]\n\n#[path = {world:?}]\n#[macro_use]\nmod world;\n\nuse world::{{Case, Variant}};\n\n{functions}\
         const CASES: &[Case] = &[\n{table}];\n\nconst SCRIPTS: &[&[i64]] = &{scripts:?};\n\n\
         fn main() {{\n    world::compare(CASES, SCRIPTS);\n}}\n",
        scripts = scripts.iter().map(Borrowed).collect::<Vec<_>>()
    )
}

/// A list, as a reference to it is written.
struct Borrowed<'a>(&'a Vec<u8>);

impl std::fmt::Debug for Borrowed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "&{:?}", self.0)
    }
}

/// Lines by the depth of their braces: good enough to be read.
fn indented(text: &str) -> String {
    let mut depth: usize = 0;
    let mut indented = String::new();
    for line in text.lines() {
        let (opened, closed) = (line.matches('{').count(), line.matches('}').count());
        let leading = line.chars().take_while(|start| *start == '}').count();
        let _ = writeln!(indented, "{}{line}", "    ".repeat(depth.saturating_sub(leading)));
        depth = (depth + opened).saturating_sub(closed);
    }
    indented
}
