//! One run, from the program's first poll to the last check.

use std::{
    future::Future,
    panic::resume_unwind,
    rc::Rc,
    sync::{Arc, Mutex},
};

use easynet_core::{
    BootstrapError, RunnerOptions,
    observe::{Observing, observe},
};

use crate::{
    SimulationError,
    error::{Kind, headline},
    lock::lock,
    plan::Plan,
    report::Scene,
    scheduler::{Kept, Panic, Scheduler, Turn, task::Kind as TaskKind},
    watch::Watch,
};

/// How many jobs run at once, if nobody says otherwise: as many as in most runtimes.
const JOBS: usize = 512;

/// Runs a program to its end, or to no good end.
pub(crate) fn run<F>(plan: &Plan, options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let jobs = options
        .chosen_max_blocking_threads()
        .map_or(JOBS, |jobs| jobs.get());
    let scheduler = Scheduler::new(plan, jobs);
    let output = Arc::new(Mutex::new(None));
    let ended = {
        let _running = scheduler.enter();
        let watch = Watch::new(&scheduler, plan);
        let run = Run {
            plan,
            scheduler: &scheduler,
            observing: observe(watch.clone()),
            watch,
            kept: Kept::default(),
            steps: std::cell::Cell::new(0),
        };
        let desk = output.clone();
        scheduler.spawn(
            TaskKind::Main,
            None,
            Box::pin(async move {
                let value = main.await;
                *lock(&desk) = Some(value);
            }),
        );
        let ended = run.drive();
        run.watch.close();
        scheduler.close(&run.kept);
        ended
    };
    match ended {
        Ok(()) => Ok(lock(&output).take().expect("the program has ended")),
        Err(Halt::Panicked(panic)) => {
            drop(output);
            resume_unwind(panic)
        }
        Err(Halt::Failed(error)) => Err(BootstrapError::stopped("sim", error)),
    }
}

/// Why a run was halted.
enum Halt {
    Panicked(Panic),
    Failed(SimulationError),
}

struct Run<'a> {
    plan: &'a Plan,
    scheduler: &'a Arc<Scheduler>,
    watch: Rc<Watch>,
    observing: Observing,
    kept: Kept,
    steps: std::cell::Cell<u64>,
}

impl Run<'_> {
    /// Takes steps until the program has ended, and nothing is left of it.
    fn drive(&self) -> Result<(), Halt> {
        let mut main_ended = false;
        loop {
            match self.turn() {
                Turn::Ended(cell) => main_ended |= cell.kind() == TaskKind::Main,
                Turn::Pending(_) | Turn::Passed => {}
                Turn::Panicked(panic) => return Err(Halt::Panicked(panic)),
                Turn::Stuck => {
                    let patience = self.plan.patience;
                    if patience.is_zero() || !self.scheduler.wait_for_threads(patience) {
                        return Err(self.halt(Kind::Deadlock, &[]));
                    }
                }
            }
            let is_over = main_ended && !self.scheduler.has_jobs();
            if !is_over && self.steps.get() >= self.plan.step_limit {
                return Err(self.halt(Kind::StepLimit, &[]));
            }
            if is_over {
                return self.check();
            }
        }
    }

    fn turn(&self) -> Turn {
        let (turn, steps) = self.scheduler.turn(&self.kept, &self.watch);
        self.steps.set(steps);
        if let (Turn::Pending(cell), Some(knife)) = (&turn, &self.plan.knife) {
            knife.suspended(|| self.watch.where_is(cell, self.kept.wait(cell)));
        }
        turn
    }

    /// The program has ended: nothing of it may be left.
    fn check(&self) -> Result<(), Halt> {
        let (tasks, timers) = (self.scheduler.live_tasks(), self.scheduler.timers());
        let guards = self.watch.guards();
        if tasks == 0 && timers == 0 && guards.is_empty() {
            return Ok(());
        }
        let mut left = guards;
        match tasks {
            0 => {}
            1 => left.push("a task that nobody waits for".into()),
            tasks => left.push(format!("{tasks} tasks that nobody waits for")),
        }
        match timers {
            0 => {}
            1 => left.push("a timer".into()),
            timers => left.push(format!("{timers} timers")),
        }
        Err(self.halt(Kind::Leak, &left))
    }

    /// Looks at all that is left, and reports it.
    fn halt(&self, kind: Kind, left: &[String]) -> Halt {
        // What is asked from here on is no part of the run.
        self.watch.close();
        let (seed, steps) = (self.scheduler.seed(), self.steps.get());
        let mut report = headline(kind, seed, steps, self.scheduler.now());
        for thing in left {
            report.push_str("\n- left: ");
            report.push_str(thing);
        }
        let scene = self.inspect();
        report.push_str(&scene.to_string());
        Halt::Failed(SimulationError::new(kind, seed, report))
    }

    fn inspect(&self) -> Scene {
        for cell in self.scheduler.tasks() {
            self.watch.inspects(&cell);
            if cell.has_begun() {
                let wait = self.kept.wait(&cell);
                let seen = self.observing.inspect(|| self.scheduler.peek(&self.kept, &cell));
                self.watch.inspected(wait, seen);
            }
        }
        self.watch.scene()
    }
}
