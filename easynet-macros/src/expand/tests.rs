use crate::model::Entry;
use crate::tests::{expand, messages};

/// An expansion without its spaces, and without the paths to the private module.
fn expanded(name: &str, input: &str) -> String {
    expand(name, input)
        .to_string()
        .replace(' ', "")
        .replace("::easynet::__private::", "")
        .replace("::core::", "")
}

/// What runs the function below an attribute.
fn run(entry: Entry, options: &str, function: &str) -> String {
    let [options, function] = [options, function].map(|text| text.parse().expect("tokens"));
    let text = crate::entry(entry, options, function)
        .to_string()
        .replace(' ', "");
    let (_, run) = text.split_once("{}").expect("the body of the function");
    String::from(run.strip_suffix('}').expect("the end of the function around it"))
}

#[test]
fn a_program_is_run_by_its_backend() {
    let bootstrap = |options: &str| {
        let run = run(Entry::Main, options, "async fn f() {}");
        let [start, end] = [
            "::easynet::__private::bootstrap(",
            ",::easynet::RunnerOptions::new(),f())",
        ];
        let backend = run
            .strip_prefix(start)
            .and_then(|backend| backend.strip_suffix(end));
        String::from(backend.unwrap_or_else(|| panic!("{run}")))
    };
    assert_eq!(
        bootstrap("backend = \"tokio\""),
        "::easynet::__builtin_backend!(tokio)"
    );
    assert_eq!(
        bootstrap("backend = \"sim\""),
        "::easynet::__builtin_backend!(sim)"
    );
    assert_eq!(
        bootstrap("backend = \"sim\", step_limit = 1_0, schedule = \"pct\", seed = 7"),
        "::easynet::__builtin_backend!\
         (sim.seed(7u64).schedule(::easynet::sim::Schedule::pct()).step_limit(10u64))"
    );
    assert_eq!(
        bootstrap("backend = \"sim\", schedule = \"uniform\""),
        "::easynet::__builtin_backend!(sim.schedule(::easynet::sim::Schedule::Uniform))"
    );
}

#[test]
fn a_simulated_test_is_run_with_many_seeds() {
    let options = "(::easynet::RunnerOptions::new().flavor(::easynet::Flavor::CurrentThread))";
    let name = "(::core::concat!(::core::module_path!(),\"::\",::core::stringify!(t)))";
    for (written, plan, seeds) in [
        ("", "()", "(all)"),
        (", seed = 7", "()", "(only7u64)"),
        (
            ", seeds = 64, step_limit = 9",
            "(.step_limit(9u64))",
            "(count64u32)",
        ),
        (
            ", schedule = \"uniform\"",
            "(.schedule(::easynet::sim::Schedule::Uniform))",
            "(all)",
        ),
    ] {
        let written = format!("backend = \"sim\"{written}");
        assert_eq!(
            run(Entry::Test, &written, "async fn t() {}"),
            format!("::easynet::__simulated_test!({options}{plan}{seeds}{name}(||t()))"),
        );
        let reports = run(Entry::Test, &written, "async fn t() -> Result<(), E> {}");
        assert!(
            reports.ends_with("(||::easynet::__private::report(t())))"),
            "{reports}"
        );
    }
}

#[test]
fn no_backend_is_asked_for_beside_a_mistake() {
    for (entry, options) in [
        (Entry::Main, "backend = \"smol\""),
        (Entry::Main, "backend = \"sim\", seed = -1"),
        (Entry::Test, "backend = \"sim\", seeds = 0"),
        (Entry::Test, "seeds = 64"),
    ] {
        let run = run(entry, options, "async fn f() {}");
        assert!(
            run.starts_with("::easynet::__private::bootstrap((||::core::unreachable!())(),"),
            "{options}: {run}"
        );
    }
}

#[test]
fn a_body_without_jumps_is_just_run() {
    assert_eq!(
        expanded("with_timeout", "5s, { a }"),
        "{letdelay:time::Duration=time::Duration::new(5u64,0u32);timeout(delay,async{{a}}).await}"
    );
    assert_eq!(expanded("shield", "a()"), "{shield(async{(a()).await}).await}");
    assert_eq!(
        expanded("task_group", "|g| { a }"),
        "{letg=open_group();letgroup=&g;letg:&::easynet::TaskGroup<'_>=group;run_group(group,async{{a}}).await}"
    );
}

#[test]
fn a_named_scope_is_a_reference() {
    assert_eq!(
        expanded("move_on_after", "d, |scope| { a }"),
        "{letdelay:time::Duration=d;letscope=scope_after(delay);letscope=&scope;\
         move_on_in(&scope,async{{a}}).await}"
    );
}

#[test]
fn a_deadline_is_converted_where_it_is_written() {
    assert_eq!(
        expanded("with_deadline", "d + 5s, { a }"),
        "{letdeadline=deadline(d+time::Duration::new(5u64,0u32));timeout_at(deadline,async{{a}}).await}"
    );
    assert_eq!(
        expanded("move_on_at", "d, |scope| { a }"),
        "{letdeadline=deadline(d);letscope=scope_at(deadline);letscope=&scope;\
         move_on_in(&scope,async{{a}}).await}"
    );
}

#[test]
fn what_is_gathered_is_started_in_order() {
    assert_eq!(
        expanded("gather", "a, { b }, c"),
        "{letoutcome=match(a,c,){(future_0,future_2,)=>{letoutcome={letgathering=gather::<Infallible>();\
         lettask_0=gathering.future(future(awaited(future_0)));lettask_1=gathering.future(async{{b}});\
         lettask_2=gathering.future(future(awaited(future_2)));\
         gathering.run(task_0.beside(task_1.beside(task_2.beside(()))),\
         |(task_0,(task_1,(task_2,())))|(task_0,task_1,task_2,))}.await;outcome}};outcome}"
    );
}

#[test]
fn a_gathered_block_that_jumps_says_whose_jump_it_is() {
    let text = expanded("try_gather", "{ a? }, b, { break }");
    let expected = [
        "enum__Jump0<Question0>{Question0(Question0),}enum__Jump1<>{Break0,}",
        "try_gather::<_>()",
        "lettask_0=gathering.try_block(async{",
        "},|jump|Which::This(jump));lettask_1=gathering.try_future(future(awaited(future_1)));",
        "},|jump|Which::Later(jump));",
        "try_run_with_jumps(task_0.beside(task_1.beside(task_2.beside(()))),\
         |(task_0,(task_1,(task_2,())))|(task_0,task_1,task_2,),|jump|{",
        "Which::This(__Jump0::Question0(payload))=>(&&&carrier.hold(payload)).carry(),",
        "Which::Later(__Jump1::Break0)=>option::Option::None,",
        "ControlFlow::Break(Which::This(__Jump0::Question0(payload)))=>matchpayload?{},",
        "ControlFlow::Break(Which::Later(__Jump1::Break0))=>break,",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn an_arm_is_outside_of_the_race() {
    assert_eq!(
        expanded("race", "a, |x| b?, { c }, |y: T| { return y }, d"),
        "{letoutcome=match(a,d,){(future_0,future_2,)=>{\
         letoutcome=race(Then::new(asyncmove{future_0.await},Then::new(async{{c}},Branch::new(asyncmove{future_2.await})))).await;outcome}};\
         matchoutcome{Which::This(value)=>{letx=value;b?},\
         Which::Later(Which::This(value))=>{lety:T=value;{returny}},\
         Which::Later(Which::Later(value))=>value,}}"
    );
}

#[test]
fn a_branch_that_jumps_does_so_in_its_own_arm() {
    let text = expanded("race", "a, { break 'b }, |x| c");
    let expected = [
        "enum__Jump0<>{Break0,}",
        "Which::Later(outcome)=>matchoutcome{ControlFlow::Continue(value)=>{letx=value;c},\
         ControlFlow::Break(__Jump0::Break0)=>break'b,}",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn an_enum_is_named_like_no_other_around_it() {
    for (name, input) in [
        ("with_timeout", "{ __Jump0::Question0 }, { break }"),
        ("race", "{ break }, |x| __Jump0::Question0"),
        ("gather", "{ break }, __Jump0::Question0"),
    ] {
        let text = expanded(name, input);
        assert!(text.contains("enum__Jump1<>{Break0,}"), "{text}");
    }
}

#[test]
fn a_test_on_several_backends_is_a_function_and_a_module() {
    let [options, function] = [
        "backend = [\"tokio\", \"sim\"], seeds = 4",
        "/// doc\n #[allow(a)] #[cfg(b)] #[should_panic] #[cfg_attr(c, allow(d))] #[cfg_attr(e, ignore)] async fn f() {}",
    ]
    .map(|text| text.parse().expect("tokens"));
    let text = crate::entry(Entry::Test, options, function)
        .to_string()
        .replace(' ', "");
    let attributes = "#[cfg(b)]#[should_panic]#[cfg_attr(e,ignore)]";
    let options = "::easynet::RunnerOptions::new().flavor(::easynet::Flavor::CurrentThread)";
    let path = "::core::concat!(::core::module_path!(),\"::\",::core::stringify!(sim))";
    let (function, module) = text.split_once("asyncfnf(){}").expect("the function");
    for attribute in [
        "#[cfg(test)]",
        "doc",
        "#[allow(a)]",
        "#[cfg(b)]",
        "#[cfg_attr(c,allow(d))]",
    ] {
        assert!(function.contains(attribute), "{attribute}: {function}");
    }
    assert!(
        !function.contains("should_panic") && !function.contains("ignore"),
        "{function}"
    );
    assert_eq!(
        module,
        format!(
            "modf{{#[::core::prelude::v1::test]{attributes}fntokio(){{\
             ::easynet::__private::bootstrap(::easynet::__builtin_backend!(tokio),{options},super::f())}}\
             #[::core::prelude::v1::test]{attributes}fnsim(){{\
             ::easynet::__simulated_test!(({options})()(count4u32)({path})(||super::f()))}}}}"
        )
    );
}

#[test]
fn a_jump_is_a_variant_inside_and_real_outside() {
    assert_eq!(
        expanded("shield", "{ a? }"),
        "{enum__Jump0<Question0>{Question0(Question0),}\
         letoutcome=shield(async{match{(matchbranch(a){ControlFlow::Continue(value)=>value,\
         ControlFlow::Break(residual)=>returnControlFlow::Break(__Jump0::Question0(residual)),})}\
         {#[allow(unreachable_code)]value=>ControlFlow::Continue(value),}}).await;\
         matchsettle(outcome){ControlFlow::Continue(value)=>value,\
         ControlFlow::Break(__Jump0::Question0(payload))=>matchpayload?{},}}"
    );
}

#[test]
fn only_the_jumps_that_occur_are_emitted() {
    let text = expanded("shield", "{ break 'a; }");
    assert!(text.contains("enum__Jump0<>{Break0,}"), "{text}");
    assert!(
        text.contains("ControlFlow::Break(__Jump0::Break0)=>break'a,"),
        "{text}"
    );
    assert!(!text.contains("Leaving"), "{text}");
}

#[test]
fn the_type_of_a_returned_value_is_told_to_the_body() {
    let text = expanded("shield", "{ return a; }");
    assert!(
        text.contains("letleaving_Return0=Leaving::new();iffalse{returnleaving_Return0.never()}"),
        "{text}"
    );
    assert!(
        text.contains("async{letleaving_Return0=leaving_Return0;"),
        "{text}"
    );
    assert!(
        text.contains("__Jump0::Return0(Left{leaving:&leaving_Return0,value:a}.value)"),
        "{text}"
    );
}

#[test]
fn a_group_carries_what_may_be_an_error() {
    let text = expanded("task_group", "|g| { a?; return Ok(1); break; }");
    assert!(
        text.contains("__Jump0::Question0(payload)=>(&&&carrier.hold(payload)).carry(),"),
        "{text}"
    );
    assert!(
        text.contains("__Jump0::Return1(_)=>option::Option::None,"),
        "{text}"
    );
    assert!(text.contains("__Jump0::Break2=>option::Option::None,"), "{text}");
}

#[test]
fn a_body_with_unknown_macros_must_not_return_by_itself() {
    let text = expanded("shield", "{ x!() }");
    assert!(
        text.contains("iffalse{returnnever::<ReturnHiddenInAMacro,_>();}"),
        "{text}"
    );
    assert!(!text.contains("enum"), "{text}");
}

#[test]
fn cfgs_are_on_everything_that_belongs_to_a_jump() {
    let text = expanded("task_group", "|g| { #[cfg(a)] b?; }");
    let expected = [
        "enum__Jump0<#[cfg(a)]Question0>{#[cfg(a)]Question0(Question0),Never(Infallible)}",
        "#[cfg(a)]ControlFlow::Break(__Jump0::Question0(payload))=>",
        "#[cfg(a)]__Jump0::Question0(payload)=>",
        "ControlFlow::Break(__Jump0::Never(never))=>matchnever{}",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_task_that_would_outlive_its_group_is_told() {
    let told = [
        "tokio::spawn(a)",
        "tokio::task::spawn(a)",
        "::tokio::spawn::<A>(a)",
        "spawn_blocking(a)",
        "tokio::task::spawn_blocking(a)",
        "std::thread::spawn(a)",
        "thread::spawn(a)",
        "async_std::task::spawn(a)",
        "task::spawn(a)",
        "tokio::task::spawn_local(a)",
        "rayon::spawn(a)",
        "Handle::spawn(h, a)",
        "thread::Builder::new().spawn(a)",
        "std::thread::Builder::new().name(b).stack_size(c).spawn(a).unwrap()",
        "tokio::runtime::Handle::current().spawn(a)",
        "Handle::try_current()?.spawn_blocking(a)",
        "tokio::task::Builder::new().name(b).spawn(a)",
        "(&ThreadPool::new()?).spawn_ok(a)",
        "smol::spawn(a)",
        "|| { tokio::spawn(a) }",
        "async { tokio::spawn(a); }",
        "list.map(tokio::spawn)",
        "with_timeout!(5s, { tokio::spawn(a) })",
        "println!(\"{}\", tokio::spawn(a))",
        "x!(a => tokio::spawn(a))",
    ];
    for source in told {
        let found = messages(&expand("task_group", &format!("|nursery| {{ {source}; }}")));
        assert!(
            matches!(found.as_slice(), [found] if found.contains("nursery.start_soon(")),
            "{source}: {found:?}"
        );
    }
    for source in ["tokio::spawn(a)", "thread::spawn(a)"] {
        assert!(messages(&expand("shield", &format!("{{ {source}; }}"))).is_empty());
    }
    for source in [
        "g.spawn(a)",
        "my::spawn(a)",
        "scope.spawn(a)",
        "thread::scope(|scope| { scope.spawn(a); })",
        "Builder::new().spawn(a)",
        "Command::new(b).spawn()",
        "tasks.spawn_local(a)",
        "fn f() { tokio::spawn(a); }",
    ] {
        assert!(
            messages(&expand("task_group", &format!("|g| {{ {source}; }}"))).is_empty(),
            "{source}"
        );
    }
}

#[test]
fn a_mistake_is_shown_once() {
    for (name, input) in [
        ("with_timeout", "5, { a?; }"),
        ("with_timeout", "-5s, { a }"),
        ("with_timeout", "5s { a?; }"),
        ("with_timeout", "5s, { x!(a?); b?; }"),
        ("with_timeout", "5s, { task_group!(|g| { tokio::spawn(a?); }) }"),
        ("task_group", "|g| { with_timeout!(5, { a?; }) }"),
        ("task_group", "|&g| { a }"),
        ("shield", "|g| { a }"),
        ("shield", "{ loop { a } }"),
        ("shield", "loop { a }"),
        ("with_deadline", "5s, { a?; }"),
        ("with_deadline", "-5, { a?; }"),
        ("move_on_at", "a + 5parsecs, { a?; }"),
        ("cancel_scope", "{ a? }"),
        ("cancel_scope", "|a: A| { a? }"),
        ("gather", "a, { b? }, |x| x"),
        ("race", "a, |x| -> A { b }, { b? }"),
        ("race", "a, || b, { b? }"),
        ("race", "a, |Ok(b)| b, { b? }"),
        ("race", "a, |(_, &Some(b))| b, c, |(d)| d"),
    ] {
        let output = expand(name, input);
        let inner = expand_inner(&output.to_string());
        assert_eq!(messages(&output).len() + inner, 1, "{name}!({input}): {output}");
    }
}

/// The mistakes that the inner macros of an expansion go on to show.
fn expand_inner(output: &str) -> usize {
    ["with_timeout", "task_group"]
        .iter()
        .filter_map(|name| {
            let start = output.find(&format!("{name} ! ("))? + name.len() + 4;
            let end = start + output[start..].rfind(" })").map(|end| end + 2)?;
            let input = balanced(&output[start..end]);
            // What the outer macro has told is part of the input, and of the output again.
            let told = messages(&input.parse().ok()?).len();
            Some(messages(&expand(name, input)).len() - told)
        })
        .sum()
}

/// As much of `text` as belongs to the parenthesis that was opened before it.
fn balanced(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|character| {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    &text[..end.unwrap_or(text.len())]
}
