//! A backend of a user's own, which counts what is asked of it: one timer for each task, touched seldom.
#![forbid(unsafe_code)]

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

#[cfg(unix)]
use easynet::net::{UnixAddress, UnixBindOptions};
use easynet::{
    AsyncBackend, BootstrapError, BoxError, BuiltinBackend, RunnerOptions, TaskGroupError,
    backend::Timer,
    net::{AddrInfo, AddrInfoQuery, BindOptions, ConnectOptions, ListenOptions, NameInfoFlags, WrapError},
    task::get_current_task,
};
use easynet_tests::{LONG, Log, Runner, ms};
use futures::{StreamExt, stream::FuturesUnordered};

#[derive(Debug, Default)]
struct Counts {
    timers: AtomicUsize,
    resets: AtomicUsize,
    clock: AtomicUsize,
    tasks: AtomicUsize,
}

impl Counts {
    fn timers(&self) -> usize {
        self.timers.load(SeqCst)
    }

    fn resets(&self) -> usize {
        self.resets.load(SeqCst)
    }

    fn clock(&self) -> usize {
        self.clock.load(SeqCst)
    }
}

/// Another backend, and what it was asked for.
#[derive(Clone)]
struct Counting {
    inner: BuiltinBackend,
    counts: Arc<Counts>,
}

impl Counting {
    /// Runs a program on one thread in virtual time.
    fn run_watched<F, P>(program: P) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
        P: FnOnce(Counting) -> F + Send + 'static,
    {
        Runner::TOKIO_CURRENT_THREAD.watch(|runner| {
            let backend = Self {
                inner: runner.backend(),
                counts: Arc::default(),
            };
            backend
                .clone()
                .bootstrap_with(&runner.options(), program(backend))
                .expect("nothing runs here yet")
        })
    }
}

impl fmt::Debug for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counting")
    }
}

struct CountingTimer {
    inner: Pin<Box<<BuiltinBackend as AsyncBackend>::Timer>>,
    counts: Arc<Counts>,
}

impl Timer for CountingTimer {
    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.counts.resets.fetch_add(1, SeqCst);
        self.inner.as_mut().reset(deadline);
    }

    fn poll_elapsed(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.inner.as_mut().poll_elapsed(cx)
    }

    fn is_elapsed(&self) -> bool {
        self.inner.is_elapsed()
    }
}

impl AsyncBackend for Counting {
    type Timer = CountingTimer;
    type TcpStream = <BuiltinBackend as AsyncBackend>::TcpStream;
    type TcpListener = <BuiltinBackend as AsyncBackend>::TcpListener;
    type UdpEndpoint = <BuiltinBackend as AsyncBackend>::UdpEndpoint;
    type UdpListener = <BuiltinBackend as AsyncBackend>::UdpListener;
    #[cfg(unix)]
    type UnixStream = <BuiltinBackend as AsyncBackend>::UnixStream;
    #[cfg(unix)]
    type UnixListener = <BuiltinBackend as AsyncBackend>::UnixListener;
    #[cfg(unix)]
    type UnixDatagramEndpoint = <BuiltinBackend as AsyncBackend>::UnixDatagramEndpoint;
    #[cfg(unix)]
    type UnixDatagramListener = <BuiltinBackend as AsyncBackend>::UnixDatagramListener;

    fn name(&self) -> &'static str {
        "counting"
    }

    fn current() -> Option<Self> {
        Some(Self {
            inner: BuiltinBackend::current()?,
            counts: Arc::default(),
        })
    }

    fn bind(&self) -> Self {
        Self {
            inner: self.inner.bind(),
            counts: self.counts.clone(),
        }
    }

    fn unbind(&self) -> Self {
        Self {
            inner: self.inner.unbind(),
            counts: self.counts.clone(),
        }
    }

    fn run<F>(&self, options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.inner.run(options, main)
    }

    fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.counts.tasks.fetch_add(1, SeqCst);
        self.inner.spawn(task);
    }

    fn current_time(&self) -> Instant {
        self.counts.clock.fetch_add(1, SeqCst);
        self.inner.current_time()
    }

    fn timer(&self, deadline: Instant) -> CountingTimer {
        self.counts.timers.fetch_add(1, SeqCst);
        CountingTimer {
            inner: Box::pin(self.inner.timer(deadline)),
            counts: self.counts.clone(),
        }
    }

    async fn run_blocking<J, T>(&self, job: J) -> T
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.inner.run_blocking(job).await
    }

    fn is_here(&self) -> bool {
        self.inner.is_here()
    }

    fn has_one_thread(&self) -> bool {
        self.inner.has_one_thread()
    }

    fn block_thread(
        &self,
        limit: Option<Duration>,
        poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> bool {
        self.inner.block_thread(limit, poll)
    }

    fn thread_checkpoint(&self) {
        self.inner.thread_checkpoint();
    }

    async fn lookup_addresses(&self, query: &AddrInfoQuery) -> io::Result<Vec<AddrInfo>> {
        self.inner.lookup_addresses(query).await
    }

    async fn lookup_names(&self, address: SocketAddr, flags: NameInfoFlags) -> io::Result<(String, String)> {
        self.inner.lookup_names(address, flags).await
    }

    async fn connect_tcp(
        &self,
        address: SocketAddr,
        options: &ConnectOptions,
    ) -> io::Result<Self::TcpStream> {
        self.inner.connect_tcp(address, options).await
    }

    fn listen_tcp(&self, address: SocketAddr, options: &ListenOptions) -> io::Result<Self::TcpListener> {
        self.inner.listen_tcp(address, options)
    }

    fn connect_udp(&self, address: SocketAddr, options: &ConnectOptions) -> io::Result<Self::UdpEndpoint> {
        self.inner.connect_udp(address, options)
    }

    fn bind_udp(&self, address: SocketAddr, options: &BindOptions) -> io::Result<Self::UdpListener> {
        self.inner.bind_udp(address, options)
    }

    #[cfg(unix)]
    async fn connect_unix(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<Self::UnixStream> {
        self.inner.connect_unix(address, local).await
    }

    #[cfg(unix)]
    async fn listen_unix(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<Self::UnixListener> {
        self.inner.listen_unix(address, options).await
    }

    #[cfg(unix)]
    async fn connect_unix_datagram(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<Self::UnixDatagramEndpoint> {
        self.inner.connect_unix_datagram(address, local).await
    }

    #[cfg(unix)]
    async fn bind_unix_datagram(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<Self::UnixDatagramListener> {
        self.inner.bind_unix_datagram(address, options).await
    }

    fn wrap_tcp_stream(
        &self,
        socket: std::net::TcpStream,
    ) -> Result<Self::TcpStream, WrapError<std::net::TcpStream>> {
        self.inner.wrap_tcp_stream(socket)
    }

    fn wrap_udp_socket(
        &self,
        socket: std::net::UdpSocket,
    ) -> Result<Self::UdpEndpoint, WrapError<std::net::UdpSocket>> {
        self.inner.wrap_udp_socket(socket)
    }

    #[cfg(unix)]
    fn wrap_unix_stream(
        &self,
        socket: std::os::unix::net::UnixStream,
    ) -> Result<Self::UnixStream, WrapError<std::os::unix::net::UnixStream>> {
        self.inner.wrap_unix_stream(socket)
    }

    #[cfg(unix)]
    fn wrap_unix_datagram(
        &self,
        socket: std::os::unix::net::UnixDatagram,
    ) -> Result<Self::UnixDatagramEndpoint, WrapError<std::os::unix::net::UnixDatagram>> {
        self.inner.wrap_unix_datagram(socket)
    }
}

/// Everything that is provided works on top of what the user wrote.
#[test]
fn a_backend_of_a_users_own_works() {
    let (counts, log) = Counting::run_watched(|backend| async move {
        let log = Log::new();
        assert_eq!(get_current_task().name(), "main");
        backend.sleep(ms(1)).await;
        backend.coro_yield().await;
        assert!(backend.timeout(ms(1), backend.sleep_forever()).await.is_err());
        let scope = backend.open_cancel_scope_after(ms(1));
        let value = scope.run(backend.catch_cancelled(backend.sleep_forever())).await;
        assert!(value.unwrap().unwrap_err().reason().is_deadline());
        assert_eq!(backend.gather((0..3).map(|n| async move { n })).await, [0, 1, 2]);
        let group = backend.create_task_group::<BoxError>();
        let inside = log.clone();
        let own = backend.clone();
        let error: TaskGroupError = group
            .run(async {
                group
                    .start(async move {
                        let _ = own.catch_cancelled(own.sleep_forever()).await;
                        own.ignore_cancellation(own.sleep(ms(1))).await;
                        inside.add("cleaned");
                        Ok::<_, BoxError>(())
                    })
                    .await;
                group.named("culprit").start_soon(async { Err("no luck") });
            })
            .await
            .unwrap_err();
        assert_eq!(error.failures()[0].task().name(), "culprit");
        assert!(backend.bootstrap(async {}).unwrap_err().is_nested());
        (backend.counts, log)
    });
    log.assert(&["cleaned"]);
    assert_eq!(counts.tasks.load(SeqCst), 2);
}

/// Time: a loop of timeouts touches the runtime's timer once.
#[test]
fn a_loop_of_timeouts_touches_the_timer_once() {
    let counts = Counting::run_watched(|backend| async move {
        for _ in 0..1000 {
            backend.timeout(LONG, backend.coro_yield()).await.unwrap();
            let inner = backend.move_on_after(LONG * 2, backend.coro_yield());
            backend.timeout(LONG, inner).await.unwrap().unwrap();
        }
        backend.counts
    });
    assert_eq!((counts.timers(), counts.resets()), (1, 0));
}

/// Time: and once in every thirty seconds that pass.
#[test]
fn a_loop_of_timeouts_touches_the_timer_each_time_a_deadline_would_have_passed() {
    let counts = Counting::run_watched(|backend| async move {
        // Another task lets time pass: a second for each turn, an hour in all.
        let group = backend.create_task_group::<BoxError>();
        let (tick, mut ticks) = futures::channel::mpsc::unbounded();
        let counts = backend.counts.clone();
        group
            .run(async {
                let own = backend.clone();
                group.start_soon(async move {
                    for _ in 0..3600 {
                        own.sleep(Duration::from_secs(1)).await;
                        tick.unbounded_send(()).unwrap();
                    }
                });
                let before = (counts.timers(), counts.resets());
                let mut turns = 0;
                while backend
                    .timeout(Duration::from_secs(30), ticks.next())
                    .await
                    .unwrap()
                    .is_some()
                {
                    turns += 1;
                }
                assert_eq!(turns, 3600);
                assert_eq!(before, (0, 0));
            })
            .await
            .unwrap();
        counts
    });
    // Both tasks have one timer; that of the ticks is reset for each, the other one every thirty turns.
    assert_eq!(counts.timers(), 2);
    assert!(counts.resets() <= 3600 + 3600 / 29 + 2, "{counts:?}");
}

/// Time: one timer for each task, however many wait in it, under foreign wakers too.
#[test]
fn a_task_has_one_timer() {
    let counts = Counting::run_watched(|backend| async move {
        let mut sleeps = FuturesUnordered::from_iter(
            (1..101).map(|n| backend.timeout(LONG, backend.sleep(ms(n % 10 + 1)))),
        );
        let mut ended = 0;
        while sleeps.next().await.is_some() {
            ended += 1;
        }
        assert_eq!(ended, 100);
        drop(sleeps);
        backend.counts
    });
    assert_eq!(counts.timers(), 1);
    assert!(counts.resets() <= 11, "{counts:?}");

    let counts = Counting::run_watched(|backend| async move {
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                for n in 0..10 {
                    let own = backend.clone();
                    group.start_soon(async move {
                        for _ in 0..3 {
                            own.sleep(ms(n)).await;
                        }
                    });
                }
            })
            .await
            .unwrap();
        backend.counts
    });
    // The first of them sleeps for no time at all, which needs no timer.
    assert_eq!(counts.timers(), 9);
}

/// Time: what needs no timer makes none.
#[test]
fn a_task_that_waits_for_no_moment_has_no_timer() {
    let counts = Counting::run_watched(|backend| async move {
        backend.coro_yield().await;
        backend.sleep(Duration::ZERO).await;
        backend.timeout(LONG, async {}).await.unwrap();
        assert!(
            backend
                .move_on_after(Duration::ZERO, backend.sleep_forever())
                .await
                .is_none()
        );
        let scope = backend.open_cancel_scope();
        scope.cancel();
        assert!(scope.run(backend.sleep(LONG)).await.is_none());
        backend.ignore_cancellation(backend.coro_yield()).await;
        let group = backend.create_task_group::<BoxError>();
        group.run(async { group.start_soon(async {}) }).await.unwrap();
        backend
            .timeout(Duration::MAX, backend.coro_yield())
            .await
            .unwrap();
        backend.counts
    });
    assert_eq!(counts.timers(), 0);
}

/// Time: the clock is read when a delay begins, and when the timer is set or has fired; not on wake-ups.
#[test]
fn the_clock_is_not_read_on_wake_ups() {
    let counts = Counting::run_watched(|backend| async move {
        let before = backend.counts.clock();
        backend
            .timeout(LONG, async {
                for _ in 0..1000 {
                    backend.coro_yield().await;
                }
            })
            .await
            .unwrap();
        assert!(backend.counts.clock() - before <= 2);
        let before = backend.counts.clock();
        backend.sleep(ms(1)).await;
        assert!(backend.counts.clock() - before <= 3);
        backend.counts
    });
    assert_eq!((counts.timers(), counts.resets()), (1, 1));
}

/// Time: a nearer deadline moves the timer, one that is further away does not.
#[test]
fn a_deadline_that_moves_touches_the_timer_only_when_it_comes_nearer() {
    let counts = Counting::run_watched(|backend| async move {
        let start = backend.current_time();
        let scope = backend.open_cancel_scope_after(LONG);
        let value = scope
            .run(async {
                for round in 0..100 {
                    scope.reschedule(start + LONG * (round + 2));
                    backend.coro_yield().await;
                }
                for round in 0..10 {
                    scope.reschedule(start + LONG - ms(round));
                    backend.coro_yield().await;
                }
                backend.sleep_forever().await
            })
            .await;
        assert!(value.is_none());
        assert_eq!(backend.current_time(), start + LONG - ms(9));
        backend.counts
    });
    assert_eq!(counts.timers(), 1);
    assert!(counts.resets() <= 10, "{counts:?}");
}
