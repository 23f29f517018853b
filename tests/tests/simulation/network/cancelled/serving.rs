//! Serving: who was accepted is handled, who was not still waits, unless the listener is closed with it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use easynet::{BoxError, GroupHandle, TaskGroupError, sync::Event, task_group, time::sleep};

use super::*;

const CLIENTS: u8 = 4;

/// How many handlers there are, were at most, and have answered.
#[derive(Clone, Default)]
struct Tally(Arc<[AtomicUsize; 3]>);

impl Tally {
    /// Handles a connection, for as long as this call lives.
    async fn handle<S: AsyncStreamTransport>(self, mut stream: S) -> Result<(), BoxError> {
        let _place = Place::new(&self);
        let question = stream.recv(8).await?;
        sleep(ms(2)).await;
        stream.send_all(&question).await?;
        self.0[2].fetch_add(1, SeqCst);
        Ok(())
    }

    fn live(&self) -> usize {
        self.0[0].load(SeqCst)
    }

    fn at_most(&self) -> usize {
        self.0[1].load(SeqCst)
    }

    fn answered(&self) -> usize {
        self.0[2].load(SeqCst)
    }
}

struct Place(Tally);

impl Place {
    fn new(tally: &Tally) -> Self {
        let live = tally.0[0].fetch_add(1, SeqCst) + 1;
        tally.0[1].fetch_max(live, SeqCst);
        Self(tally.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0[0].fetch_sub(1, SeqCst);
    }
}

/// The service, on two hosts.
struct Service {
    client: Host,
    server: Host,
    listener: TcpListener,
}

impl Service {
    async fn new() -> Self {
        let (client, server) = linked(wire());
        let listener = listen(&server, 80).await;
        Self {
            client,
            server,
            listener,
        }
    }
}

/// Asks once; whether there was an answer. Without one the connection has ended, or was not opened.
async fn ask(client: &Host, server: &Host, own: u8) -> bool {
    let asked = async {
        let mut stream = connect(client, server, 80).await.map_err(io::Error::from)?;
        stream.send_all(&[own]).await?;
        stream.recv(8).await
    };
    match asked.await {
        Ok(answer) if answer.is_empty() => false,
        Ok(answer) => {
            assert_eq!(answer, [own]);
            true
        }
        Err(error) => {
            let gone = [
                ErrorKind::ConnectionRefused,
                ErrorKind::ConnectionReset,
                ErrorKind::BrokenPipe,
            ];
            assert!(gone.contains(&error.kind()), "{error}");
            false
        }
    }
}

/// Starts all clients; the event is set once they have ended, and says how many had an answer.
fn clients(service: &Service, group: &GroupHandle) -> (Arc<Event>, Arc<AtomicUsize>) {
    let (done, answered) = (Arc::new(Event::new()), Arc::new(AtomicUsize::new(0)));
    let left = Arc::new(AtomicUsize::new(CLIENTS.into()));
    for own in 0..CLIENTS {
        let (client, server) = (service.client.clone(), service.server.clone());
        let (done, answered, left) = (done.clone(), answered.clone(), left.clone());
        group.start_soon(async move {
            sleep(ms(own.into())).await;
            if ask(&client, &server, own).await {
                answered.fetch_add(1, SeqCst);
            }
            if left.fetch_sub(1, SeqCst) == 1 {
                done.set();
            }
        });
    }
    (done, answered)
}

/// A listener that was lent is not closed: what is served before and what is served afterwards makes all.
#[test]
fn whoever_was_not_accepted_waits_for_the_next_who_serves() {
    at_every_await(|cut| async move {
        let mut service = Service::new().await;
        let tally = Tally::default();
        task_group!(|group| {
            let (done, answered) = clients(&service, &group.handle());
            let mut cut = Some(cut);
            loop {
                let own = tally.clone();
                let serve =
                    (&mut service.listener).serve(&group.handle(), move |stream| own.clone().handle(stream));
                let (closer, over) = (serve.closer(), done.clone());
                group.start_soon(async move {
                    over.wait().await;
                    closer.close();
                });
                let ended = match cut.take() {
                    Some(cut) => cut.run(serve).await,
                    None => Some(serve.await),
                };
                if let Some(ended) = ended {
                    assert!(Closed::is(&ended.unwrap_err()));
                    break;
                }
                // Only served again until all have been answered.
                assert!(!service.listener.is_closing());
            }
            assert_eq!(answered.load(SeqCst), usize::from(CLIENTS));
        })
        .unwrap();
        assert_eq!((tally.answered(), tally.live()), (CLIENTS.into(), 0));
        assert!(service.listener.is_closing());
    });
}

/// LSV-05: handlers belong to the group. Whoever was not accepted is told at once, and the port is free.
#[test]
fn handlers_go_on_and_the_others_are_reset() {
    at_every_await(|cut| async move {
        let service = Service::new().await;
        let (tally, own) = (Tally::default(), Tally::default());
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = begun.clone();
        task_group!(|group| {
            let (done, answered) = clients(&service, &group.handle());
            let Service { server, listener, .. } = service;
            let serve = listener.serve(&group.handle(), move |stream| {
                counted.fetch_add(1, SeqCst);
                own.clone().handle(stream)
            });
            let (closer, over) = (serve.closer(), done.clone());
            group.start_soon(async move {
                over.wait().await;
                closer.close();
            });
            cut.run(serve).await;
            drop(listen(&server, 80).await);
            done.wait().await;
            assert_eq!(
                answered.load(SeqCst),
                begun.load(SeqCst),
                "whoever was accepted is answered"
            );
        })
        .unwrap();
        assert_eq!(tally.live(), 0);
    });
}

/// LSV-06, also while it is full.
#[test]
fn a_private_group_has_ended_with_its_service() {
    for most in [1, 2, usize::MAX] {
        at_every_await(move |cut| private(cut, most));
    }
}

async fn private(cut: Cut, most: usize) {
    let service = Service::new().await;
    let tally = Tally::default();
    task_group!(|group| {
        let (done, answered) = clients(&service, &group.handle());
        let Service { server, listener, .. } = service;
        let own = tally.clone();
        let serve = listener.serve_in_private_group(move |stream| {
            let own = own.clone();
            async move {
                own.clone().handle(stream).await?;
                match own.answered() {
                    4 => Err(BoxError::from("enough")),
                    _ => Ok(()),
                }
            }
        });
        if let Some(ended) = cut.run(serve.max_concurrent(most)).await {
            let error: TaskGroupError = ended.unwrap_err();
            assert_eq!(error.failures()[0].error().to_string(), "enough");
        }
        assert_eq!(tally.live(), 0, "handlers are left");
        assert!(tally.at_most() <= most, "{} handlers", tally.at_most());
        drop(listen(&server, 80).await);
        done.wait().await;
        assert!(answered.load(SeqCst) <= tally.answered());
    })
    .unwrap();
}

/// The limit holds, and a cancellation while it holds the loop back leaves nobody in between.
#[test]
fn a_full_service_is_cancelled_as_any_other() {
    at_every_await(|cut| async move {
        let mut service = Service::new().await;
        let tally = Tally::default();
        task_group!(|group| {
            let (done, answered) = clients(&service, &group.handle());
            let own = tally.clone();
            let serving = async {
                task_group!(|handlers| {
                    let serve = (&mut service.listener)
                        .serve(&handlers.handle(), move |stream| own.clone().handle(stream));
                    let (serve, over) = (serve.max_concurrent(2), done.clone());
                    let closer = serve.closer();
                    handlers.start_soon(async move {
                        over.wait().await;
                        closer.close();
                    });
                    assert!(Closed::is(&serve.await.unwrap_err()));
                })
                .unwrap();
            };
            let cancelled = cut.run(serving).await.is_none();
            assert_eq!(tally.live(), 0, "handlers are left");
            assert!(tally.at_most() <= 2, "{} handlers", tally.at_most());
            // Whoever was not accepted still waits: the listener was lent.
            let mut waiting = 0;
            while let Some(accepted) =
                easynet::move_on_after!(1s, { service.listener.accept().await.ok() }).flatten()
            {
                waiting += 1;
                tally.clone().handle(accepted.0).await.unwrap();
            }
            done.wait().await;
            assert!(cancelled || (waiting == 0 && answered.load(SeqCst) == usize::from(CLIENTS)));
            // Those whose handlers were cancelled had none: two at most.
            assert!(answered.load(SeqCst) + 2 >= usize::from(CLIENTS));
            assert!(answered.load(SeqCst) <= tally.answered());
        })
        .unwrap();
    });
}
