//! Expressions of type `i64`, `bool` and `Option<i64>`, and futures.

use super::jumps::{LABELS, head};
use super::{DEEPEST, Generator, Place, Returns, Target, TargetKind, Ty, Yields};

impl Generator {
    /// An `i64`. It can stand anywhere but at the beginning of a statement.
    pub(super) fn int(&mut self, place: &Place) -> String {
        if place.depth > DEEPEST {
            return self.leaf(place);
        }
        let deeper = place.deeper();
        match self.choices.below(40) {
            0..=5 => self.leaf(place),
            6..=12 => self.question(place).unwrap_or_else(|| self.leaf(place)),
            13..=15 => self.wrap(place, Ty::Int),
            16 => format!("add({}, {})", self.int(&deeper), self.int(&deeper)),
            17 => format!("({} ^ {})", self.int(&deeper), self.int(&deeper)),
            18 => self.branch(place),
            19 => self.choice(place),
            20 => self.looped(place),
            21 => self.labelled(place),
            22 => self.in_macro(place),
            23 => self.list(place),
            24 => self.called(place),
            25 => self.awaited(place),
            26 => self.unary(place),
            27 => self.leaving(place),
            28 => format!(
                "({}, {}).{}",
                self.int(&deeper),
                self.int(&deeper),
                self.choices.below(2)
            ),
            29 => format!(
                "[{}, {}, 5][(({}) & 1) as usize]",
                self.int(&deeper),
                self.int(&deeper),
                self.int(&deeper)
            ),
            30 => format!(
                "(Pair {{ y: {}, ..Pair {{ x: {}, y: 0 }} }}).x",
                self.int(&deeper),
                self.int(&deeper)
            ),
            31 => self.boxed(place),
            32 => self.polled(place),
            33 => format!("w.note({}, {})", self.event(), self.int(&deeper)),
            34 => self.item(place),
            35 => {
                let guard = self.event();
                match place.is_async {
                    true => format!("w.guard({guard}).tick({}).await", self.event()),
                    false => format!("w.guard({guard}).value()"),
                }
            }
            36 => match self.maybe_wrap(place) {
                Some(value) => value,
                None => self.leaf(place),
            },
            37 => format!("{{ let r = &{}; *r }}", self.int(&deeper)),
            38 => self.unknown(place),
            _ => format!("{}.wrapping_sub({})", self.receiver(place), self.int(&deeper)),
        }
    }

    /// An `i64` that comes to its end.
    pub(super) fn leaf(&mut self, place: &Place) -> String {
        match self.choices.below(7) {
            0 | 1 => format!("w.take({})", self.event()),
            2 if place.is_async => format!("w.tick({}).await", self.event()),
            3 if place.is_async => format!("w.ready({}).await", self.event()),
            4 | 5 if !place.variables.is_empty() => {
                place.variables[self.choices.below(place.variables.len())].clone()
            }
            _ => format!("{}", self.choices.below(10)),
        }
    }

    /// An `i64` that a method can be called on.
    fn receiver(&mut self, place: &Place) -> String {
        match self.question(&place.deeper()) {
            Some(question) if self.choices.chance(60) => question,
            _ => format!("w.take({})", self.event()),
        }
    }

    pub(super) fn condition(&mut self, place: &Place) -> String {
        if place.depth > DEEPEST {
            return format!("w.flip({})", self.event());
        }
        let deeper = place.deeper();
        match self.choices.below(13) {
            0..=3 => format!("w.flip({})", self.event()),
            4 => format!("({} > 2)", self.int(&deeper)),
            5 => format!("!{}", self.condition(&deeper)),
            6 => format!("({} && {})", self.condition(&deeper), self.condition(&deeper)),
            7 => format!("({} || {})", self.condition(&deeper), self.condition(&deeper)),
            8 => {
                let value = self.int(&deeper);
                let guard = match self.choices.chance(50) {
                    true => format!(" if {}", self.condition(&deeper)),
                    false => String::new(),
                };
                format!("matches!(int({value}), 0..=4 | 7{guard})")
            }
            9 => self.wrap(place, Ty::Bool),
            10 => format!("({}).is_some()", self.maybe(&deeper)),
            11 => format!("({} & 1 == 0)", self.int(&deeper)),
            _ => match self.jump(&deeper) {
                // A condition that leaves halfway.
                Some(jump) => format!("(w.flip({}) || {{ {jump} }})", self.event()),
                None => format!("w.flip({})", self.event()),
            },
        }
    }

    /// An `Option<i64>`.
    pub(super) fn maybe(&mut self, place: &Place) -> String {
        if place.depth > DEEPEST {
            return format!("w.option({})", self.event());
        }
        let deeper = place.deeper();
        match self.choices.below(10) {
            0..=2 => format!("w.option({})", self.event()),
            3 if place.is_async => format!("w.slow_option({}).await", self.event()),
            4 => format!("Some::<i64>({})", self.int(&deeper)),
            5 => format!("w.option_of({}, {})", self.event(), self.int(&deeper)),
            6 => format!("w.guard({}).option({})", self.event(), self.event()),
            7 => format!(
                "(|| -> Option<i64> {})()",
                self.closure_block(place, Returns::Option)
            ),
            8 => self.wrap(place, Ty::Maybe),
            9 => format!("w.small({}).ok().filter(|n| {{ return *n > 0; }})", self.event()),
            _ => format!("w.option({})", self.event()),
        }
    }

    fn maybe_wrap(&mut self, place: &Place) -> Option<String> {
        let can = place.returns == Returns::Option;
        can.then(|| format!("{}?", self.wrap(place, Ty::Maybe)))
    }

    fn branch(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        match self.choices.below(3) {
            0 => {
                let condition = self.condition(&deeper);
                format!(
                    "(if {condition} {} else {})",
                    self.block(place, Ty::Int),
                    self.block_that_may_leave(place)
                )
            }
            1 => {
                let (name, option) = (self.name("v"), self.maybe(&deeper));
                let mut inside = place.deeper();
                inside.variables.push(name.clone());
                let condition = self.condition(&inside);
                format!(
                    "(if let Some({name}) = {option} && {condition} {} else {})",
                    self.block(&inside, Ty::Int),
                    self.block_that_may_leave(place)
                )
            }
            _ => {
                let condition = self.condition(&deeper);
                let jump = self.jump(&deeper).unwrap_or_else(|| String::from("2"));
                format!("(if {condition} {{ {} }} else {{ {jump} }})", self.int(&deeper))
            }
        }
    }

    fn choice(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        let value = self.int(&deeper);
        let name = self.name("v");
        let mut inside = place.deeper();
        inside.variables.push(name.clone());
        let mut guarded = inside.clone();
        // A guard may not write.
        guarded.is_read_only = true;
        let guard = match self.choices.below(3) {
            0 => format!("if {}", self.condition(&guarded)),
            1 => format!("if let Some(inner) = {} && inner > 0", self.maybe(&guarded)),
            _ => format!("if {} || {}", self.condition(&guarded), self.condition(&guarded)),
        };
        let jump = self.jump(&deeper).unwrap_or_else(|| String::from("6"));
        // Not the value itself: rustc 1.95 loses the index of `list[index]` where a guard awaits.
        format!(
            "(match int({value}) {{\n0 => {},\n1 | 2 => {jump},\n{name} {guard} => {},\n_ => {},\n}})",
            self.int(&deeper),
            self.block_that_may_leave(&inside),
            self.int(&deeper),
        )
    }

    pub(super) fn label(&mut self, percent: usize) -> Option<&'static str> {
        self.choices
            .chance(percent)
            .then(|| LABELS[self.choices.below(LABELS.len())])
    }

    fn looped(&mut self, place: &Place) -> String {
        let label = self.label(60);
        let inside = place.inside(Target {
            label,
            kind: TargetKind::Loop(Yields::Int),
        });
        let first = format!(
            "if !w.more({}) {{ break {}; }}\n",
            self.event(),
            self.leaf(&inside)
        );
        let body = self.block_with(&inside, Ty::Unit, &first);
        format!("({}loop {body})", head(label))
    }

    fn labelled(&mut self, place: &Place) -> String {
        let label = self.label(100).unwrap_or("'a");
        let inside = place.inside(Target {
            label: Some(label),
            kind: TargetKind::Block(Yields::Int),
        });
        let body = self.block(&inside, Ty::Int);
        format!("({label}: {body})")
    }

    /// A loop or a block whose values coerce.
    fn boxed(&mut self, place: &Place) -> String {
        let mut text = String::from("{\nlet b: Box<dyn std::fmt::Display + Send> = ");
        if self.choices.chance(50) {
            let label = self.label(50);
            let inside = place.inside(Target {
                label,
                kind: TargetKind::Loop(Yields::Display),
            });
            let first = format!("if !w.more({}) {{ break Box::new(0u8); }}\n", self.event());
            text += &format!(
                "{}loop {}",
                head(label),
                self.block_with(&inside, Ty::Unit, &first)
            );
        } else {
            let label = self.label(100).unwrap_or("'b");
            let inside = place.inside(Target {
                label: Some(label),
                kind: TargetKind::Block(Yields::Display),
            });
            let statement = match self.jump(&inside) {
                Some(jump) => format!("if {} {{ {jump} }}\n", self.condition(&inside)),
                None => String::new(),
            };
            let value = self.display(&inside);
            text += &format!("{label}: {{\n{statement}{value}\n}}");
        }
        text + ";\nb.to_string().len() as i64\n}"
    }

    /// Inside of the standard library's macros.
    fn in_macro(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        let (one, two) = (self.int(&deeper), self.int(&deeper));
        match self.choices.below(9) {
            0 => format!("(format!(\"{{}} {{x}}\", {one}, x = {two}).len() as i64)"),
            1 => format!("dbg!({one})"),
            2 => format!("i64::from(matches!(int({one}), 0..=3 if {two} > 1))"),
            3 => format!(
                "{{ let n = format_args!(\"{{:1$}}\", {one}, 3).to_string().len(); add(n as i64, {two}) }}"
            ),
            4 => format!("{{ assert!({one} != i64::MAX, \"{{}}\", {two}); 1 }}"),
            5 => format!("{{ assert_ne!({one}, i64::MIN, \"{{}}\", {two}); 2 }}"),
            6 => format!("{{ println!(\"{{}} {{}}\", {one}, {two}); 3 }}"),
            7 => format!("{{ let x = {one}; if x == i64::MAX {{ panic!(\"{{}}\", {two}) }} x }}"),
            _ => String::from("(stringify!(a? return break 'x continue).len() as i64)"),
        }
    }

    fn list(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        match self.choices.below(4) {
            0 => format!("sum(&[{}, {}])", self.int(&deeper), self.int(&deeper)),
            1 => format!("sum(&vec![{}, {},])", self.int(&deeper), self.int(&deeper)),
            2 => format!(
                "sum(&vec![{}; (({}) & 3) as usize])",
                self.int(&deeper),
                self.int(&deeper)
            ),
            _ => format!("sum(&[{}; 2])", self.int(&deeper)),
        }
    }

    /// Closures, which keep their jumps.
    fn called(&mut self, place: &Place) -> String {
        match self.choices.below(4) {
            0 => format!(
                "(|| -> Option<i64> {})().unwrap_or(4)",
                self.closure_block(place, Returns::Option)
            ),
            1 => format!("(move || -> i64 {})()", self.closure_block(place, Returns::Int)),
            2 => format!(
                "(|n: i64| {{ if n > 1 {{ return w.small({})?.checked_add(n).ok_or(Small(1)); }} Ok::<i64, Small>(n) }})({}).unwrap_or(5)",
                self.event(),
                self.int(&place.deeper())
            ),
            _ => format!(
                "([1, 2, 3].iter().filter(|n| {{ if **n == 2 {{ return w.flip({}); }} true }}).count() as i64)",
                self.event()
            ),
        }
    }

    pub(super) fn closure_block(&mut self, place: &Place, returns: Returns) -> String {
        let inside = place.closure(returns, false);
        self.body_of(&inside)
    }

    /// An `async` block that knows its type.
    pub(super) fn async_block(&mut self, place: &Place, returns: Returns) -> String {
        let inside = place.closure(returns, true);
        let body = self.body_of(&inside);
        let keyword = self.choices.of(&["async", "async", "async move"]);
        format!("{keyword} {body}")
    }

    /// The block of a closure or an item; with the type of its value, which an `async` block cannot be told.
    fn body_of(&mut self, place: &Place) -> String {
        let mut place = place.deeper();
        let mut text = String::from("{\n");
        for _ in 0..self.choices.below(3) {
            self.statement(&mut place, &mut text);
        }
        let value = self.int(&place);
        let value = match place.returns {
            Returns::Wide => format!("Ok::<i64, Wide>({value})"),
            Returns::Boxed => format!("Ok::<i64, Boxed>({value})"),
            Returns::Small => format!("Ok::<i64, Small>({value})"),
            Returns::Option => format!("Some({value})"),
            Returns::Flow => format!("ControlFlow::<i64, i64>::Continue({value})"),
            Returns::Int | Returns::Unit | Returns::Nowhere => value,
        };
        text + &value + "\n}"
    }

    fn awaited(&mut self, place: &Place) -> String {
        if !place.is_async {
            return self.leaf(place);
        }
        match self.choices.below(5) {
            0 => format!("({}).await", self.future(place)),
            1 => format!("{}.await.unwrap_or(6)", self.async_block(place, Returns::Option)),
            2 => format!("{}.await.unwrap_or(7)", self.async_block(place, Returns::Small)),
            3 => format!("{}.await.unwrap_or(8)", self.async_block(place, Returns::Wide)),
            _ => format!(
                "(async |n: i64| -> Option<i64> {{ if n > 2 {{ return None; }} Some(n + w.slow_option({}).await?) }})({}).await.unwrap_or(9)",
                self.event(),
                self.int(&place.deeper())
            ),
        }
    }

    /// A future of an `i64`, which does not start with a brace.
    pub(super) fn future(&mut self, place: &Place) -> String {
        match self.choices.below(4) {
            0 => format!("w.tick({})", self.event()),
            1 | 2 => format!("w.tick_of({}, {})", self.event(), self.int(&place.deeper())),
            _ => self.async_block(place, Returns::Int),
        }
    }

    fn unary(&mut self, place: &Place) -> String {
        let value = self.int(&place.deeper());
        match self.choices.below(6) {
            0 => format!("-({value} & 255)"),
            1 => format!("!{value}"),
            2 => format!("({value} as i32 as i64)"),
            3 => format!("*&{value}"),
            4 => format!("((0..({value} & 3)).count() as i64)"),
            _ => format!("unsafe {{ {value} }}"),
        }
    }

    /// A jump where a value stands.
    fn leaving(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        match self.jump(&deeper) {
            Some(jump) => match self.choices.below(14) {
                0..=5 => format!(
                    "w.option({}).unwrap_or({{ if w.flip({}) {{ {jump} }} 1 }})",
                    self.event(),
                    self.event()
                ),
                12 => format!("add({}, {{ {jump} }})", self.int(&deeper)),
                13 => format!("add({}, {jump})", self.int(&deeper)),
                _ => format!("(if w.flip({}) {{ 3 }} else {{ {jump} }})", self.event()),
            },
            None => self.leaf(place),
        }
    }

    fn polled(&mut self, place: &Place) -> String {
        match place.returns {
            Returns::Wide | Returns::Small => format!("ready(w.poll({})?)", self.event()),
            _ => self.leaf(place),
        }
    }

    /// Items, which keep their jumps.
    fn item(&mut self, place: &Place) -> String {
        let mut inside = place.closure(Returns::Option, false);
        inside.variables.clear();
        let is_async = place.is_async && self.choices.chance(40);
        inside.is_async = is_async;
        let body = self.body_of(&inside);
        let name = self.name("item");
        match (is_async, self.choices.below(2)) {
            (true, _) => format!(
                "{{\nasync fn {name}(w: &World) -> Option<i64> {body}\n{name}(w).await.unwrap_or(3)\n}}"
            ),
            (false, 0) => {
                format!("{{\nfn {name}(w: &World) -> Option<i64> {body}\n{name}(w).unwrap_or(3)\n}}")
            }
            (false, _) => format!(
                "{{\nstruct Item;\nimpl Item {{\nfn {name}(&self, w: &World) -> Option<i64> {body}\n}}\n\
                 Item.{name}(w).unwrap_or(3)\n}}"
            ),
        }
    }

    /// A macro that easynet does not know, with nothing in it that leaves.
    fn unknown(&mut self, place: &Place) -> String {
        let mut inside = place.deeper();
        inside.returns = Returns::Nowhere;
        inside.targets.clear();
        inside.is_read_only = true;
        format!("same!({})", self.int(&inside))
    }
}
