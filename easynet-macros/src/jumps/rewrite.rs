//! The walk over a body.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, Expr, ExprBreak, ExprCall, ExprContinue, ExprMacro, ExprPath, ExprReturn, ExprTry,
    FieldValue, Item, Label, Lifetime, Macro, Pat, Path, Stmt, Token, Type,
};

use super::cfgs::{cfgs, expr_attrs, is_same, leading_attrs};
use super::known::{Family, visit_arguments};
use super::shows;
use super::tokens::{first_await, first_in_tokens_of, hidden_message};
use super::{ENUM_PREFIX, Jumps, Kind};
use crate::errors::stand_in;

/// What keeps a jump inside.
#[derive(Clone)]
pub(super) struct Scope {
    /// Whether an unlabelled `break` stays inside.
    pub(super) in_loop: bool,
    /// The labels that a `break` inside can stay at.
    pub(super) labels: Vec<Ident>,
    /// Whether a `?` stays inside, which it does in a `try` block only.
    in_try: bool,
}

impl Scope {
    pub(super) const fn outermost() -> Self {
        Self {
            in_loop: false,
            labels: Vec::new(),
            in_try: false,
        }
    }
}

/// Turns the jumps out of a body into values.
pub(super) struct Rewriter {
    pub(super) jumps: Jumps,
    /// The first jump in a macro that easynet cannot see into.
    pub(super) hidden: Option<Span>,
    scope: Scope,
    cfgs: Vec<Attribute>,
}

impl Rewriter {
    pub(super) fn new(name: Ident) -> Self {
        Self::within(name, Scope::outermost())
    }

    pub(super) fn within(name: Ident, scope: Scope) -> Self {
        Self {
            jumps: Jumps::new(name),
            hidden: None,
            scope,
            cfgs: Vec::new(),
        }
    }

    pub(super) fn rewrite(&mut self, value: &mut Expr) {
        self.visit_expr_mut(value);
    }

    /// Walks over what is in a loop or a labelled block.
    fn within_label(&mut self, label: Option<&Label>, is_loop: bool, walk: impl FnOnce(&mut Self)) {
        let outer = self.scope.clone();
        self.scope
            .labels
            .extend(label.map(|label| label.name.ident.clone()));
        self.scope.in_loop |= is_loop;
        walk(self);
        self.scope = outer;
    }

    fn with_cfgs(&mut self, attrs: &[Attribute], walk: impl FnOnce(&mut Self)) {
        let outer = self.cfgs.len();
        for cfg in cfgs(attrs) {
            // A statement and the expression it starts with share their attributes.
            if !self.cfgs.iter().any(|known| is_same(known, &cfg)) {
                self.cfgs.push(cfg);
            }
        }
        walk(self);
        self.cfgs.truncate(outer);
    }

    fn stays_inside(&self, label: Option<&Lifetime>) -> bool {
        match label {
            Some(label) => self.scope.labels.contains(&label.ident),
            None => self.scope.in_loop,
        }
    }

    /// What is written in place of a jump: the `return` of its variant.
    fn leave(&mut self, kind: Kind, span: Span, value: Option<&Expr>) -> Expr {
        let name = self.jumps.name.clone();
        let jump = self
            .jumps
            .add(kind, span, value.is_some_and(may_fail), &self.cfgs);
        let variant = &jump.variant;
        let at = Span::mixed_site().located_at(span);
        let jump = match value {
            Some(value) if jump.kind.has_typed_payload() => {
                let leaving = jump.leaving();
                quote_spanned!(at=> #name::#variant(::easynet::__private::Left { leaving: &#leaving, value: #value }.value))
            }
            Some(value) => quote_spanned!(at=> #name::#variant(#value)),
            None => quote_spanned!(at=> #name::#variant),
        };
        let broken: Expr = syn::parse_quote_spanned!(at=> ::easynet::__private::ControlFlow::Break(#jump));
        Expr::Return(ExprReturn {
            attrs: Vec::new(),
            return_token: Token![return](at),
            expr: Some(Box::new(broken)),
        })
    }

    /// What to say of tokens that cannot be read as Rust, if there is a jump in them.
    fn unread(&mut self, tokens: &TokenStream) -> Option<Expr> {
        let (span, jump) = first_in_tokens_of(tokens, &self.scope)?;
        self.hidden.get_or_insert(span);
        let message = format!("easynet does not know the syntax around this `{jump}`");
        Some(stand_in(span, &message))
    }

    fn leave_question(&mut self, value: &impl ToTokens, span: Span) -> Expr {
        let at = Span::mixed_site().located_at(span);
        let residual: Expr = syn::parse_quote_spanned!(at=> residual);
        let leave = self.leave(Kind::Question, span, Some(&residual));
        // The parentheses keep the `match` an operand where a statement could start with it.
        Expr::Verbatim(quote_spanned! {at=>
            (match ::easynet::__private::branch(#value) {
                ::easynet::__private::ControlFlow::Continue(value) => value,
                ::easynet::__private::ControlFlow::Break(#residual) => #leave,
            })
        })
    }

    /// `return value`, or a jump of an outer easynet macro on its way through.
    fn leave_return(&mut self, expr: &ExprReturn) -> Expr {
        let span = expr.return_token.span;
        match expr.expr.as_deref() {
            None => self.leave(Kind::Return { has_value: false }, span, None),
            Some(value) => match Outer::find(value) {
                Some(Outer { variant, payload }) => {
                    let kind = Kind::Through {
                        variant: variant.clone(),
                        has_value: payload.is_some(),
                    };
                    self.leave(kind, span, payload)
                }
                None => self.leave(Kind::Return { has_value: true }, span, Some(value)),
            },
        }
    }

    fn leave_break(&mut self, expr: &ExprBreak) -> Expr {
        let kind = Kind::Break {
            label: expr.label.clone(),
            has_value: expr.expr.is_some(),
        };
        self.leave(kind, expr.break_token.span, expr.expr.as_deref())
    }

    fn leave_continue(&mut self, expr: &ExprContinue) -> Expr {
        let kind = Kind::Continue {
            label: expr.label.clone(),
        };
        self.leave(kind, expr.continue_token.span, None)
    }

    /// `bail!(..)` and `ensure!(..)`, which return an error: called in a closure, whose result gets a `?`.
    fn leave_macro(&mut self, mac: &Macro, family: Family) -> Expr {
        let span = mac
            .path
            .segments
            .last()
            .map_or_else(Span::mixed_site, |segment| segment.ident.span());
        if let Some(awaited) = first_await(mac.tokens.clone()) {
            let message =
                "easynet cannot await inside this macro: bind the awaited value to a variable first";
            return stand_in(awaited, message);
        }
        let at = Span::mixed_site().located_at(span);
        if matches!(family, Family::Bail) {
            let never = quote_spanned! {at=>
                (|| -> ::core::result::Result<::easynet::__private::Infallible, _> { #mac; })()
            };
            let never = self.leave_question(&never, span);
            return Expr::Verbatim(quote_spanned!(at=> (match #never {})));
        }
        let checked = quote_spanned! {at=>
            (|| -> ::core::result::Result<(), _> { #mac; ::core::result::Result::Ok(()) })()
        };
        self.leave_question(&checked, span)
    }

    /// A macro that easynet cannot see into: nothing may jump out of it.
    fn check_unknown(&mut self, mac: &mut Macro) {
        self.jumps.has_unknown_macros = true;
        if let Some((span, jump)) = first_in_tokens_of(&mac.tokens, &self.scope) {
            self.hidden.get_or_insert(span);
            *mac = reported(span, &hidden_message(mac, jump));
        }
    }
}

/// A macro call that shows `message` at `span`.
pub(crate) fn reported(span: Span, message: &str) -> Macro {
    syn::parse_quote_spanned!(span=> ::core::compile_error!(#message))
}

/// The `return` that an outer easynet macro has written in place of a jump.
struct Outer<'a> {
    variant: &'a Path,
    payload: Option<&'a Expr>,
}

impl<'a> Outer<'a> {
    /// Reads `::easynet::__private::ControlFlow::Break(__Jump0::Variant(payload))`.
    fn find(value: &'a Expr) -> Option<Self> {
        let Expr::Call(ExprCall { func, args, .. }) = value else {
            return None;
        };
        if !matches!(&**func, Expr::Path(path) if path.path.segments.last()?.ident == "Break") {
            return None;
        }
        let (path, payload) = match args.first()? {
            Expr::Call(ExprCall { func, args, .. }) => match &**func {
                Expr::Path(path) => (path, Some(args.first()?)),
                _ => return None,
            },
            Expr::Path(path) => (path, None),
            _ => return None,
        };
        is_generated(path).then_some(Self {
            variant: &path.path,
            payload,
        })
    }
}

/// Whether a value that a jump takes along may be an error, as far as one can see.
fn may_fail(value: &Expr) -> bool {
    match value {
        Expr::Call(ExprCall { func, .. }) => {
            !matches!(&**func, Expr::Path(path) if path.path.is_ident("Ok") || path.path.is_ident("Some"))
        }
        Expr::Path(path) => !path.path.is_ident("None"),
        // What an outer macro has made of a value.
        Expr::Field(field) => match &*field.base {
            Expr::Struct(left) if left.path.segments.last().is_some_and(|last| last.ident == "Left") => {
                left.fields.last().is_none_or(|field| may_fail(&field.expr))
            }
            _ => true,
        },
        Expr::Array(_)
        | Expr::Binary(_)
        | Expr::Cast(_)
        | Expr::Closure(_)
        | Expr::Lit(_)
        | Expr::Range(_)
        | Expr::Reference(_)
        | Expr::Repeat(_)
        | Expr::Struct(_)
        | Expr::Tuple(_)
        | Expr::Unary(_) => false,
        _ => true,
    }
}

fn is_generated(path: &ExprPath) -> bool {
    path.path.segments.len() == 2 && path.path.segments[0].ident.to_string().starts_with(ENUM_PREFIX)
}

impl VisitMut for Rewriter {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let attrs = expr_attrs(expr).to_vec();
        self.with_cfgs(&attrs, |this| this.visit_expr_without_attrs(expr));
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        // The statement is kept, for whoever completes in it. The compiler comes to the message if it can read the statement.
        if let Stmt::Expr(Expr::Verbatim(tokens), _) = stmt
            && let Some(message) = self.unread(tokens)
        {
            *tokens = quote!(#message; #tokens);
            return;
        }
        // A macro in the place of a statement may stand for an expression that leaves.
        if let Stmt::Macro(statement) = stmt
            && (matches!(Family::of(&statement.mac.path), Family::Bail | Family::Ensure)
                || shows::is_dbg(&statement.mac))
        {
            let semicolon = statement.semi_token.unwrap_or_default();
            let expr = ExprMacro {
                attrs: statement.attrs.clone(),
                mac: statement.mac.clone(),
            };
            *stmt = Stmt::Expr(Expr::Macro(expr), Some(semicolon));
        }
        let attrs = match stmt {
            Stmt::Local(local) => local.attrs.clone(),
            Stmt::Macro(statement) => statement.attrs.clone(),
            Stmt::Expr(expr, _) => leading_attrs(expr).to_vec(),
            Stmt::Item(_) => Vec::new(),
        };
        self.with_cfgs(&attrs, |this| visit_mut::visit_stmt_mut(this, stmt));
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        let attrs = arm.attrs.clone();
        self.with_cfgs(&attrs, |this| visit_mut::visit_arm_mut(this, arm));
    }

    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        let attrs = field.attrs.clone();
        self.with_cfgs(&attrs, |this| visit_mut::visit_field_value_mut(this, field));
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        let before = mac.tokens.clone();
        match Family::of(&mac.path) {
            Family::Opaque => {}
            family if visit_arguments(mac, family, self) => shows::keep_condition(&before, mac),
            // An easynet macro that cannot be read tells so itself.
            Family::Easynet => {}
            _ => self.check_unknown(mac),
        }
    }

    // Invariant 1: these have no jumps out of the body.
    fn visit_item_mut(&mut self, _: &mut Item) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
    fn visit_pat_mut(&mut self, _: &mut Pat) {}
    fn visit_path_mut(&mut self, _: &mut Path) {}
}

impl Rewriter {
    fn visit_expr_without_attrs(&mut self, expr: &mut Expr) {
        match expr {
            // Invariant 1: what is in these is not run by the body, or not by it alone.
            Expr::Closure(_) | Expr::Async(_) | Expr::Const(_) => {}
            Expr::TryBlock(block) => {
                let outer = std::mem::replace(&mut self.scope.in_try, true);
                self.visit_block_mut(&mut block.block);
                self.scope.in_try = outer;
            }
            Expr::Loop(expr) => {
                let label = expr.label.clone();
                self.within_label(label.as_ref(), true, |this| this.visit_block_mut(&mut expr.body));
            }
            Expr::While(expr) => {
                let label = expr.label.clone();
                // The compiler forbids a `break` in a condition: it is left alone, for the compiler to say so.
                self.within_label(label.as_ref(), true, |this| {
                    this.visit_expr_mut(&mut expr.cond);
                    this.visit_block_mut(&mut expr.body);
                });
            }
            Expr::ForLoop(expr) => {
                // The iterator is made before the loop starts, so a `break` in it leaves an outer loop.
                self.visit_expr_mut(&mut expr.expr);
                let label = expr.label.clone();
                self.within_label(label.as_ref(), true, |this| this.visit_block_mut(&mut expr.body));
            }
            Expr::Block(expr) => {
                let label = expr.label.clone();
                self.within_label(label.as_ref(), false, |this| {
                    this.visit_block_mut(&mut expr.block)
                });
            }
            // The length is a constant.
            Expr::Repeat(expr) => self.visit_expr_mut(&mut expr.expr),
            Expr::Verbatim(tokens) => {
                if let Some(message) = self.unread(tokens) {
                    *expr = message;
                }
            }
            Expr::Macro(mac) => match Family::of(&mac.mac.path) {
                family @ (Family::Bail | Family::Ensure) => {
                    if let Some((span, jump)) = first_in_tokens_of(&mac.mac.tokens, &self.scope) {
                        self.hidden.get_or_insert(span);
                        *expr = stand_in(span, &hidden_message(&mac.mac, jump));
                    } else {
                        *expr = self.leave_macro(&mac.mac.clone(), family);
                    }
                }
                _ if shows::is_dbg(&mac.mac) => {
                    let before = mac.mac.clone();
                    self.visit_macro_mut(&mut mac.mac);
                    if let Some(shown) = shows::dbg(&before, &mac.mac) {
                        *expr = shown;
                    }
                }
                _ => self.visit_macro_mut(&mut mac.mac),
            },
            _ => {
                visit_mut::visit_expr_mut(self, expr);
                self.replace(expr);
            }
        }
    }

    /// Replaces an expression that jumps; its parts have been walked over.
    fn replace(&mut self, expr: &mut Expr) {
        let (attrs, jump) = match expr {
            Expr::Try(ExprTry {
                attrs,
                expr,
                question_token,
            }) if !self.scope.in_try => (attrs.clone(), self.leave_question(expr, question_token.span)),
            Expr::Return(expr) => (expr.attrs.clone(), self.leave_return(expr)),
            Expr::Break(expr) if !self.stays_inside(expr.label.as_ref()) => {
                (expr.attrs.clone(), self.leave_break(expr))
            }
            Expr::Continue(expr) if !self.stays_inside(expr.label.as_ref()) => {
                (expr.attrs.clone(), self.leave_continue(expr))
            }
            _ => return,
        };
        *expr = if attrs.is_empty() {
            jump
        } else {
            Expr::Verbatim(quote::quote!(#(#attrs)* #jump))
        };
    }
}
