//! Random bodies: functions with blocks that may stand inside of a macro.
//!
//! What is generated compiles as it stands, and ends under every script: every loop asks the script whether to go on.
//! The blocks are marked, see [`wraps`](super::wraps), and become macros later.

mod expressions;
mod jumps;
mod statements;

use std::fmt::Write;

use self::jumps::LABELS;
use crate::choices::Choices;
use crate::wraps::{Mark, mark};

/// What a function returns, and so what its `?`s and `return`s can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Returns {
    /// `Result<i64, Wide>`, which all errors but the boxed convert to.
    Wide,
    /// `Result<i64, Box<dyn Error + Send + Sync>>`.
    Boxed,
    /// `Result<i64, Small>`.
    Small,
    Option,
    /// `ControlFlow<i64, i64>`.
    Flow,
    Int,
    Unit,
    /// Nothing may leave: no function of its own, but the content of a macro that easynet does not know.
    Nowhere,
}

impl Returns {
    pub(crate) const ALL: [Self; 7] = [
        Self::Wide,
        Self::Boxed,
        Self::Option,
        Self::Int,
        Self::Unit,
        Self::Flow,
        Self::Small,
    ];

    pub(crate) fn ty(self) -> &'static str {
        match self {
            Self::Wide => "Result<i64, Wide>",
            Self::Boxed => "Result<i64, Boxed>",
            Self::Small => "Result<i64, Small>",
            Self::Option => "Option<i64>",
            Self::Flow => "ControlFlow<i64, i64>",
            Self::Int => "i64",
            Self::Unit | Self::Nowhere => "()",
        }
    }
}

/// The type of a block or an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ty {
    Unit,
    Int,
    Bool,
    /// `Option<i64>`
    Maybe,
    /// It leaves: nothing comes behind it.
    Never,
}

/// What `break` and `continue` can go to.
#[derive(Clone, PartialEq)]
struct Target {
    label: Option<&'static str>,
    kind: TargetKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TargetKind {
    /// `loop`, and what it yields.
    Loop(Yields),
    /// `while` and `for`.
    While,
    /// A labelled block, and what it yields.
    Block(Yields),
    /// The condition of a `while`, where the compiler forbids to leave without a label.
    Condition,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Yields {
    Unit,
    Int,
    /// `Box<dyn Display + Send>`, to which each `break` coerces.
    Display,
}

/// Where an expression stands.
#[derive(Clone)]
struct Place {
    returns: Returns,
    is_async: bool,
    /// From the outside in.
    targets: Vec<Target>,
    /// Variables that can be read, of type `i64`.
    variables: Vec<String>,
    /// Those of them that can be written.
    mutable: Vec<String>,
    /// Whether nothing may be written at all.
    is_read_only: bool,
    /// Variables of type `String`, to be written to.
    texts: Vec<String>,
    /// How many marked blocks are around.
    wraps: usize,
    depth: usize,
}

impl Place {
    fn function(returns: Returns, is_async: bool) -> Self {
        Self {
            returns,
            is_async,
            targets: Vec::new(),
            variables: Vec::new(),
            mutable: Vec::new(),
            is_read_only: false,
            texts: Vec::new(),
            wraps: 0,
            depth: 0,
        }
    }

    fn deeper(&self) -> Self {
        let mut place = self.clone();
        place.depth += 1;
        place
    }

    fn inside(&self, target: Target) -> Self {
        let mut place = self.deeper();
        place.targets.push(target);
        place
    }

    /// A closure or an `async` block: it reads the variables, and nothing leaves it.
    fn closure(&self, returns: Returns, is_async: bool) -> Self {
        Self {
            variables: self
                .variables
                .iter()
                .filter(|name| !self.mutable.contains(name))
                .cloned()
                .collect(),
            wraps: self.wraps,
            depth: self.depth + 1,
            ..Self::function(returns, is_async)
        }
    }
}

/// A function, with its marked blocks.
#[derive(Debug)]
pub(crate) struct Body {
    /// The function, but for `NAME` in place of its name.
    pub(crate) template: String,
    pub(crate) places: usize,
}

/// The deepest nesting of expressions.
const DEEPEST: usize = 8;
/// How many marked blocks stand in each other.
const MOST_WRAPS: usize = 3;

pub(crate) fn generate(choices: Vec<u16>) -> Body {
    let mut generator = Generator {
        choices: Choices::new(choices),
        places: 0,
        names: 0,
    };
    let returns = Returns::ALL[generator.choices.below(Returns::ALL.len())];
    let template = generator.function(returns);
    Body {
        template,
        places: generator.places,
    }
}

struct Generator {
    choices: Choices,
    places: usize,
    names: usize,
}

impl Generator {
    /// The number of a new event.
    fn event(&mut self) -> usize {
        self.places += 1;
        self.places
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// The whole function: around the body stands a function, a closure, an `async` block or a method.
    fn function(&mut self, returns: Returns) -> String {
        let ty = returns.ty();
        let mut kind = self.choices.below(8);
        if (4..=6).contains(&kind) && returns == Returns::Boxed {
            // The type of the block would have to be known for a box to become one of any error.
            kind = 0;
        }
        let mut place = Place::function(returns, true);
        if kind == 7 {
            place.variables.push("self.x".into());
            place.mutable.push("self.x".into());
        }
        let body = self.body(&place);
        match kind {
            0..=3 => format!("pub async fn NAME(w: &World) -> {ty} {body}"),
            4 => format!(
                "pub fn NAME(w: &World) -> impl Future<Output = {ty}> + Send {{\nasync move {body}\n}}"
            ),
            5 => format!(
                "pub async fn NAME(w: &World) -> {ty} {{\nlet host = || async {body};\n\
                 let value: {ty} = host().await;\nvalue\n}}"
            ),
            6 => format!(
                "pub async fn NAME(w: &World) -> {ty} {{\nlet host = async || -> {ty} {body};\nhost().await\n}}"
            ),
            _ => format!(
                "pub async fn NAME(w: &World) -> {ty} {{\ntrait Hosted {{ async fn host(&mut self, w: &World) -> {ty}; }}\n\
                 impl Hosted for Host {{\nasync fn host(&mut self, w: &World) -> {ty} {body}\n}}\n\
                 Host {{ x: 3 }}.host(w).await\n}}"
            ),
        }
    }

    /// The block of a function: some statements, at least one marked block, and a value to return.
    fn body(&mut self, place: &Place) -> String {
        let mut place = place.deeper();
        let mut text = String::from("{\n");
        for _ in 0..self.choices.below(3) {
            self.statement(&mut place, &mut text);
        }
        let around = self.choices.below(4);
        self.inner(&mut place, &mut text, around);
        for _ in 0..self.choices.below(3) {
            self.statement(&mut place, &mut text);
        }
        let value = self.int(&place);
        let value = match place.returns {
            Returns::Wide | Returns::Boxed | Returns::Small => format!("Ok({value})"),
            Returns::Option => format!("Some({value})"),
            Returns::Flow => format!("ControlFlow::Continue({value})"),
            Returns::Int => value,
            Returns::Unit | Returns::Nowhere => format!("let _ = {value};"),
        };
        text + &value + "\n}"
    }

    /// Declares what a marked block yields, with so many loops and labelled blocks around it.
    fn inner(&mut self, place: &mut Place, text: &mut String, around: usize) {
        let value = match around {
            0 => self.wrap(place, Ty::Int),
            _ => self.around(place, around - 1),
        };
        let name = self.name("v");
        let _ = writeln!(text, "let {name}: i64 = {value};");
        place.variables.push(name);
    }

    fn around(&mut self, place: &Place, around: usize) -> String {
        let label = LABELS[self.choices.below(LABELS.len())];
        let kind = match self.choices.below(4) {
            0 => TargetKind::Block(Yields::Int),
            1 => TargetKind::Loop(Yields::Int),
            _ => TargetKind::While,
        };
        let is_labelled = matches!(kind, TargetKind::Block(_)) || self.choices.chance(70);
        let label = is_labelled.then_some(label);
        let mut inside = place.inside(Target { label, kind });
        // What is around takes no depth from what is inside.
        inside.depth = place.depth;
        let mut body = String::new();
        if let TargetKind::Loop(_) = kind {
            body = format!(
                "if !w.more({}) {{ break ({}); }}\n",
                self.event(),
                self.leaf(&inside)
            );
        }
        if self.choices.chance(30) {
            self.statement(&mut inside, &mut body);
        }
        self.inner(&mut inside, &mut body, around);
        if self.choices.chance(50) {
            self.statement(&mut inside, &mut body);
        }
        let (head, event) = (jumps::head(label), self.event());
        let end = self.leaf(&inside);
        match kind {
            TargetKind::Block(_) => format!("{head}{{\n{body}{end}\n}}"),
            TargetKind::Loop(_) => format!("{head}loop {{\n{body}let _ = {end};\n}}"),
            _ => {
                let sum = self.name("m");
                let turns = self.choices.of(&["while w.more", "for _ in w.range"]);
                format!(
                    "{{\nlet mut {sum} = 0;\n{head}{turns}({event}) {{\n{body}{sum} = add({sum}, {end});\n}}\n{sum}\n}}"
                )
            }
        }
    }

    /// A block of a type.
    fn block(&mut self, place: &Place, ty: Ty) -> String {
        self.block_with(place, ty, "")
    }

    /// A block of a type that begins with a statement.
    fn block_with(&mut self, place: &Place, ty: Ty, first: &str) -> String {
        let mut place = place.deeper();
        let mut text = format!("{{\n{first}");
        let count = match place.depth {
            0..=3 => self.choices.below(4),
            _ => self.choices.below(3),
        };
        for _ in 0..count {
            self.statement(&mut place, &mut text);
        }
        text += &self.end(&place, ty);
        text + "\n}"
    }

    /// What a block ends with.
    fn end(&mut self, place: &Place, ty: Ty) -> String {
        match ty {
            Ty::Unit => match self.choices.below(4) {
                0 | 1 => format!("w.take({});", self.event()),
                2 => String::new(),
                _ => format!("drop({})", self.int(place)),
            },
            Ty::Int => self.int(place),
            Ty::Bool => self.condition(place),
            Ty::Maybe => self.maybe(place),
            Ty::Never => {
                let jump = self.jump(place).unwrap_or_else(|| String::from("unreachable!()"));
                match self.choices.below(4) {
                    0 | 1 => jump,
                    2 => format!("{jump};"),
                    _ => {
                        let condition = self.condition(place);
                        let other = self.jump(place).unwrap_or_else(|| String::from("unreachable!()"));
                        format!("if {condition} {{ {jump} }} else {{ {other}; }}")
                    }
                }
            }
        }
    }

    /// A block that may stand in a macro, as an expression.
    fn wrap(&mut self, place: &Place, ty: Ty) -> String {
        if place.wraps >= MOST_WRAPS || !place.is_async || place.depth > DEEPEST {
            return format!("({})", self.block(place, ty));
        }
        let mut inside = place.deeper();
        inside.wraps += 1;
        if ty == Ty::Int && self.can_leave(&inside) && self.choices.chance(12) {
            return format!("int({})", self.bare_wrap(place, Ty::Never));
        }
        format!("({})", self.bare_wrap(place, ty))
    }

    /// A block that yields an `i64`, or never comes to its end: then it has any type.
    fn block_that_may_leave(&mut self, place: &Place) -> String {
        let leaves = self.can_leave(place) && self.choices.chance(15);
        self.block(place, if leaves { Ty::Never } else { Ty::Int })
    }

    /// A block that may stand in a macro, where a statement begins.
    fn bare_wrap(&mut self, place: &Place, ty: Ty) -> String {
        let first = self.choices.chance(15).then(|| self.int(&place.deeper()));
        let mut inside = place.deeper();
        inside.wraps += 1;
        if ty == Ty::Int && self.choices.chance(15) {
            let future = self.future(&inside);
            return mark(Mark::Future, first.as_deref(), &future);
        }
        let first_statement = match self.choices.chance(45) {
            true => self.crossroads(&inside.deeper()),
            false => String::new(),
        };
        let body = self.block_with(&inside, ty, &first_statement);
        mark(Mark::Block, first.as_deref(), &body)
    }
}
