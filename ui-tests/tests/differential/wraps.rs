//! The macros, and what they are compared with: a template with marked blocks becomes a program.
//!
//! A marked block is `⟦first¦{ .. }⟧`, where `first` may be empty; a future that a macro awaits is `⟪first¦..⟫`.

use crate::choices::Choices;

pub(crate) enum Mark {
    Block,
    Future,
}

/// Marks a block or a future; `first` is what the macro computes before.
pub(crate) fn mark(mark: Mark, first: Option<&str>, inside: &str) -> String {
    let first = first.unwrap_or_default();
    match mark {
        Mark::Block => format!("⟦{first}¦{inside}⟧"),
        Mark::Future => format!("⟪{first}¦{inside}⟫"),
    }
}

/// A macro of the language: how it is written, and how the value of its body is taken out again.
struct Form {
    name: &'static str,
    /// What is in the parentheses: `BODY`, and perhaps `DELAY` or `DEADLINE` for what is computed before.
    content: &'static str,
    /// What takes the body's value out of the macro's.
    undo: &'static str,
}

const fn new(name: &'static str, content: &'static str, undo: &'static str) -> Form {
    Form { name, content, undo }
}

/// All of them. A macro of the language is added here.
const FORMS: [Form; 19] = [
    new("shield", "BODY", ""),
    new("task_group", "|_group| BODY", ".unwrap()"),
    new("task_group", "|_| BODY", ".expect(\"no child fails\")"),
    new(
        "task_group",
        "|_group: easynet::TaskGroup<Wide>| BODY",
        ".unwrap()",
    ),
    new("with_timeout", "DELAY, BODY", ".unwrap()"),
    new("with_timeout", "DELAY, |_scope| BODY", ".expect(\"in time\")"),
    new("with_deadline", "DEADLINE, BODY", ".unwrap()"),
    new("with_deadline", "DEADLINE, |_scope| BODY", ".unwrap()"),
    new("move_on_after", "DELAY, BODY", ".unwrap()"),
    new("move_on_after", "DELAY, |_scope| BODY", ".expect(\"in time\")"),
    new("move_on_at", "DEADLINE, BODY", ".unwrap()"),
    new("cancel_scope", "|_scope| BODY", ".unwrap()"),
    new("catch_cancelled", "BODY", ".unwrap()"),
    new("gather", "BODY", ".0"),
    new("gather", "std::future::ready(1), BODY", ".1"),
    new(
        "try_gather",
        "{ Ok::<_, Small>(BLOCK) }, std::future::ready(Ok::<(), Small>(()))",
        ".unwrap().0",
    ),
    new("race", "BODY, |value| value", ""),
    new(
        "race",
        "std::future::pending::<()>(), |()| unreachable!(), BODY, |value| value",
        "",
    ),
    new("race", "std::future::ready(()), |()| BLOCK", ""),
];

/// How the marked blocks of one variant become macros: the number of a macro and of its spelling, one after the other.
pub(crate) struct Variant {
    /// Nothing, where blocks stay blocks.
    turns: Option<Choices>,
    pub(crate) macros: Vec<&'static str>,
}

impl Variant {
    pub(crate) fn plain() -> Self {
        Self {
            turns: None,
            macros: Vec::new(),
        }
    }

    pub(crate) fn new(turns: Vec<u16>) -> Self {
        Self {
            turns: Some(Choices::new(turns)),
            macros: Vec::new(),
        }
    }

    /// The program of a template.
    pub(crate) fn write(&mut self, template: &str) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['⟦', '⟪']) {
            text += &rest[..at];
            let is_future = rest[at..].starts_with('⟪');
            let marked = &rest[at + '⟦'.len_utf8()..];
            let (first, behind) = split(marked, '¦');
            let (inside, behind) = split(behind, if is_future { '⟫' } else { '⟧' });
            text += &self.wrap(first, inside, is_future);
            rest = behind;
        }
        text + rest
    }

    fn wrap(&mut self, first: &str, inside: &str, is_future: bool) -> String {
        let chosen = self.choose();
        let (first, inside) = (self.write(first), self.write(inside));
        let Some(Chosen {
            form,
            spelling,
            inner,
        }) = chosen
        else {
            return behind(&first, block(&inside, is_future));
        };
        // A macro is a body by itself, without braces.
        let inner = inner.filter(|_| form.content.contains("BODY"));
        let (inside, is_future, undo) = match &inner {
            Some(inner) => (
                inner.form.call(inner.spelling, "", &inside, is_future),
                false,
                inner.form.undo,
            ),
            None => (inside, is_future, ""),
        };
        let value = form.call(spelling, &first, &inside, is_future) + form.undo + undo;
        match form.takes_first() {
            true => value,
            false => behind(&first, value),
        }
    }

    /// A macro; nothing, where a block stays a block.
    fn choose(&mut self) -> Option<Chosen> {
        let is_outermost = self.macros.is_empty();
        let turns = self.turns.as_mut()?;
        if !is_outermost && turns.chance(10) {
            return None;
        }
        let mut chosen = self.choose_form();
        if self.turns.as_mut()?.chance(12) {
            chosen.inner = Some(Box::new(self.choose_form()));
        }
        Some(chosen)
    }

    fn choose_form(&mut self) -> Chosen {
        let turns = self.turns.as_mut().expect("a plain block chooses nothing");
        let form = &FORMS[turns.below(FORMS.len())];
        self.macros.push(form.name);
        Chosen {
            form,
            spelling: turns.below(SPELLINGS.len()),
            inner: None,
        }
    }
}

struct Chosen {
    form: &'static Form,
    spelling: usize,
    /// The macro that is the body of this one.
    inner: Option<Box<Chosen>>,
}

impl Form {
    fn takes_first(&self) -> bool {
        self.content.contains("DELAY") || self.content.contains("DEADLINE")
    }

    fn call(&self, spelling: usize, first: &str, inside: &str, is_future: bool) -> String {
        let (delay, deadline) = match first {
            "" => (String::from("1h"), String::from("later(0)")),
            first => (format!("hours({first})"), format!("later({first})")),
        };
        let (open, close) = SPELLINGS[spelling];
        let content = self
            .content
            .replace("BLOCK", &block(inside, is_future))
            .replace("BODY", inside)
            .replace("DELAY", &delay)
            .replace("DEADLINE", &deadline);
        format!("easynet::{}!{open}{content}{close}", self.name)
    }
}

/// What a macro does with what is inside of it, by hand.
fn block(inside: &str, is_future: bool) -> String {
    match is_future {
        // The temporaries end with the block.
        true => format!("{{ ({inside}).await }}"),
        false => inside.into(),
    }
}

/// What is around the content of a macro.
const SPELLINGS: [(&str, &str); 5] = [("(", ")"), ("(", ")"), ("[", "]"), ("{", "}"), ("(", ",)")];

/// `inside`, once `first` has been computed.
fn behind(first: &str, inside: String) -> String {
    match first {
        "" => inside,
        first => format!("{{\nlet _ = hours({first});\n{inside}\n}}"),
    }
}

/// Splits at a mark that belongs to no mark within.
fn split(text: &str, mark: char) -> (&str, &str) {
    let mut depth = 0;
    for (at, found) in text.char_indices() {
        match found {
            found if found == mark && depth == 0 => return (&text[..at], &text[at + found.len_utf8()..]),
            '⟦' | '⟪' => depth += 1,
            '⟧' | '⟫' => depth -= 1,
            _ => {}
        }
    }
    unreachable!("every mark is closed")
}
