use quote::ToTokens;
use syn::parse_quote;

use super::*;

/// The variants of the jumps out of a body.
#[track_caller]
fn jumps(value: syn::Expr) -> Vec<String> {
    rewritten(value)
        .0
        .list
        .iter()
        .map(|jump| jump.variant.to_string())
        .collect()
}

#[track_caller]
fn rewritten(value: syn::Expr) -> (Jumps, String) {
    let mut body = Body {
        value,
        is_awaited: false,
    };
    let name = unused_names(body.value.to_token_stream())
        .next()
        .expect("there is no end of names");
    let jumps = Jumps::rewrite(&mut body, name);
    (jumps, body.value.to_token_stream().to_string())
}

#[test]
fn every_question_is_its_own_jump() {
    assert_eq!(
        jumps(parse_quote!({ a? + b?.c()? })),
        ["Question0", "Question1", "Question2"]
    );
}

#[test]
fn jumps_to_the_same_place_share_a_variant() {
    let body = parse_quote!({
        return 1;
        return 2;
        return;
        break;
        break;
        break 3;
        break 4;
        continue;
        continue;
    });
    assert_eq!(
        jumps(body),
        ["Return0", "Return1", "Break2", "Break3", "Continue4"]
    );
}

#[test]
fn labels_of_the_same_name_may_be_different_ones() {
    let body = parse_quote!({
        break 'a;
        break 'a;
        break 'a 3;
        continue 'b;
        continue 'b;
    });
    assert_eq!(
        jumps(body),
        ["Break0", "Break1", "Break2", "Continue3", "Continue4"]
    );
}

#[test]
fn jumps_that_stay_inside_are_left_alone() {
    let body = parse_quote!({
        loop {
            break;
        }
        while a {
            continue;
        }
        for a in b {
            break;
        }
        'a: loop {
            loop {
                break 'a;
            }
        }
        'b: {
            break 'b 5;
        }
        'c: while a {
            continue 'c;
        }
        let _ = |a| {
            a?;
            return 5;
        };
        let _ = async {
            a?;
            return 5;
        };
        const { return 5 };
        fn f() {
            a?;
            return 5;
        }
        impl A {
            fn f() {
                a?
            }
        }
        stringify!(a?);
    });
    let before = ToTokens::to_token_stream(&body).to_string();
    let (jumps, after) = rewritten(body);
    assert!(jumps.list.is_empty());
    assert_eq!(before, after);
}

#[test]
fn a_loop_keeps_its_own_jumps_only() {
    assert_eq!(
        jumps(parse_quote!({
            loop {
                break 'a;
            }
        })),
        ["Break0"]
    );
    assert_eq!(
        jumps(parse_quote!({
            'a: {
                break;
            }
        })),
        ["Break0"]
    );
    assert_eq!(
        jumps(parse_quote!({
            for a in {
                break;
                b
            } {
                break;
            }
        })),
        ["Break0"]
    );
    assert_eq!(
        jumps(parse_quote!({
            'a: loop {}
            break 'a;
        })),
        ["Break0"]
    );
    assert_eq!(
        jumps(parse_quote!({
            loop {
                a?;
                return;
            }
        })),
        ["Question0", "Return1"]
    );
}

#[test]
fn macros_that_are_known_are_seen_into() {
    assert_eq!(
        jumps(parse_quote!({ println!("{} {b}", a?, b = return 1) })),
        ["Question0", "Return1"]
    );
    assert_eq!(
        jumps(parse_quote!({
            vec![a?; 3];
            vec![a?, b?]
        }))
        .len(),
        3
    );
    assert_eq!(
        jumps(parse_quote!({ matches!(a?, Some(_) | None if b?) })).len(),
        2
    );
    assert_eq!(jumps(parse_quote!({ std::assert_eq!(a?, 1, "{}", b?) })).len(), 2);
    assert_eq!(jumps(parse_quote!({ bail!("a") })), ["Question0"]);
    assert_eq!(
        jumps(parse_quote!({
            anyhow::ensure!(a == 1, "b");
            1
        })),
        ["Question0"]
    );
}

#[test]
fn the_bodies_of_inner_macros_belong_to_the_outer_too() {
    assert_eq!(
        jumps(parse_quote!({
            with_timeout!(a?, |scope| {
                b?;
            })
        })),
        ["Question0", "Question1"]
    );
    assert_eq!(
        jumps(parse_quote!({
            loop {
                shield!({ break })
            }
        })),
        [""; 0]
    );
    assert_eq!(
        jumps(parse_quote!({ easynet::task_group!(|g| { break }) })),
        ["Break0"]
    );
    assert_eq!(jumps(parse_quote!({ gather!(a?, { b? }) })).len(), 2);
    assert_eq!(jumps(parse_quote!({ catch_cancelled!({ a? }) })).len(), 1);
}

#[test]
fn an_inner_macro_lets_the_jumps_of_the_outer_through() {
    let (outer, body) = rewritten(parse_quote!({
        a?;
        return b;
        break;
    }));
    assert_eq!(outer.name, "__Jump0");
    let (inner, _) = rewritten(syn::parse_str(&body).expect("a block"));
    assert_eq!(inner.name, "__Jump1");
    let through: Vec<_> = inner
        .list
        .iter()
        .map(|jump| match &jump.kind {
            Kind::Through { variant, has_value } => (variant.segments[1].ident.to_string(), *has_value),
            _ => panic!("only jumps of the outer macro are left"),
        })
        .collect();
    assert_eq!(
        through,
        [
            ("Question0".into(), true),
            ("Return1".into(), true),
            ("Break2".into(), false)
        ]
    );
}

#[test]
fn a_jump_in_an_unknown_macro_is_told() {
    let told = [
        "x!(a?)",
        "x!(return)",
        "x!{ a => { break } }",
        "x!(let a = b? in c)",
        "x!(a, { continue 'a })",
        "x!((a)?)",
        "x!(y!(a?))",
        "x!(loop { return })",
        "x!(async { a } => b?)",
        "x!(a; b?)",
        "x!(if a { b? } else c)",
        "x!(bail!(a))",
    ];
    for source in told {
        let (jumps, body) = rewritten(syn::parse_str(&format!("{{ {source}; }}")).expect("a block"));
        assert!(body.contains("compile_error"), "{source}: {body}");
        assert!(jumps.list.is_empty(), "{source}");
    }
}

#[test]
fn what_only_looks_like_a_jump_is_left_alone() {
    let left = [
        "info!(?x)",
        "info!(x = ?y, \"z\")",
        "info!(%x, ?y.z)",
        "info!({ ?x }, \"y\")",
        "x!(T: ?Sized)",
        "x!(|a| a?)",
        "x!(async move { a? })",
        "x!(a = async { return } => b)",
        "x!(loop { break })",
        "x!(a => loop { break } => b)",
        "x!(fn f() { a? })",
        "x!(fn f() { return } garbage)",
        "x!(\"?\")",
        "x!(r#break)",
        "x!(a => |b| b?)",
        "info!(target: \"a\", b = ?c)",
        "x!(for a in b { continue } c)",
    ];
    for source in left {
        let (jumps, body) = rewritten(syn::parse_str(&format!("{{ {source}; }}")).expect("a block"));
        assert!(!body.contains("compile_error"), "{source}: {body}");
        assert!(jumps.has_unknown_macros, "{source}");
    }
}

#[test]
fn a_jump_knows_the_cfgs_around_it() {
    let cfgs = |value: syn::Expr| {
        let (jumps, _) = rewritten(value);
        jumps.list.iter().map(|jump| jump.cfgs.len()).collect::<Vec<_>>()
    };
    assert_eq!(
        cfgs(parse_quote!({
            #[cfg(a)]
            a?;
            b?;
        })),
        [1, 0]
    );
    assert_eq!(
        cfgs(parse_quote!({
            #[cfg(a)]
            let b = c?;
        })),
        [1]
    );
    assert_eq!(
        cfgs(parse_quote!({
            #[cfg(a)]
            {
                #[cfg(b)]
                c?;
                d?;
            }
        })),
        [2, 1]
    );
    assert_eq!(
        cfgs(parse_quote!({
            match a {
                #[cfg(a)]
                B => return,
                _ => return,
            }
        })),
        [1, 0]
    );
    assert_eq!(
        cfgs(parse_quote!({
            A {
                #[cfg(a)]
                b: c?,
                d: e?,
            }
        })),
        [1, 0]
    );
    assert_eq!(
        cfgs(parse_quote!({
            #[cfg(a)]
            a = b?;
        })),
        [1]
    );
}

#[test]
fn only_a_payload_that_may_be_an_error_is_carried() {
    let may_fail = |value: syn::Expr| {
        let (jumps, body) = rewritten(value);
        // What an inner macro makes of it has to be the same.
        let (inner, _) = rewritten(syn::parse_str(&body).expect("a block"));
        let [outer, inner] = [jumps, inner].map(|jumps| jumps.list.iter().any(|jump| jump.may_fail));
        assert_eq!(outer, inner, "{body}");
        outer
    };
    assert!(may_fail(parse_quote!({
        a?;
    })));
    assert!(may_fail(parse_quote!({
        return Err(a);
    })));
    assert!(may_fail(parse_quote!({
        return Ok(1);
        return a;
    })));
    assert!(!may_fail(parse_quote!({
        return Ok(1);
        return;
        break;
    })));
}

#[test]
fn what_shows_its_argument_shows_what_the_user_wrote() {
    let (_, text) = rewritten(parse_quote!({
        assert!(a? == 5);
        debug_assert!(b?,);
        assert!(c?, "{}", d);
        assert!(e);
    }));
    let text = text.replace(' ', "");
    assert!(
        text.contains(r#"==5,"assertionfailed:{}",::core::stringify!(a?==5))"#),
        "{text}"
    );
    assert!(
        text.contains(r#","assertionfailed:{}",::core::stringify!(b?))"#),
        "{text}"
    );
    assert!(text.contains(r#","{}",d)"#), "{text}");
    assert!(text.contains("assert!(e)"), "{text}");

    let (_, text) = rewritten(parse_quote!({
        dbg!(a?, b);
        dbg!(c)
    }));
    let text = text.replace(' ', "");
    assert!(
        text.contains("::core::stringify!(a?)") && text.contains("::core::stringify!(b)"),
        "{text}"
    );
    assert!(text.contains("dbg!(c)"), "{text}");
}
