//! Progress while the clients talk: a bar on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use easynet::time::sleep;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::statistics::{Statistics, grouped};

/// Shows progress until it is cancelled, which takes the bar away.
pub(crate) async fn show(statistics: &Statistics, duration: Duration) {
    let target = ProgressDrawTarget::stdout();
    let on_terminal = !target.is_hidden();
    let bar = Bar(ProgressBar::with_draw_target(
        Some(duration.as_millis() as u64),
        target,
    ));
    bar.0
        .set_style(ProgressStyle::with_template("{bar:40.cyan} {msg}").expect("the template is valid"));
    let step = if on_terminal {
        Duration::from_millis(100)
    } else {
        Duration::from_secs(1)
    };
    let started = Instant::now();
    let mut before = 0;
    loop {
        sleep(step).await;
        let messages = statistics.messages();
        let rate = grouped(((messages - before) as f64 / step.as_secs_f64()) as u64);
        if on_terminal {
            bar.0.set_position(started.elapsed().as_millis() as u64);
            bar.0.set_message(format!("{rate} messages/s"));
        } else {
            println!("{:4.1} s  {rate} messages/s", started.elapsed().as_secs_f64());
        }
        before = messages;
    }
}

/// A bar that goes when it is dropped.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
