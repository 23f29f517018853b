//! Loops that never end, where nothing could end them from outside.

use proc_macro2::Ident;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprCall, ExprLoop, Item, Label, Lifetime, Macro, Pat, Stmt, Type};

use crate::errors::Errors;
use crate::jumps::{Family, visit_arguments};
use crate::parse::Body;

/// Reports a shield whose body ends in a loop that nothing leaves; only where that is certain.
pub(super) fn forbid(body: &mut Body, errors: &mut Errors) {
    let Some(last) = last_loop(&body.value) else {
        return;
    };
    let mut inside = Inside::of(last);
    inside.visit_block_mut(&mut last.body.clone());
    if inside.is_left {
        return;
    }
    errors.push(
        last.loop_token,
        "this loop never ends, and the shield around it keeps it from being cancelled: \
         put the shield inside of it, as in `loop { shield!({ .. }) }`",
    );
    // Not awaited: one mistake is enough.
    body.is_awaited = false;
}

/// The loop that an expression ends in.
fn last_loop(expr: &Expr) -> Option<&ExprLoop> {
    match expr {
        // What is under an attribute may be compiled out.
        Expr::Loop(expr) if expr.attrs.is_empty() => Some(expr),
        Expr::Block(expr) if expr.attrs.is_empty() => match expr.block.stmts.last()? {
            Stmt::Expr(expr, _) => last_loop(expr),
            _ => None,
        },
        _ => None,
    }
}

/// Looks for what may leave a loop.
struct Inside {
    is_left: bool,
    /// How many loops there are between.
    depth: usize,
    /// The labels of what is inside.
    labels: Vec<Ident>,
    /// The label of the loop itself.
    own: Option<Ident>,
}

impl Inside {
    fn of(outermost: &ExprLoop) -> Self {
        Self {
            is_left: false,
            depth: 0,
            labels: Vec::new(),
            own: outermost.label.as_ref().map(|label| label.name.ident.clone()),
        }
    }

    fn knows(&self, label: &Lifetime) -> bool {
        self.labels.contains(&label.ident)
    }

    fn within(&mut self, label: Option<&Label>, loops: usize, walk: impl FnOnce(&mut Self)) {
        let known = self.labels.len();
        self.labels.extend(label.map(|label| label.name.ident.clone()));
        self.depth += loops;
        walk(self);
        self.depth -= loops;
        self.labels.truncate(known);
    }
}

impl VisitMut for Inside {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            // Nothing that is written in these leaves the loop.
            Expr::Closure(_) | Expr::Async(_) | Expr::Const(_) => {}
            Expr::Return(_) | Expr::Try(_) | Expr::Yield(_) | Expr::Verbatim(_) => self.is_left = true,
            Expr::Break(expr) => {
                self.is_left |= match &expr.label {
                    None => self.depth == 0,
                    Some(label) => !self.knows(label),
                };
            }
            Expr::Continue(expr) => {
                self.is_left |= expr
                    .label
                    .as_ref()
                    .is_some_and(|label| !self.knows(label) && self.own.as_ref() != Some(&label.ident));
            }
            Expr::Loop(expr) => {
                let label = expr.label.clone();
                self.within(label.as_ref(), 1, |this| this.visit_block_mut(&mut expr.body));
            }
            Expr::While(expr) => {
                let label = expr.label.clone();
                self.within(label.as_ref(), 1, |this| {
                    this.visit_expr_mut(&mut expr.cond);
                    this.visit_block_mut(&mut expr.body);
                });
            }
            Expr::ForLoop(expr) => {
                self.visit_expr_mut(&mut expr.expr);
                let label = expr.label.clone();
                self.within(label.as_ref(), 1, |this| this.visit_block_mut(&mut expr.body));
            }
            Expr::Block(expr) => {
                let label = expr.label.clone();
                self.within(label.as_ref(), 0, |this| this.visit_block_mut(&mut expr.block));
            }
            Expr::Call(call) if ends_the_program(call) => self.is_left = true,
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        let family = Family::of(&mac.path);
        self.is_left |= match family {
            Family::Opaque => false,
            Family::Bail | Family::Ensure | Family::Unknown => true,
            _ => may_panic(mac) || !visit_arguments(mac, family, self),
        };
    }

    // None of these is run by the loop, or could leave it.
    fn visit_item_mut(&mut self, _: &mut Item) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
    fn visit_pat_mut(&mut self, _: &mut Pat) {}
}

/// `std::process::exit(..)` and the like.
fn ends_the_program(call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| {
        ["exit", "abort", "panic_any", "resume_unwind"]
            .iter()
            .any(|name| last.ident == name)
    })
}

/// Whether a macro is there to panic.
fn may_panic(mac: &Macro) -> bool {
    let name = mac.path.segments.last().map(|last| last.ident.to_string());
    name.is_some_and(|name| {
        name.contains("assert") || ["panic", "todo", "unimplemented", "unreachable"].contains(&name.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_told(body: &str) -> bool {
        let mut body = Body {
            value: syn::parse_str(body).expect("an expression"),
            is_awaited: false,
        };
        let mut errors = Errors::default();
        forbid(&mut body, &mut errors);
        !errors.is_empty()
    }

    #[test]
    fn a_loop_that_nothing_leaves_is_told() {
        for body in [
            "{ loop { tick().await; } }",
            "loop {}",
            "{ prepare(); loop { tick().await } }",
            "{ loop { tick().await; }; }",
            "{ { loop {} } }",
            "'a: { loop { loop { break; } } }",
            "{ 'a: loop { continue 'a } }",
            "{ loop { 'b: loop { break 'b } } }",
            "{ loop { 'b: { break 'b } } }",
            "{ loop { for a in b { break } while c { continue } } }",
            "{ loop { let f = || return; async { a?; return }; } }",
            "{ loop { println!(\"{}\", a); with_timeout!(5s, { tick().await }); } }",
            "{ if a { return } loop {} }",
        ] {
            assert!(is_told(body), "{body}");
        }
    }

    #[test]
    fn a_loop_that_may_be_left_is_not() {
        for body in [
            "{ loop { if a { break } } }",
            "{ loop { tick().await? } }",
            "{ loop { return } }",
            "{ 'a: loop { loop { break 'a } } }",
            "'a: { loop { break 'a } }",
            "{ loop { loop { break 'outer } } }",
            "{ loop { continue 'outer } }",
            "{ loop { for a in { break; b } {} } }",
            "{ loop { with_timeout!(5s, { break }); } }",
            "{ loop { println!(\"{}\", a?) } }",
            "{ loop { unknown!() } }",
            "{ loop { panic!() } }",
            "{ loop { assert!(a) } }",
            "{ loop { std::process::exit(0) } }",
            "{ #[cfg(a)] loop {} }",
            "{ loop {} a }",
            "{ while true {} }",
            "a",
        ] {
            assert!(!is_told(body), "{body}");
        }
    }
}
