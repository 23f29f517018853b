use std::time::Duration;
use easynet::{AsyncBackend as _, ensure_backend, cancel::*, BoxError, TaskGroup,
    sim::{self, Simulation, run, takes}, task::*, prelude::*, net::*,
    time::{coro_yield, current_time, move_on_after, sleep, timeout, sleep_forever},
};
use easynet_tests::*;
use futures::{StreamExt, channel::{mpsc, oneshot}, stream::FuturesUnordered};
use std::future::pending;
use super::*;

#[test]
fn scratch() {
    println!("1 == {}", failure(async { pending::<()>().await }));
    println!("2 == {}", failure(async {
        task_group!(|group| {
            let (a, b) = (oneshot::channel::<Task<()>>(), oneshot::channel::<Task<()>>());
            let left = group.named("left").spawn_value(async move { a.1.await.unwrap().join().await.unwrap() });
            let right = group.named("right").spawn_value(async move { b.1.await.unwrap().join().await.unwrap() });
            _ = a.0.send(right); _ = b.0.send(left);
        }).unwrap()
    }));
    println!("3 == {}", failure(async {
        let scope = open_cancel_scope_after(LONG);
        scope.run(async {
            sleep(ms(1)).await;
            scope.cancel();
            shield!({
                task_group!(|group| {
                    group.named("held").start_soon(sleep_forever());
                    move_on_after(ms(1), async { with_timeout!(2s, ignore_cancellation(catch_cancelled(async { let _ = catch_cancelled(sleep_forever()).await; sleep_forever().await }))).unwrap().unwrap() }).await;
                }).unwrap();
            })
        }).await;
    }));
    println!("4 == {}", failure(async {
        let text = String::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            group.scoped().named("borrows").start_soon(async { let _t = &text; sleep_forever().await });
            group.scoped().named("other").start_soon(async { let _t = &text; task_group!(|g| { g.named("grandchild").start_soon(pending::<()>()); g.named("new").start_soon(pending::<()>()); }).unwrap() });
            let mut all = FuturesUnordered::new();
            for _ in 0..2 { all.push(sleep_forever()); }
            all.next().await;
        }).await.unwrap();
    }));
    println!("5 == {}", failure(async {
        let mut listeners = create_tcp_listeners("127.0.0.1", 80).await.unwrap();
        let mut listener = listeners.remove(0);
        let mut client = create_tcp_connection("127.0.0.1", 80).await.unwrap();
        task_group!(|group| {
        group.named("server").start_soon(async move { let (mut s, _) = listener.accept().await.unwrap(); let v = s.recv(1).await.unwrap(); s.send_all(&v).await.unwrap(); listener.accept().await.unwrap(); });
        client.recv(1).await.unwrap();
        }).unwrap()
    }));
    println!("6 == {}", failure(async {
        ensure_backend(None).unwrap().spawn(sleep_forever_unit());
        let mut p = Box::pin(ignore_cancellation(sleep_forever()));
        assert!(futures::poll!(&mut p).is_pending());
        std::mem::forget(p);
        let g: TaskGroup = create_task_group();
        let g = Box::leak(Box::new(g));
        let mut p = Box::pin(g.run(async { g.named("leaked").start_soon(sleep_forever()); sleep_forever().await }));
        assert!(futures::poll!(&mut p).is_pending());
        std::mem::forget(p);
        coro_yield().await;
    }));
    println!("7 == {}", failure(async {
        ensure_backend(None).unwrap().spawn(async { 
        let mut p = Box::pin(sleep(LONG));
        assert!(futures::poll!(&mut p).is_pending());
        std::mem::forget(p); });
        sleep(ms(1)).await;
    }));
    let sim = Simulation::new(0).step_limit(10);
    println!("8 == {}", sim.run(async { task_group!(|group| { group.named("spin").start_soon(async { loop { coro_yield().await }}); sleep(ms(1)).await; }).unwrap() }).unwrap_err());
    let (_, trace) = Simulation::new(0).run_traced(async { task_group!(|group| { 
        group.named("one").start_soon(async { sleep(ms(1)).await; sleep(ms(2)).await });
        group.named("two").start_soon(async { coro_yield().await; Err("no") });
        sleep_forever().await }) });
    println!("{trace}");
    let (_, trace) = Simulation::new(0).run_traced(async { task_group!(|group| { 
        group.named("one").start_soon(pending::<()>()); }) });
    println!("{trace}");
    // nested
    println!("{:?}", run(1, async { sim::run(2, async {}) .unwrap_err()}));
    println!("{:?}", run(1, async { Runner::TOKIO_CURRENT_THREAD.backend().bootstrap(async {}) .unwrap_err()}));
    println!("{:?}", Runner::SIM.backend().bootstrap(async { pending::<()>().await }).unwrap_err());
    println!("{:?}", sim::cancel_at_every_await(&Simulation::new(3), |cut| async move { 
        cut.run(async { let w = cut.witness(); coro_yield().await; shield!(pending::<()>()); drop(w) }).await; }));
    // lost waker
    let mut n = 0;
    println!("9 == {}", failure(async move { futures::future::poll_fn(move |_| { n += 1; if n < 2 { std::task::Poll::Pending } else { std::task::Poll::Ready(()) } }).await; println!("goes on"); sleep(ms(1)).await; }));
}
async fn sleep_forever_unit() { sleep_forever().await }
