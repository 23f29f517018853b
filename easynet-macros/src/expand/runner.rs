//! `#[easynet::main(..)]` and `#[easynet::test(..)]`.

mod each;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::here;
use crate::errors::Errors;
use crate::model::{
    Backend, Backends, Chosen, Entry, Flavor, FunctionShape, Options, Runner, Schedule, Seeds, Simulation,
};

/// From `#[easynet::main(..)] async fn main() -> T { .. }` to a `fn main()` that holds the async one, as it was written,
/// and runs it.
///
/// A program, or a test, reports its `T` where it ran and returns an exit code: `T` may be what no thread could send to
/// another, such as `Result<(), Box<dyn Error>>`. A function of another name returns the `T` itself.
///
/// A test on several backends is a plain `async fn`, and a module of its name with a test for each.
pub(crate) fn runner(runner: &Runner, errors: &Errors) -> TokenStream {
    match &runner.backends {
        Backends::Each(list) if errors.is_empty() => each::expand(runner, list),
        // Beside a mistake nothing is run.
        Backends::Each(list) => expand_one(runner, list[0], errors),
        Backends::One(chosen) => expand_one(runner, *chosen, errors),
    }
}

fn expand_one(runner: &Runner, chosen: Chosen, errors: &Errors) -> TokenStream {
    let (vis, name) = (runner.vis(), &runner.function.sig.ident);
    let output = if runner.shape == FunctionShape::Runnable {
        output(runner)
    } else {
        runner.output().to_token_stream()
    };
    let (attrs, sig, body) = (
        &runner.function.attrs,
        &runner.function.sig,
        &runner.function.body,
    );
    let test = (runner.entry == Entry::Test).then(test_attribute);
    let fn_token = sig.fn_token;
    let (allow, run) = match runner.shape {
        FunctionShape::Runnable if errors.is_empty() => {
            let call = call(runner, &name.to_token_stream());
            (None, run(runner, chosen, &call, name))
        }
        FunctionShape::Runnable => (None, stand_in(runner)),
        FunctionShape::Uncallable => (
            Some(quote_spanned!(here()=> #[allow(dead_code)])),
            quote_spanned!(here()=> ::core::unreachable!()),
        ),
        FunctionShape::Method => return quote!(#errors #(#attrs)* #vis #sig #body),
    };
    quote! {
        #errors
        #test
        #(#attrs)*
        #vis #fn_token #name() #output {
            #allow
            #sig #body
            #run
        }
    }
}

fn test_attribute() -> TokenStream {
    quote_spanned!(here()=> #[::core::prelude::v1::test])
}

/// What the plain function returns.
fn output(runner: &Runner) -> TokenStream {
    if runner.reports() {
        quote_spanned!(here()=> -> ::std::process::ExitCode)
    } else {
        runner.output().to_token_stream()
    }
}

/// The future of the function at this path.
///
/// What it holds decides whether threads can share it: that shows at the function's name.
fn call(runner: &Runner, path: &TokenStream) -> TokenStream {
    let at = here().located_at(runner.function.sig.ident.span());
    if runner.reports() {
        quote_spanned!(at=> ::easynet::__private::report(#path()))
    } else {
        quote_spanned!(at=> #path())
    }
}

/// Runs a function beside a mistake: not at all, but of the same types.
///
/// The feature of the backend may be missing, and that would be a second error, so any value stands in. It is in a
/// closure only so that the compiler does not warn of what comes behind it.
fn stand_in(runner: &Runner) -> TokenStream {
    let name = &runner.function.sig.ident;
    let at = here().located_at(name.span());
    let (call, options) = (call(runner, &name.to_token_stream()), options(&runner.options));
    let backend = quote_spanned!(at=> (|| ::core::unreachable!())());
    quote_spanned!(at=> ::easynet::__private::bootstrap(#backend, #options, #call))
}

/// Runs the function, once or, in the simulation of a test, as often as there are seeds. `name` is what the test
/// harness knows it by.
fn run(runner: &Runner, chosen: Chosen, call: &TokenStream, name: &Ident) -> TokenStream {
    let at = here().located_at(runner.function.sig.ident.span());
    let options = options(&runner.options);
    let backend = Ident::new(chosen.backend.name(), chosen.span);
    if chosen.backend != Backend::Sim {
        return quote_spanned! {at=>
            ::easynet::__private::bootstrap(::easynet::__builtin_backend!(#backend), #options, #call)
        };
    }
    let (seeds, plan) = (runner.simulation.seeds, plan(&runner.simulation));
    if runner.entry == Entry::Test {
        let seeds = self::seeds(seeds);
        return quote_spanned! {at=>
            ::easynet::__simulated_test!(
                (#options)
                (#plan)
                (#seeds)
                (::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)))
                (|| #call)
            )
        };
    }
    let seed = seed(seeds);
    quote_spanned! {at=>
        ::easynet::__private::bootstrap(::easynet::__builtin_backend!(#backend #seed #plan), #options, #call)
    }
}

/// What a simulation is told, but for its seed.
fn plan(simulation: &Simulation) -> TokenStream {
    let schedule = simulation.schedule.map(|schedule| {
        let schedule = match schedule {
            Schedule::Uniform => quote_spanned!(here()=> Uniform),
            Schedule::Pct => quote_spanned!(here()=> pct()),
        };
        quote_spanned!(here()=> .schedule(::easynet::sim::Schedule::#schedule))
    });
    let step_limit = simulation
        .step_limit
        .map(|limit| quote_spanned!(here()=> .step_limit(#limit)));
    quote_spanned!(here()=> #schedule #step_limit)
}

fn seed(seeds: Seeds) -> Option<TokenStream> {
    match seeds {
        Seeds::Only(seed) => Some(quote_spanned!(here()=> .seed(#seed))),
        Seeds::All | Seeds::Count(_) => None,
    }
}

fn seeds(seeds: Seeds) -> TokenStream {
    match seeds {
        Seeds::All => quote_spanned!(here()=> all),
        Seeds::Only(seed) => quote_spanned!(here()=> only #seed),
        Seeds::Count(count) => quote_spanned!(here()=> count #count),
    }
}

fn options(options: &Options) -> TokenStream {
    let flavor = options.flavor.map(|flavor| {
        let flavor = match flavor {
            Flavor::MultiThread => Ident::new("MultiThread", Span::mixed_site()),
            Flavor::CurrentThread => Ident::new("CurrentThread", Span::mixed_site()),
        };
        quote_spanned!(here()=> .flavor(::easynet::Flavor::#flavor))
    });
    let worker_threads = count("worker_threads", options.worker_threads);
    let thread_name = options
        .thread_name
        .as_ref()
        .map(|name| quote_spanned!(here()=> .thread_name(#name)));
    let max_blocking_threads = count("max_blocking_threads", options.max_blocking_threads);
    let start_paused = options
        .start_paused
        .map(|paused| quote_spanned!(here()=> .start_paused(#paused)));
    quote_spanned! {here()=>
        ::easynet::RunnerOptions::new()
            #flavor #worker_threads #thread_name #max_blocking_threads #start_paused
    }
}

fn count(name: &str, count: Option<usize>) -> Option<TokenStream> {
    let (name, count) = (
        Ident::new(name, here()),
        proc_macro2::Literal::usize_unsuffixed(count?),
    );
    Some(quote_spanned!(here()=> .#name(#count)))
}
