//! Programs made at random, of all that easynet has: each ends, leaves nothing, and goes the same way each time,
//! wherever it is cancelled.

use std::{future::Future, pin::Pin};

use easynet::{
    AsyncBackend as _, BoxError, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope},
    ensure_backend,
    prelude::*,
    sim::{Simulation, cancel_at_every_await, takes},
    task::{create_task_group, gather},
    testing::Witness,
    time::{coro_yield, move_on_after, sleep, timeout},
};
use easynet_tests::ms;
use futures::{StreamExt, channel::mpsc, stream::FuturesUnordered};

use super::{SCHEDULES, child::Child};

type Step = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the program is made by: numbers that look random (Steele and others, SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn delay(&mut self) -> std::time::Duration {
        ms(self.below(4))
    }

    /// Some steps, less deep than those around them.
    fn steps(&mut self, depth: u64, witness: &Witness) -> Vec<Step> {
        let count = 1 + self.below(3);
        (0..count).map(|_| self.step(depth - 1, witness)).collect()
    }

    fn step(&mut self, depth: u64, witness: &Witness) -> Step {
        let held = witness.clone();
        let step: Step = match self.below(if depth == 0 { 4 } else { 16 }) {
            0 => Box::pin(coro_yield_later()),
            1 | 2 => {
                let delay = self.delay();
                Box::pin(async move { sleep(delay).await })
            }
            3 => Box::pin(job(self.delay())),
            4 => {
                let [children, borrowing, body] = [(); 3].map(|()| self.steps(depth, witness));
                Box::pin(group(children, borrowing, body))
            }
            5 => {
                let body = in_order(self.steps(depth, witness));
                Box::pin(async move { ignore_cancellation(body).await })
            }
            6 => {
                let (body, cleanup) = (
                    in_order(self.steps(depth, witness)),
                    self.step(depth - 1, witness),
                );
                Box::pin(async move {
                    if catch_cancelled(body).await.is_err() {
                        ignore_cancellation(cleanup).await;
                    }
                })
            }
            7 => {
                let (delay, body) = (self.delay(), in_order(self.steps(depth, witness)));
                Box::pin(async move {
                    let _ = timeout(delay, body).await;
                })
            }
            8 => {
                let (delay, body) = (self.delay(), in_order(self.steps(depth, witness)));
                Box::pin(async move {
                    let _ = move_on_after(delay, body).await;
                })
            }
            9 => {
                let all = self.steps(depth, witness);
                Box::pin(async move { drop(gather(all).await) })
            }
            10 => {
                let all: FuturesUnordered<_> = self.steps(depth, witness).into_iter().collect();
                Box::pin(async move { all.collect::<Vec<()>>().await.clear() })
            }
            11 => {
                let (delay, body) = (self.delay(), in_order(self.steps(depth, witness)));
                Box::pin(async move {
                    let scope = open_cancel_scope();
                    let cancels = async {
                        sleep(delay).await;
                        scope.cancel();
                    };
                    futures::join!(scope.run(body), cancels);
                })
            }
            12 => {
                let (child, body, joins) = (
                    self.step(depth - 1, witness),
                    in_order(self.steps(depth, witness)),
                    self.below(3),
                );
                Box::pin(async move {
                    let ended = task_group!(|group| {
                        let task = group.spawn_value(child);
                        body.await;
                        match joins {
                            0 => drop(task.join_or_cancel().await),
                            1 => task.wait().await,
                            _ => drop(task.cancel()),
                        }
                    });
                    ended.expect("nothing fails");
                })
            }
            13 => {
                let [one, other] = [(); 2].map(|()| in_order(self.steps(depth, witness)));
                let third = self.step(depth - 1, witness);
                Box::pin(async move {
                    gather!(one, { other.await }, third);
                })
            }
            14 => {
                let [one, other] = [(); 2].map(|()| in_order(self.steps(depth, witness)));
                Box::pin(async move {
                    let left: Option<()> = async {
                        gather!(
                            {
                                one.await;
                                None::<()>?
                            },
                            { other.await },
                        );
                        Some(())
                    }
                    .await;
                    assert!(left.is_none());
                })
            }
            _ => {
                let (one, other) = (self.step(depth - 1, witness), self.step(depth - 1, witness));
                // Around it a group, which adopts what the one that is dropped leaves behind.
                Box::pin(async move {
                    let ended = task_group!(|_group| { drop(futures::future::select(one, other).await) });
                    ended.expect("nothing fails");
                })
            }
        };
        Box::pin(async move {
            step.await;
            drop(held);
        })
    }
}

async fn coro_yield_later() {
    coro_yield().await
}

async fn job(takes_so_long: std::time::Duration) {
    let backend = ensure_backend(None).expect("a simulation runs");
    backend.run_blocking(move || takes(takes_so_long)).await;
}

async fn in_order(steps: Vec<Step>) {
    for step in steps {
        step.await;
    }
}

/// A group whose children tell the body when they are done; one of them fails if there are three.
async fn group(children: Vec<Step>, borrowing: Vec<Step>, body: Vec<Step>) {
    let fails = children.len() == 3;
    let (sender, mut receiver) = mpsc::unbounded();
    let group: TaskGroup = create_task_group();
    let count = borrowing.len();
    let ended = group.run(async {
        for child in children {
            let sender = sender.clone();
            group.start_soon(async move {
                child.await;
                let _ = sender.unbounded_send(());
                if fails {
                    Err(BoxError::from("it fails"))
                } else {
                    Ok(())
                }
            });
        }
        for step in borrowing {
            let sender = &sender;
            group.scoped().start_soon(async move {
                step.await;
                let _ = sender.unbounded_send(());
            });
        }
        in_order(body).await;
        for _ in 0..count {
            receiver.next().await;
        }
    });
    assert!(ended.await.is_ok() || fails);
}

/// A program of its own for each number.
pub(super) fn random(number: u64) -> impl Future<Output = ()> + Send + 'static {
    program(number, &Witness::new())
}

fn program(number: u64, witness: &Witness) -> impl Future<Output = ()> + Send + 'static + use<> {
    in_order(Dice(number).steps(4, witness))
}

#[test]
fn each_ends_and_goes_the_same_way_each_time() {
    for number in 0..200 {
        let simulation = Simulation::new(number).schedule(SCHEDULES[number as usize % 2]);
        let [first, second] = [(); 2].map(|()| {
            let (ended, trace) = simulation.run_traced(random(number));
            ended.unwrap_or_else(|error| panic!("program {number}: {error}"));
            trace
        });
        assert!(first == second, "program {number}");
    }
}

#[test]
fn each_stands_being_cancelled_everywhere() {
    let mut all = 0;
    for number in 0..100 {
        let simulation = Simulation::new(number).schedule(SCHEDULES[number as usize % 2]);
        let points = cancel_at_every_await(&simulation, |cut| async move {
            let part = program(number, &cut.witness());
            cut.run(part).await;
        });
        all += points.unwrap_or_else(|error| panic!("program {number}: {error}"));
    }
    assert!(all > 1000, "there is something to be cancelled: {all}");
}

/// Whether each branch that is to have another below it has one.
fn is_drawn_well(report: &str) -> bool {
    let lines: Vec<Vec<char>> = report.lines().map(|line| line.chars().collect()).collect();
    let at = |line: usize, column| {
        lines
            .get(line)
            .and_then(|line: &Vec<char>| line.get(column).copied())
    };
    (0..lines.len()).all(|line| {
        let mut branches = lines[line]
            .iter()
            .enumerate()
            .filter(|(_, c)| ['├', '│'].contains(c));
        branches.all(|(column, _)| at(line + 1, column).is_some_and(|below| ['├', '│', '└'].contains(&below)))
    })
}

/// The report asks each task where it stands, whatever it is in the midst of.
#[test]
fn each_can_be_given_up_at_any_step() {
    let mut given_up = 0;
    for number in 0..100 {
        for steps in [1, 2, 3, 5, 8, 13, 21, 34] {
            let schedule = SCHEDULES[number as usize % 2];
            let simulation = Simulation::new(number).schedule(schedule).step_limit(steps);
            let report = || {
                simulation
                    .run(random(number))
                    .err()
                    .map(|error| error.to_string())
            };
            let first = report();
            assert_eq!(first, report(), "program {number}");
            let Some(first) = first else { break };
            assert!(!first.contains("lost its waker"), "program {number}: {first}");
            assert!(is_drawn_well(&first), "program {number}: {first}");
            given_up += 1;
        }
    }
    assert!(given_up > 300, "{given_up}");
}

/// What panics there is caught, but printed.
#[test]
fn no_report_panics_on_its_way() {
    let ended = Child::of(module_path!(), "each_can_be_given_up_at_any_step").run();
    assert!(ended.passed);
    assert!(ended.complained.is_empty(), "{}", ended.complained);
}
