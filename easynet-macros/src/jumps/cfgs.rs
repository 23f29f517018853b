//! The `#[cfg]`s around a jump.

use quote::ToTokens;
use syn::{Attribute, Expr};

/// Those of `attrs` that may compile what is below them out.
pub(super) fn cfgs(attrs: &[Attribute]) -> impl Iterator<Item = Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned()
}

pub(super) fn are_same(left: &[Attribute], right: &[Attribute]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
}

pub(super) fn is_same(left: &Attribute, right: &Attribute) -> bool {
    left.to_token_stream().to_string() == right.to_token_stream().to_string()
}

macro_rules! attrs_of {
    ($expr:ident: $($kind:ident)*) => {
        match $expr {
            $(Expr::$kind(expr) => &expr.attrs,)*
            _ => &[],
        }
    };
}

/// The attributes of an expression.
pub(super) fn expr_attrs(expr: &Expr) -> &[Attribute] {
    attrs_of!(expr: Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop Group
        If Index Infer Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct Try
        TryBlock Tuple Unary Unsafe While Yield)
}

/// The attributes of a statement: those of what it starts with.
pub(super) fn leading_attrs(mut expr: &Expr) -> &[Attribute] {
    loop {
        expr = match expr {
            Expr::Assign(assign) => &assign.left,
            Expr::Binary(binary) => &binary.left,
            Expr::Cast(cast) => &cast.expr,
            Expr::Range(range) => match &range.start {
                Some(start) => start,
                None => return &[],
            },
            _ => return expr_attrs(expr),
        };
    }
}
