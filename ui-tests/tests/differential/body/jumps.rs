//! `return`, `break`, `continue` and `?`.

use std::fmt::Write;

use super::{Generator, Place, Returns, Target, TargetKind, Yields};

pub(super) const LABELS: [&str; 3] = ["'a", "'b", "'c"];

/// The label in front of a loop or a block.
pub(super) fn head(label: Option<&'static str>) -> String {
    label.map_or(String::new(), |label| format!("{label}: "))
}

/// A way to leave to a target: with its label, or without.
struct Way {
    target: Target,
    label: Option<&'static str>,
}

impl Place {
    /// The ways that `break` and `continue` can go.
    fn ways(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        let mut hidden = Vec::new();
        for (index, target) in self.targets.iter().rev().enumerate() {
            let is_innermost = index == 0;
            let takes_unlabelled = matches!(target.kind, TargetKind::Loop(_) | TargetKind::While);
            if is_innermost && takes_unlabelled {
                ways.push(Way {
                    target: target.clone(),
                    label: None,
                });
            }
            if let Some(label) = target.label
                && !hidden.contains(&label)
            {
                hidden.push(label);
                ways.push(Way {
                    target: target.clone(),
                    label: Some(label),
                });
            }
        }
        ways
    }
}

impl Generator {
    pub(super) fn can_leave(&self, place: &Place) -> bool {
        place.returns != Returns::Nowhere || !place.ways().is_empty()
    }

    /// An expression that leaves, if there is anywhere to go.
    pub(super) fn jump(&mut self, place: &Place) -> Option<String> {
        let ways = place.ways();
        let can_return = place.returns != Returns::Nowhere;
        if !ways.is_empty() && (!can_return || self.choices.chance(65)) {
            let index = self.choices.below(ways.len());
            return Some(self.leave(place, &ways[index]));
        }
        can_return.then(|| self.leave_function(place))
    }

    /// A statement from which several ways lead.
    pub(super) fn crossroads(&mut self, place: &Place) -> String {
        let mut arms = String::new();
        for way in 1..=3 + self.choices.below(3) {
            if let Some(jump) = self.jump(place) {
                let _ = writeln!(arms, "{way} => {jump},");
            }
        }
        format!("match w.take({}) {{\n{arms}_ => {{}}\n}}\n", self.event())
    }

    fn leave(&mut self, place: &Place, way: &Way) -> String {
        let label = way.label.map_or(String::new(), |label| format!(" {label}"));
        let yields = match way.target.kind {
            TargetKind::While | TargetKind::Loop(_) if self.choices.chance(40) => {
                return format!("continue{label}");
            }
            TargetKind::While | TargetKind::Condition => return format!("break{label}"),
            TargetKind::Loop(yields) | TargetKind::Block(yields) => yields,
        };
        match yields {
            Yields::Unit => format!("break{label}"),
            Yields::Int => {
                let value = self.int(&place.deeper());
                // Behind a label, the compiler takes an operator for the label's.
                format!("break{label} ({value})")
            }
            Yields::Display => format!("break{label} {}", self.display(place)),
        }
    }

    /// An expression that coerces to `Box<dyn Display + Send>`.
    pub(super) fn display(&mut self, place: &Place) -> String {
        match self.choices.below(4) {
            0 => String::from("Box::new(1u8)"),
            1 => format!("Box::new({})", self.int(&place.deeper())),
            2 => String::from("Box::new(\"text\")"),
            _ => format!("Box::new(w.text({}))", self.event()),
        }
    }

    fn leave_function(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        let kind = self.choices.below(6);
        match place.returns {
            Returns::Wide => match kind {
                0 => format!("return Ok({})", self.int(&deeper)),
                1 => format!("return Err(Wide::Small(Small({})))", self.int(&deeper)),
                2 => format!("return Err(Small({}).into())", self.event()),
                3 => format!("return w.wide({})", self.event()),
                4 => format!("return Ok(w.small({})?)", self.event()),
                _ => format!("return Err(Wide::Text(format!(\"{{}}\", {})))", self.int(&deeper)),
            },
            Returns::Boxed => match kind {
                0 => format!("return Ok({})", self.int(&deeper)),
                1 => format!("return Err(Box::new(Small({})))", self.int(&deeper)),
                2 => String::from("return Err(\"text\".into())"),
                3 => format!("return w.boxed({})", self.event()),
                4 => format!("return Ok(w.number({})?)", self.event()),
                _ => format!("return Err(Small({}))?", self.int(&deeper)),
            },
            Returns::Small => match kind {
                0 | 1 => format!("return Ok({})", self.int(&deeper)),
                2 | 3 => format!("return Err(Small({}))", self.int(&deeper)),
                _ => format!("return w.small({})", self.event()),
            },
            Returns::Option => match kind {
                0 | 1 => String::from("return None"),
                2 | 3 => format!("return Some({})", self.int(&deeper)),
                4 => format!("return w.option({})", self.event()),
                _ => String::from("return Default::default()"),
            },
            Returns::Flow => match kind {
                0 | 1 => format!("return ControlFlow::Break({})", self.int(&deeper)),
                2 | 3 => format!("return ControlFlow::Continue({})", self.int(&deeper)),
                _ => format!("return w.flow({})", self.event()),
            },
            Returns::Int => match kind {
                0..=3 => format!("return {}", self.int(&deeper)),
                4 => String::from("return 7"),
                _ => format!("return w.take({}).into()", self.event()),
            },
            Returns::Unit | Returns::Nowhere => match kind {
                0..=2 => String::from("return"),
                3 => String::from("return ()"),
                _ => format!("return drop({})", self.int(&deeper)),
            },
        }
    }

    /// An `i64` that `?` yields, if the function allows one.
    pub(super) fn question(&mut self, place: &Place) -> Option<String> {
        let operand = match place.returns {
            Returns::Wide | Returns::Boxed | Returns::Small => self.result(place),
            Returns::Option => self.maybe(place),
            Returns::Flow => match (place.is_async, self.choices.below(3)) {
                (true, 1) => format!("w.slow_flow({}).await", self.event()),
                (_, 2) => format!("ControlFlow::<i64, i64>::Continue({})", self.int(&place.deeper())),
                _ => format!("w.flow({})", self.event()),
            },
            Returns::Int | Returns::Unit | Returns::Nowhere => return None,
        };
        Some(format!("{operand}?"))
    }

    /// A `Result<i64, _>` whose error converts to that of the function.
    fn result(&mut self, place: &Place) -> String {
        let deeper = place.deeper();
        let widens = place.returns != Returns::Small;
        let kind = self.choices.below(16);
        match kind {
            0 | 1 => format!("w.small({})", self.event()),
            2 if place.is_async => format!("w.slow_small({}).await", self.event()),
            3 if widens => format!("w.number({})", self.event()),
            4 if widens => format!("w.text({}).parse::<i64>()", self.event()),
            5 if widens => format!("w.wide({})", self.event()),
            6 if place.returns == Returns::Boxed => format!("w.boxed({})", self.event()),
            7 if widens => format!("w.double({})?", self.event()),
            8 => format!("w.small_of({}, {})", self.event(), self.int(&deeper)),
            9 => format!("w.guard({}).small({})", self.event(), self.event()),
            10 => format!("w.option({}).ok_or(Small({}))", self.event(), self.event()),
            11 => format!("Ok::<i64, Small>({})", self.int(&deeper)),
            12 if place.is_async => {
                let block = self.async_block(place, Returns::Small);
                format!("{block}.await")
            }
            13 => format!(
                "(|| -> Result<i64, Small> {})()",
                self.closure_block(place, Returns::Small)
            ),
            14 if widens => format!(
                "w.option({}).ok_or_else(|| \"n\".parse::<i64>().unwrap_err())",
                self.event()
            ),
            15 => {
                let condition = self.condition(&deeper);
                format!(
                    "(if {condition} {{ w.small({}) }} else {{ Ok({}) }})",
                    self.event(),
                    self.int(&deeper)
                )
            }
            _ => format!("w.small({})", self.event()),
        }
    }
}
