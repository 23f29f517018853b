//! A test on several backends.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Attribute, Meta};

use super::super::here;
use super::{call, output, run, test_attribute};
use crate::model::{Chosen, Runner};

/// From `#[easynet::test(backend = ["tokio", "sim"])] async fn name() { .. }` to the function as it was written, and a
/// module of the same name with a test for each backend: `name::tokio` and `name::sim`.
pub(super) fn expand(runner: &Runner, list: &[Chosen]) -> TokenStream {
    let (vis, sig, body) = (runner.vis(), &runner.function.sig, &runner.function.body);
    let attrs = &runner.function.attrs;
    let on_function = attrs.iter().filter(|attr| !Owner::of(attr).is_tests());
    let on_tests: Vec<_> = attrs
        .iter()
        .filter(|attr| !Owner::of(attr).is_function())
        .collect();
    let name = &sig.ident;
    let (test, output) = (test_attribute(), output(runner));
    let tests = list.iter().map(|chosen| {
        let test_name = Ident::new(chosen.backend.name(), here().located_at(chosen.span));
        let at = here().located_at(name.span());
        let call = call(runner, &quote_spanned!(at=> super::#name));
        let run = run(runner, *chosen, &call, &test_name);
        quote_spanned!(here()=> #test #(#on_tests)* fn #test_name() #output { #run })
    });
    // Without the tests, nobody would use the function.
    let only_tested = quote_spanned!(here()=> #[cfg(test)]);
    quote! {
        #only_tested
        #(#on_function)*
        #vis #sig #body

        mod #name { #(#tests)* }
    }
}

/// Where an attribute belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Function,
    Tests,
    Both,
}

impl Owner {
    fn of(attribute: &Attribute) -> Self {
        Self::of_name(attribute, &|name| attribute.path().is_ident(name))
    }

    /// Lints and documentation are about what is written, the rest about how it is tested.
    fn of_name(attribute: &Attribute, is: &dyn Fn(&str) -> bool) -> Self {
        let is_any = |names: &[&str]| names.iter().any(|name| is(name));
        if is("cfg") {
            Self::Both
        } else if is_any(&["allow", "expect", "warn", "deny", "forbid", "doc"]) {
            Self::Function
        } else if is("cfg_attr") {
            match added(attribute) {
                Some(name) if name != "cfg_attr" => Self::of_name(attribute, &|known| name == known),
                _ => Self::Tests,
            }
        } else {
            Self::Tests
        }
    }

    fn is_tests(self) -> bool {
        self == Self::Tests
    }

    fn is_function(self) -> bool {
        self == Self::Function
    }
}

/// The attribute that a `cfg_attr` may add: what follows its first comma.
fn added(attribute: &Attribute) -> Option<Ident> {
    let Meta::List(list) = &attribute.meta else {
        return None;
    };
    let mut tokens = list
        .tokens
        .clone()
        .into_iter()
        .skip_while(|token| !matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
    match tokens.nth(1)? {
        TokenTree::Ident(name) => Some(name),
        _ => None,
    }
}
