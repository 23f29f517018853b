//! Statements.

use std::fmt::Write;

use super::jumps::head;
use super::{DEEPEST, Generator, Place, Returns, Target, TargetKind, Ty, Yields};

impl Generator {
    /// Writes a statement, and notes what it declares.
    pub(super) fn statement(&mut self, place: &mut Place, text: &mut String) {
        if place.depth > DEEPEST {
            let _ = writeln!(text, "w.take({});", self.event());
            return;
        }
        let deeper = place.deeper();
        // In a marked block a jump is what this is about.
        let kind = match place.wraps > 0 && self.choices.chance(25) {
            true => 9,
            false => self.choices.below(34),
        };
        let line = match kind {
            0 | 1 => format!("w.take({});", self.event()),
            2..=4 => {
                let (name, value) = (self.name("v"), self.int(&deeper));
                place.variables.push(name.clone());
                format!("let {name}: i64 = {value};")
            }
            5 | 6 => {
                let (name, value) = (self.name("m"), self.int(&deeper));
                place.variables.push(name.clone());
                place.mutable.push(name.clone());
                format!("let mut {name}: i64 = {value};")
            }
            7 | 8 => self.assignment(place),
            9..=12 => match self.jump(&deeper) {
                Some(jump) => {
                    let end = self.choices.of(&["", ";"]);
                    format!("if {} {{ {jump}{end} }}", self.condition(&deeper))
                }
                None => format!("w.take({});", self.event()),
            },
            13 => self.branches(place),
            14 | 15 => self.a_while(place),
            16 => self.a_for(place),
            17 => {
                let label = self.label(50);
                let inside = place.inside(Target {
                    label,
                    kind: TargetKind::Loop(Yields::Unit),
                });
                let first = format!("if !w.more({}) {{ break; }}\n", self.event());
                format!(
                    "{}loop {}",
                    head(label),
                    self.block_with(&inside, Ty::Unit, &first)
                )
            }
            18 => {
                let label = self.label(100).unwrap_or("'c");
                let inside = place.inside(Target {
                    label: Some(label),
                    kind: TargetKind::Block(Yields::Unit),
                });
                format!("{label}: {}", self.block(&inside, Ty::Unit))
            }
            19..=22 if place.is_async && place.wraps < super::MOST_WRAPS => {
                format!("{};", self.bare_wrap(place, Ty::Unit))
            }
            23 => match self.question(&deeper) {
                Some(question) => format!("{question};"),
                None => format!("w.take({});", self.event()),
            },
            24 => self.let_else(place),
            25 => {
                let name = self.name("g");
                format!("let {name} = w.guard({});", self.event())
            }
            26 => {
                let (one, two) = (self.name("v"), self.name("v"));
                let line = format!(
                    "let ({one}, {two}) = ({}, {});",
                    self.int(&deeper),
                    self.int(&deeper)
                );
                place.variables.extend([one, two]);
                line
            }
            27 => self.written(place),
            28 => self.compiled_out(place),
            29 => self.checked(place),
            30 => self.a_match(place),
            31 => self.parsed(place),
            32 => format!("let _ = {};", self.int(&deeper)),
            _ => self.block(place, Ty::Unit),
        };
        let _ = writeln!(text, "{line}");
    }

    fn assignment(&mut self, place: &Place) -> String {
        let value = self.int(&place.deeper());
        if place.mutable.is_empty() || place.is_read_only {
            return format!("let _ = {value};");
        }
        let name = &place.mutable[self.choices.below(place.mutable.len())];
        match self.choices.below(4) {
            0 => format!("{name} = {value};"),
            1 => format!("{name} ^= {value};"),
            2 => format!("{name} = add({name}, {value});"),
            _ => format!("({name}, _) = ({value}, 1);"),
        }
    }

    fn branches(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        let (name, option) = (self.name("v"), self.maybe(&deeper));
        let mut inside = place.deeper();
        inside.variables.push(name.clone());
        let chain = match self.choices.below(3) {
            0 => String::new(),
            1 => format!(" && {}", self.condition(&inside)),
            _ => {
                let other = self.name("v");
                let chain = format!(" && let Some({other}) = {}", self.maybe(&inside));
                inside.variables.push(other);
                chain
            }
        };
        let then = self.block(&inside, Ty::Unit);
        match self.choices.below(3) {
            0 => format!("if let Some({name}) = {option}{chain} {then}"),
            1 => format!(
                "if let Some({name}) = {option}{chain} {then} else {}",
                self.block(place, Ty::Unit)
            ),
            _ => format!(
                "if let Some({name}) = {option}{chain} {then} else if {} {} else {}",
                self.condition(&deeper),
                self.block(place, Ty::Unit),
                self.block(place, Ty::Unit)
            ),
        }
    }

    fn a_while(&mut self, place: &Place) -> String {
        let label = self.label(50);
        let in_head = place.inside(Target {
            label,
            kind: TargetKind::Condition,
        });
        let mut inside = place.inside(Target {
            label,
            kind: TargetKind::While,
        });
        let more = format!("w.more({})", self.event());
        let condition = match self.choices.below(5) {
            0 | 1 => more,
            2 => format!("{more} && {}", self.condition(&in_head)),
            3 => {
                let (name, option) = (self.name("v"), self.maybe(&in_head));
                inside.variables.push(name.clone());
                format!("{more} && let Some({name}) = {option}")
            }
            _ => format!("{} && {more}", self.wrap(&in_head, Ty::Bool)),
        };
        format!(
            "{}while {condition} {}",
            head(label),
            self.block(&inside, Ty::Unit)
        )
    }

    fn a_for(&mut self, place: &Place) -> String {
        let label = self.label(50);
        let deeper = place.deeper();
        let iterator = match self.choices.below(5) {
            0 | 1 => format!("w.range({})", self.event()),
            // What leaves here leaves the loop around.
            2 => format!("({{\n{}w.range({})\n}})", self.crossroads(&deeper), self.event()),
            3 => format!("0..({} & 1)", self.int(&deeper)),
            _ => format!("[{}, {}]", self.int(&deeper), self.int(&deeper)),
        };
        let name = self.name("v");
        let mut inside = place.inside(Target {
            label,
            kind: TargetKind::While,
        });
        inside.variables.push(name.clone());
        format!(
            "{}for {name} in {iterator} {}",
            head(label),
            self.block(&inside, Ty::Unit)
        )
    }

    fn let_else(&mut self, place: &mut Place) -> String {
        let deeper = place.deeper();
        let option = self.maybe(&deeper);
        match self.jump(&deeper) {
            Some(jump) => {
                let name = self.name("v");
                // What stands in front of `else` may not end with a brace.
                let line = format!(
                    "let Some({name}) = ({option}) else {{\nw.take({});\n{jump}\n}};",
                    self.event()
                );
                place.variables.push(name);
                line
            }
            None => format!("let _ = {option};"),
        }
    }

    /// `write!` into a text.
    fn written(&mut self, place: &mut Place) -> String {
        let deeper = place.deeper();
        let Some(name) = place.texts.last().filter(|_| !place.is_read_only).cloned() else {
            let name = self.name("s");
            place.texts.push(name.clone());
            return format!("let mut {name} = String::new();");
        };
        // Whoever writes holds the text: what is written may not.
        let mut inside = deeper;
        inside.texts.clear();
        let (value, note) = (self.int(&inside), self.event());
        let question = match place.returns {
            Returns::Wide | Returns::Boxed => "?",
            _ => ".unwrap()",
        };
        format!("write!({name}, \"{{}}\", {value}){question};\nw.note({note}, {name}.len() as i64);")
    }

    /// Statements under a `#[cfg]`.
    fn compiled_out(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        let cfg = self
            .choices
            .of(&["#[cfg(any())]", "#[cfg(all())]", "#[cfg(not(any()))]"]);
        match (self.choices.below(3), self.jump(&deeper)) {
            (0, Some(jump)) => format!("{cfg}\nif {} {{ {jump} }}", self.condition(&deeper)),
            (1, _) => format!("{cfg}\nlet _ = {};", self.int(&deeper)),
            _ => format!("{cfg}\n{{\nlet _ = {};\n}}", self.int(&deeper)),
        }
    }

    /// Macros that check, and leave.
    fn checked(&mut self, place: &Place) -> String {
        if place.returns != Returns::Wide && place.returns != Returns::Boxed {
            return format!("debug_assert!(true, \"{{}}\", {});", self.int(&place.deeper()));
        }
        if place.returns == Returns::Boxed {
            return format!("assert_ne!({}, i64::MAX);", self.int(&place.deeper()));
        }
        match self.choices.below(4) {
            0 | 1 => format!(
                "ensure!(w.flip({}), \"not {{}}\", w.take({}));",
                self.event(),
                self.event()
            ),
            2 => format!(
                "if w.flip({}) {{ bail!(\"bailed {{}}\", w.take({})); }}",
                self.event(),
                self.event()
            ),
            _ => format!("if w.flip({}) {{ bail!(\"bailed\") }}", self.event()),
        }
    }

    fn a_match(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        let option = self.maybe(&deeper);
        let name = self.name("v");
        let mut inside = place.deeper();
        inside.variables.push(name.clone());
        let none = match self.jump(&deeper) {
            Some(jump) if self.choices.chance(60) => jump,
            _ => self.block(place, Ty::Unit),
        };
        format!(
            "match {option} {{\nSome({name}) => {}\nNone => {none},\n}}",
            self.block(&inside, Ty::Unit)
        )
    }

    /// `?` whose operand is inferred from what follows.
    fn parsed(&mut self, place: &mut Place) -> String {
        if place.returns != Returns::Wide && place.returns != Returns::Boxed {
            return format!("w.take({});", self.event());
        }
        let name = self.name("v");
        let line = format!("let {name}: i64 = w.text({}).parse()?;", self.event());
        place.variables.push(name);
        line
    }
}
