//! What runs at the same time.
//!
//! ```text
//! from: race!(recv(), |text| print(text), { sleep(1).await; return })
//! to:   {
//!           enum __Jump0<> { Return0 }
//!           let outcome = match (recv(),) {
//!               (future_0,) => {
//!                   let outcome = race(Then::new(
//!                       async move { future_0.await },
//!                       Branch::new(async { .. }),
//!                   )).await;
//!                   outcome
//!               }
//!           };
//!           match outcome {
//!               Which::This(value) => { let text = value; print(text) }
//!               Which::Later(Continue(value)) => value,
//!               Which::Later(Break(__Jump0::Return0)) => return,
//!           }
//!       }
//! ```
//!
//! The futures are evaluated in the head of a `match`, so that what they borrow from temporaries lives as long as they
//! do; and no longer, which is why the arms of a race are in another.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;

use super::body::{async_block, async_block_at, yields_flow};
use super::here;
use super::jumps::{self, Place};
use crate::errors::Errors;
use crate::jumps::Jumps;
use crate::model::{Branch, Gather, Race};
use crate::parse::list::Arm;

pub(crate) fn gather(gather: &Gather, errors: &Errors) -> TokenStream {
    let branches: Vec<_> = gather.branches.iter().collect();
    // Those that may be left by a jump, among themselves.
    let leaving: Vec<_> = branches.iter().filter_map(|branch| flow(branch)).collect();
    let leaving: Vec<_> = leaving.iter().copied().zip(Place::all(leaving.len())).collect();
    let names = Names::of(gather.is_fallible);
    let mut places = leaving.iter().map(|(_, place)| *place);
    let tasks: Vec<_> = (0..branches.len())
        .map(|index| format_ident!("task_{index}", span = here()))
        .collect();
    let starts = branches.iter().enumerate().map(|(index, branch)| {
        let task = &tasks[index];
        let place = flow(branch).and_then(|_| places.next());
        // Where the branch is, so that the compiler shows there what does not fit.
        let at = here().located_at(span(branch));
        let start = start(branch, index, place, &names, at);
        quote_spanned!(at=> let #task = gathering.#start;)
    });
    let nothing = quote_spanned!(here()=> ());
    let list = tasks.iter().zip(&branches).rev().fold(
        nothing.clone(),
        |later, (task, branch)| quote_spanned!(here().located_at(span(branch))=> #task.beside(#later)),
    );
    let pattern = tasks
        .iter()
        .rev()
        .fold(nothing, |later, task| quote_spanned!(here()=> (#task, #later)));
    let values = quote_spanned!(here()=> #list, |#pattern| (#(#tasks,)*));
    let (open, run) = (&names.open, &names.run);
    let (open, run) = if leaving.is_empty() {
        (
            quote_spanned!(here()=> #open::<::easynet::__private::Infallible>()),
            quote_spanned!(here()=> #run(#values)),
        )
    } else {
        let carry = gather
            .is_fallible
            .then(|| jumps::carry(leaving.iter().copied()))
            .map(|carry| quote_spanned!(here()=> , #carry));
        let run = &names.run_with_jumps;
        (
            quote_spanned!(here()=> #open::<_>()),
            quote_spanned!(here()=> #run(#values #carry)),
        )
    };
    // In a block of its own: what was lent out in it, and is moved since, would lie in the future all the same while that waits.
    let run = quote_spanned! {here()=>
        let outcome = {
            let gathering = ::easynet::__private::#open;
            #(#starts)*
            gathering.#run
        }
        .await;
        outcome
    };
    let outcome = with_futures(&branches, &run);
    if leaving.is_empty() {
        return quote_spanned!(here()=> { #errors #outcome outcome });
    }
    let declared = declare(&branches);
    let arms = leaving.iter().map(|(jumps, place)| jumps::arms(jumps, *place));
    quote_spanned! {here()=>
        {
            #errors
            #declared
            #outcome
            match ::easynet::__private::settle(outcome) {
                ::easynet::__private::ControlFlow::Continue(value) => value,
                #(#arms)*
            }
        }
    }
}

/// The names of the functions for futures that can fail, and for those that cannot.
struct Names {
    open: Ident,
    future: Ident,
    block: Ident,
    run: Ident,
    run_with_jumps: Ident,
}

impl Names {
    fn of(is_fallible: bool) -> Self {
        let name = |name: &str| match is_fallible {
            true => format_ident!("try_{name}", span = here()),
            false => Ident::new(name, here()),
        };
        Self {
            open: name("gather"),
            future: name("future"),
            block: name("block"),
            run: name("run"),
            run_with_jumps: name("run_with_jumps"),
        }
    }
}

/// The call that makes a task of one branch of a gathering.
fn start(branch: &Branch, index: usize, place: Option<Place>, names: &Names, at: Span) -> TokenStream {
    let [future, block] = [&names.future, &names.block].map(|name| {
        let mut name = name.clone();
        name.set_span(at);
        name
    });
    match (branch, place) {
        (Branch::Future(value), _) => {
            let name = future_name(index, value);
            quote_spanned!(at=> #future(::easynet::__private::future(::easynet::__private::awaited(#name))))
        }
        (Branch::Block(body), None) => {
            let body = async_block_at(body, at);
            quote_spanned!(at=> #future(#body))
        }
        (Branch::Block(body), Some(place)) => {
            let body = async_block(body);
            let which = place.wrap(&quote_spanned!(here()=> jump));
            quote_spanned!(at=> #block(#body, |jump| #which))
        }
    }
}

pub(crate) fn race(race: &Race, errors: &Errors) -> TokenStream {
    let branches: Vec<_> = race.branches.iter().map(|(branch, _)| branch).collect();
    let places = Place::all(branches.len());
    let lanes = branches
        .iter()
        .enumerate()
        .rev()
        .fold(TokenStream::new(), |later, (index, branch)| {
            let future = match branch {
                // Awaited here, so that what is no future is told once and needs no conversion.
                Branch::Future(value) => {
                    let name = future_name(index, value);
                    quote_spanned!(name.span()=> async move { #name.await })
                }
                Branch::Block(body) => async_block(body),
            };
            if later.is_empty() {
                quote_spanned!(here()=> ::easynet::__private::Branch::new(#future))
            } else {
                quote_spanned!(here()=> ::easynet::__private::Then::new(#future, #later))
            }
        });
    let run = quote_spanned! {here()=>
        let outcome = ::easynet::__private::race(#lanes).await;
        outcome
    };
    let outcome = with_futures(&branches, &run);
    let declared = declare(&branches);
    let arms = race
        .branches
        .iter()
        .zip(places)
        .map(|((branch, arm), place)| finish(branch, arm.as_ref(), place));
    quote_spanned! {here()=>
        {
            #errors
            #declared
            #outcome
            match outcome { #(#arms)* }
        }
    }
}

/// What is done when one branch of a race has won.
fn finish(branch: &Branch, arm: Option<&Arm>, place: Place) -> TokenStream {
    let value = match arm {
        None => quote_spanned!(here()=> value),
        Some(Arm { pattern, ty, value }) => {
            let ty = ty.as_ref().map(|ty| quote_spanned!(here()=> : #ty));
            quote_spanned!(here()=> { let #pattern #ty = value; #value })
        }
    };
    let Some(jumps) = flow(branch) else {
        let won = place.wrap(&quote_spanned!(here()=> value));
        return quote_spanned!(here()=> #won => #value,);
    };
    let outcome = place.wrap(&quote_spanned!(here()=> outcome));
    let arms = jumps::arms(jumps, Place::ALONE);
    quote_spanned! {here()=>
        #outcome => match outcome {
            ::easynet::__private::ControlFlow::Continue(value) => #value,
            #arms
        },
    }
}

/// The jumps of a branch that yields a `ControlFlow`.
fn flow(branch: &Branch) -> Option<&Jumps> {
    match branch {
        Branch::Block(block) if yields_flow(&block.jumps) => Some(&block.jumps),
        _ => None,
    }
}

fn declare(branches: &[&Branch]) -> TokenStream {
    branches
        .iter()
        .filter_map(|branch| flow(branch))
        .map(jumps::declare)
        .collect()
}

/// `let outcome = ..;` with the futures evaluated, in order.
fn with_futures(branches: &[&Branch], run: &TokenStream) -> TokenStream {
    let (values, names): (Vec<_>, Vec<_>) = branches
        .iter()
        .enumerate()
        .filter_map(|(index, branch)| match branch {
            Branch::Future(value) => Some((value, future_name(index, value))),
            Branch::Block(_) => None,
        })
        .unzip();
    if values.is_empty() {
        return quote_spanned!(here()=> let outcome = { #run };);
    }
    quote_spanned! {here()=>
        let outcome = match (#(#values,)*) {
            (#(#names,)*) => { #run }
        };
    }
}

fn span(branch: &Branch) -> Span {
    match branch {
        Branch::Future(value) => value.span(),
        Branch::Block(block) => block.body.value.span(),
    }
}

/// The name of an evaluated future, which stands where the user wrote it: there the compiler shows a mistake.
fn future_name(index: usize, value: &syn::Expr) -> Ident {
    format_ident!("future_{index}", span = here().located_at(value.span()))
}
