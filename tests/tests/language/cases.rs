//! The bodies: a function each, which says what the plain block does.
//!
//! A case is added here, and its name to the list in [`alike`](super::alike).

macro_rules! cases {
    ($module:ident, $block:ident) => {
        mod $module {
            use std::ops::ControlFlow;
            use std::task::Poll;

            use super::super::*;

            pub(crate) async fn a_value(n: u32, log: &mut Log) -> u32 {
                let text = String::from("borrowed");
                let length = $block!({
                    log.push(format!("in {n}"));
                    let text = &text;
                    text.len() as u32 + n
                });
                log.push(text);
                length
            }

            pub(crate) async fn a_question(n: u32, log: &mut Log) -> Result<u32, Failed> {
                let value = $block!({
                    let value = step(n).await?;
                    log.push(format!("got {value}"));
                    value + 1
                });
                log.push("behind".into());
                Ok(value)
            }

            pub(crate) async fn questions_that_convert(n: u32, log: &mut Log) -> Result<u32, Wide> {
                let sum = $block!({ step(n).await? + parse(n)? + step(n + 1).await? });
                log.push(format!("sum {sum}"));
                Ok(sum)
            }

            pub(crate) async fn a_question_into_a_box(n: u32, log: &mut Log) -> Result<u32, String> {
                async fn inner(n: u32) -> Result<u32, Box<dyn Error + Send + Sync>> {
                    let sum = $block!({ step(n).await? + parse(n)? });
                    Ok(sum)
                }
                log.push("inner".into());
                inner(n).await.map_err(|error| error.to_string())
            }

            pub(crate) async fn a_question_on_an_option(n: u32, log: &mut Log) -> Option<u32> {
                let value = $block!({ maybe(n).await? * 2 });
                log.push(format!("some {value}"));
                Some(value)
            }

            pub(crate) async fn a_question_on_a_control_flow(n: u32, log: &mut Log) -> ControlFlow<String, u32> {
                let value = $block!({
                    let flow = if n > 2 { ControlFlow::Break(n.to_string()) } else { ControlFlow::Continue(n) };
                    flow?
                });
                log.push("went on".into());
                ControlFlow::Continue(value)
            }

            pub(crate) async fn a_question_on_a_poll(n: u32, log: &mut Log) -> Result<String, Failed> {
                let poll: Poll<Result<u32, Failed>> = match n {
                    0 => Poll::Pending,
                    1 => Poll::Ready(Ok(1)),
                    _ => Poll::Ready(Err(Failed(n))),
                };
                let next: Poll<Option<Result<u32, Failed>>> = poll.clone().map(Some);
                let polled = $block!({ (poll?, next?) });
                log.push("polled".into());
                Ok(format!("{polled:?}"))
            }

            pub(crate) async fn a_question_that_infers(n: u32, log: &mut Log) -> Result<u64, std::num::ParseIntError> {
                let value: u64 = $block!({
                    let text = if n == 3 { String::from("x") } else { n.to_string() };
                    text.parse()?
                });
                log.push("parsed".into());
                Ok(value)
            }

            pub(crate) async fn a_return(n: u32, log: &mut Log) -> Result<u32, Failed> {
                let value = $block!({
                    if n == 1 {
                        return Ok(100);
                    }
                    if n == 2 {
                        return Err(Failed(200));
                    }
                    n
                });
                log.push("behind".into());
                Ok(value + 1)
            }

            pub(crate) async fn a_return_that_coerces(n: u32, log: &mut Log) -> Result<u32, String> {
                async fn inner(n: u32) -> Result<u32, Box<dyn Error + Send + Sync>> {
                    $block!({
                        if n == 1 {
                            return Err(Box::new(Failed(n)));
                        }
                        if n == 2 {
                            return Err("text".into());
                        }
                    });
                    Ok(n)
                }
                async fn boxed(n: u32) -> Box<dyn fmt::Display + Send> {
                    $block!({
                        if n == 3 {
                            return Box::new(Failed(n));
                        }
                    });
                    Box::new(n)
                }
                log.push(boxed(n).await.to_string());
                inner(n).await.map_err(|error| error.to_string())
            }

            pub(crate) async fn a_return_without_a_value(n: u32, log: &mut Log) {
                $block!({
                    if n == 1 {
                        return;
                    }
                    if n == 2 {
                        return ();
                    }
                    log.push("in".into());
                });
                log.push("behind".into());
            }

            pub(crate) async fn a_return_of_a_reference(n: u32, log: &mut Log) -> String {
                async fn longest<'a>(left: &'a str, right: &'a str, n: u32) -> &'a str {
                    $block!({
                        if n % 2 == 0 {
                            return left;
                        }
                    });
                    right
                }
                log.push("called".into());
                longest("left", "right", n).await.to_owned()
            }

            pub(crate) async fn a_body_that_always_returns(n: u32, log: &mut Log) -> u32 {
                log.push("before".into());
                if n > 1 {
                    $block!({ return n });
                }
                7
            }

            pub(crate) async fn a_break(n: u32, log: &mut Log) -> u32 {
                let mut turns = 0;
                loop {
                    turns += 1;
                    $block!({
                        if turns > n {
                            break;
                        }
                        coro_yield().await;
                        log.push(format!("turn {turns}"));
                    });
                    log.push("end of turn".into());
                }
                turns
            }

            pub(crate) async fn a_break_with_a_value(n: u32, log: &mut Log) -> Result<u32, String> {
                let mut turns = 0;
                let boxed: Box<dyn fmt::Display + Send> = loop {
                    turns += 1;
                    $block!({
                        if turns > n {
                            break Box::new(turns);
                        }
                        if turns > 3 {
                            break Box::new("many");
                        }
                    });
                    log.push(format!("turn {turns}"));
                };
                Ok(boxed.to_string().len() as u32 + turns)
            }

            pub(crate) async fn a_break_out_of_a_labelled_block(n: u32, log: &mut Log) -> u32 {
                let value = 'found: {
                    $block!({
                        if n == 1 {
                            break 'found 10;
                        }
                        log.push("not one".into());
                        if n == 2 {
                            break 'found 20;
                        }
                    });
                    log.push("not two".into());
                    30
                };
                value + n
            }

            pub(crate) async fn a_continue(n: u32, log: &mut Log) -> u32 {
                let mut sum = 0;
                for turn in 0..n {
                    $block!({
                        if turn % 2 == 0 {
                            continue;
                        }
                        sum += turn;
                    });
                    log.push(format!("odd {turn}"));
                }
                sum
            }

            pub(crate) async fn labels(n: u32, log: &mut Log) -> u32 {
                let mut sum = 0;
                'outer: for left in 0..n {
                    'inner: for right in 0..n {
                        $block!({
                            sum += left * right;
                            if right > left + 1 {
                                continue 'outer;
                            }
                            if sum % 5 == 4 {
                                continue 'inner;
                            }
                            if sum > 40 {
                                break 'outer;
                            }
                            if sum % 7 == 6 {
                                break 'inner;
                            }
                            log.push(format!("{left} {right}"));
                        });
                        log.push("next".into());
                    }
                }
                sum
            }

            pub(crate) async fn jumps_that_stay_inside(n: u32, log: &mut Log) -> u32 {
                let value = $block!({
                    let mut sum = 0;
                    for turn in 0..n {
                        if turn == 2 {
                            continue;
                        }
                        if turn == 5 {
                            break;
                        }
                        sum += turn;
                    }
                    let first = loop {
                        break n + 1;
                    };
                    let second = 'label: {
                        if n > 2 {
                            break 'label 5;
                        }
                        6
                    };
                    let mut third = 0;
                    'outer: while third < 10 {
                        loop {
                            third += 1;
                            if third % 2 == 0 {
                                continue 'outer;
                            }
                            if third > 6 {
                                break 'outer;
                            }
                        }
                    }
                    sum + first + second + third
                });
                log.push(value.to_string());
                value
            }

            pub(crate) async fn a_shadowed_label(n: u32, log: &mut Log) -> u32 {
                let mut turns = 0;
                #[allow(unused_labels)]
                'same: loop {
                    turns += 1;
                    $block!({
                        let mut inner = 0;
                        'twin: loop {
                            inner += 1;
                            if inner > n {
                                break 'twin;
                            }
                        }
                        if turns > 2 {
                            break 'same;
                        }
                        log.push(inner.to_string());
                    });
                }
                turns
            }

            pub(crate) async fn closures_and_async_blocks(n: u32, log: &mut Log) -> Result<u32, Failed> {
                let value = $block!({
                    let closure = |n: u32| -> Option<u32> {
                        let value = n.checked_sub(1)?;
                        if value > 3 {
                            return None;
                        }
                        Some(value)
                    };
                    let future = async {
                        let value = step(n).await?;
                        if value > 20 {
                            return Err(Failed(value));
                        }
                        Ok(value)
                    };
                    fn item(n: u32) -> Option<u32> {
                        let value = n.checked_sub(2)?;
                        return Some(value);
                    }
                    log.push(format!("{:?} {:?}", closure(n), item(n)));
                    match future.await {
                        Ok(value) => value,
                        Err(error) => return Err(error),
                    }
                });
                Ok(value)
            }

            pub(crate) async fn jumps_in_known_macros(n: u32, log: &mut Log) -> Result<u32, Failed> {
                let value = $block!({
                    log.push(format!("{} {value}", step(n).await?, value = step(n + 1).await?));
                    let list = vec![step(n).await?, if n == 6 { return Ok(66) } else { n }];
                    let repeated = vec![step(n).await?; 2];
                    assert!(step(n).await? < 1000, "not {}", step(n).await?);
                    assert_eq!(list.len(), repeated.len());
                    let small = matches!(step(n).await?, 0 | 10 if maybe(n).await.is_some());
                    u32::from(small) + list[0]
                });
                log.push("behind".into());
                Ok(value)
            }

            pub(crate) async fn jumps_in_odd_places(n: u32, log: &mut Log) -> Option<u32> {
                let value = $block!({
                    let Some(first) = maybe(n).await else { return Some(1000) };
                    let second = n > 5 || maybe(n).await? > 5;
                    let third = match n {
                        6 => return None,
                        7 => maybe(n).await?,
                        _ if maybe(n).await? > 9 => 9,
                        _ => 8,
                    };
                    let array = [maybe(n).await?, third];
                    let tuple = (maybe(n).await?, array[1] + maybe(n).await?);
                    maybe(n).await?;
                    if maybe(n).await? > 3 && let Some(more) = maybe(n + 1).await {
                        log.push(more.to_string());
                    }
                    let nested = { { maybe(maybe(n).await?).await? } };
                    let mut place = [0; 2];
                    place[usize::from(second)] = maybe(n).await?;
                    place[0] += -(maybe(n).await? as i32) as u32 & 7;
                    first + tuple.0 + tuple.1 + nested + place[0] + place[1]
                });
                log.push("behind".into());
                Some(value)
            }

            pub(crate) async fn values_are_dropped_innermost_first(n: u32, log: &mut Log) -> Option<u32> {
                let trace = Mutex::new(Log::new());
                let mut turns = 0;
                loop {
                    turns += 1;
                    let _outer = Guard(&trace);
                    $block!({
                        let _first = Guard(&trace);
                        trace.lock().unwrap().push(format!("turn {turns}"));
                        if turns > n {
                            break;
                        }
                        let _second = Guard(&trace);
                        if turns == 2 {
                            continue;
                        }
                        if turns > 3 {
                            log.append(&mut trace.lock().unwrap());
                            maybe(3).await?;
                        }
                    });
                    trace.lock().unwrap().push("end of turn".into());
                }
                log.append(&mut trace.lock().unwrap());
                Some(turns)
            }

            pub(crate) async fn in_the_head_of_a_loop(n: u32, log: &mut Log) -> Option<u32> {
                let mut turns = 0;
                while $block!({ maybe(turns).await? <= n }) {
                    turns += 1;
                }
                for turn in $block!({ 0..maybe(n).await? }) {
                    log.push(turn.to_string());
                }
                loop {
                    for turn in $block!({
                        if n == 2 {
                            break;
                        }
                        0..n
                    }) {
                        log.push(turn.to_string());
                    }
                    break;
                }
                Some(turns)
            }

            pub(crate) async fn compiled_out(n: u32, log: &mut Log) -> Result<u32, Failed> {
                let value = $block!({
                    #[cfg(any())]
                    step(n).await?;
                    #[cfg(any())]
                    if n > 1 {
                        return Ok(step(n).await?);
                    }
                    n
                });
                let other = $block!({
                    #[cfg(any())]
                    let value = step(n).await?;
                    #[cfg(not(any()))]
                    let value = step(n).await?;
                    value
                });
                log.push("behind".into());
                Ok(value + other)
            }

            pub(crate) async fn in_an_async_block(n: u32, log: &mut Log) -> Result<u32, Failed> {
                let future = async {
                    let value = $block!({
                        if n == 4 {
                            return Ok(44);
                        }
                        step(n).await?
                    });
                    Ok::<_, Failed>(value + 1)
                };
                let value = future.await?;
                log.push(value.to_string());
                Ok(value)
            }

            pub(crate) async fn in_a_method(n: u32, log: &mut Log) -> Result<u32, Failed> {
                struct Counter(u32);
                impl Counter {
                    async fn add<T: Into<u32> + Copy + Sync>(&mut self, n: T) -> Result<&mut u32, Failed> {
                        $block!({
                            self.0 += step(n.into()).await?;
                            if self.0 > 30 {
                                return Err(Failed(self.0));
                            }
                        });
                        self.0 += 1;
                        Ok(&mut self.0)
                    }
                }
                let mut counter = Counter(n);
                log.push(counter.add(n).await?.to_string());
                Ok(*counter.add(n + 1).await?)
            }
        }
    };
}
