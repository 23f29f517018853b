//! The body of a block macro: a block, or a future to await.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Block, Expr, ExprBlock, Path, Stmt, Token};

use crate::jumps::Family;

/// What a macro runs.
pub(crate) struct Body {
    pub(crate) value: Expr,
    /// Whether the value is a future, to be awaited inside. A block is not: it is the body itself. Nor is another macro
    /// of easynet.
    pub(crate) is_awaited: bool,
}

impl Body {
    /// Reads a body; fails if there is no expression at all.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Some((group, rest)) = input.cursor().token_tree()
            && let TokenTree::Group(group) = group
            && group.delimiter() == Delimiter::Brace
            && (rest.eof() || rest.punct().is_some_and(|(punct, _)| punct.as_char() == ','))
        {
            input.parse::<TokenTree>()?;
            let mut value = parse_block(TokenTree::Group(group.clone()).into(), &group);
            quieten(&mut value);
            return Ok(Self {
                value,
                is_awaited: false,
            });
        }
        let value = unwrapped(input.parse()?);
        let is_awaited = match &value {
            Expr::Block(_) => false,
            // It runs what is in it itself, and yields no future.
            Expr::Macro(expr) if is_ours(&expr.mac.path) => false,
            Expr::While(expr) => return Err(no_future(expr.while_token.span)),
            Expr::ForLoop(expr) => return Err(no_future(expr.for_token.span)),
            _ => true,
        };
        Ok(Self { value, is_awaited })
    }
}

/// Whether a path names a macro of easynet, and hardly one of others.
fn is_ours(path: &Path) -> bool {
    let is_near = path.segments.len() == 1
        || path
            .segments
            .first()
            .is_some_and(|first| first.ident == "easynet");
    is_near && Family::of(path) == Family::Easynet
}

/// The expression itself, where a `macro_rules!` of the user passes it on as `$body`.
fn unwrapped(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => unwrapped(*group.expr),
        value => value,
    }
}

/// Marks the braces of a body as the macro's, so that no lint finds them unnecessary.
fn quieten(value: &mut Expr) {
    if let Expr::Block(block) = value {
        let span = block.block.brace_token.span.join();
        block.block.brace_token = syn::token::Brace(Span::mixed_site().located_at(span));
    }
}

fn no_future(span: Span) -> syn::Error {
    syn::Error::new(span, "a loop is not a future: put braces around it")
}

/// Reads a block. A statement that cannot be read is left to the compiler, whose message is the better one and who
/// may know syntax that is newer than this crate, and to the editor, which completes in it.
///
/// If there is a jump in it, `jumps` tells that as a mistake.
fn parse_block(tokens: TokenStream, group: &proc_macro2::Group) -> Expr {
    if let Ok(block) = syn::parse2::<ExprBlock>(tokens) {
        return Expr::Block(block);
    }
    let mut stmts = Vec::new();
    for (statement, semicolon) in split_statements(group.stream()) {
        let with_semicolon = quote!(#statement #semicolon);
        match Block::parse_within.parse2(with_semicolon) {
            Ok(parsed) => stmts.extend(parsed),
            Err(_) => stmts.push(Stmt::Expr(Expr::Verbatim(statement), semicolon)),
        }
    }
    let brace_token = syn::token::Brace {
        span: group.delim_span(),
    };
    Expr::Block(ExprBlock {
        attrs: Vec::new(),
        label: None,
        block: Block { brace_token, stmts },
    })
}

/// Cuts the content of a block at its semicolons, which always end a statement.
fn split_statements(tokens: TokenStream) -> Vec<(TokenStream, Option<Token![;]>)> {
    let mut statements = Vec::new();
    let mut statement = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => {
                let semicolon = Token![;](punct.span());
                statements.push((std::mem::take(&mut statement), Some(semicolon)));
            }
            token => statement.extend([token]),
        }
    }
    if !statement.is_empty() {
        statements.push((statement, None));
    }
    statements
}
