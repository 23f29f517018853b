//! Datagrams: one that was not returned is still there, and one whose sending was cancelled was not sent.

use easynet::{
    task_group,
    time::{move_on_after, sleep},
};

use super::*;

const NUMBER: u8 = 8;

fn all() -> Vec<u8> {
    Vec::from_iter(0..NUMBER)
}

/// How they are received.
#[derive(Clone, Copy)]
enum Way {
    Recv,
    RecvInto,
    /// Under deadlines that strike often.
    Hastily,
}

const WAYS: [Way; 3] = [Way::Recv, Way::RecvInto, Way::Hastily];

/// Receives until there are enough.
async fn receive<R: AsyncDatagramReadTransport>(way: Way, endpoint: &mut R, received: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    while received.len() < NUMBER.into() {
        match way {
            Way::Recv => received.extend(endpoint.recv().await.unwrap()),
            Way::RecvInto => {
                let length = endpoint.recv_into(&mut buffer).await.unwrap();
                received.extend(&buffer[..length.len()]);
            }
            Way::Hastily => {
                if let Some(data) = move_on_after(Duration::from_micros(700), endpoint.recv()).await {
                    received.extend(data.unwrap());
                }
            }
        }
    }
}

/// The same of anybody.
async fn receive_from<L: AsyncDatagramListener>(way: Way, listener: &mut L, received: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    while received.len() < NUMBER.into() {
        match way {
            Way::Recv => received.extend(listener.recv_from().await.unwrap().0),
            Way::RecvInto => {
                let (length, _) = listener.recv_into_from(&mut buffer).await.unwrap();
                received.extend(&buffer[..length.len()]);
            }
            Way::Hastily => {
                if let Some(data) = move_on_after(Duration::from_micros(700), listener.recv_from()).await {
                    received.extend(data.unwrap().0);
                }
            }
        }
    }
}

/// Sends what is numbered, now and then.
async fn send<W: AsyncDatagramWriteTransport>(mut endpoint: W) -> std::io::Result<()> {
    for number in all() {
        endpoint.send(&[number]).await?;
        sleep(ms(u64::from(number % 3))).await;
    }
    Ok(())
}

/// The endpoint receives, from a listener that sends.
async fn receiving<L, E>(way: Way, cut: Cut, listener: L, endpoint: E, address: L::Address)
where
    L: AsyncDatagramListener + 'static,
    E: AsyncDatagramTransport,
{
    let mut received = Vec::new();
    task_group!(|group| {
        group.start_soon(async move {
            for number in all() {
                listener.send_to(&[number], &address).await?;
                sleep(ms(u64::from(number % 3))).await;
            }
            std::io::Result::Ok(())
        });
        // By its half, and afterwards as a whole.
        let (mut reader, writer) = endpoint.split();
        cut.run(receive(way, &mut reader, &mut received)).await;
        let mut endpoint = E::reunite(reader, writer).expect("they are of one endpoint");
        receive(way, &mut endpoint, &mut received).await;
    })
    .unwrap();
    assert_eq!(received, all());
}

/// The listener receives, from an endpoint that sends.
async fn listening<L, E>(way: Way, cut: Cut, mut listener: L, endpoint: E)
where
    L: AsyncDatagramListener,
    E: AsyncDatagramTransport,
{
    let mut received = Vec::new();
    task_group!(|group| {
        group.start_soon(send(endpoint));
        cut.run(receive_from(way, &mut listener, &mut received)).await;
        receive_from(way, &mut listener, &mut received).await;
    })
    .unwrap();
    assert_eq!(received, all());
}

/// A listener on one host, and an endpoint on another.
async fn far_udp() -> (UdpListener, UdpEndpoint) {
    let (a, b) = linked(Link::new().latency(ms(2)));
    let open = create_udp_listeners("0.0.0.0", 80);
    let listener = b.run(async { open.await.unwrap().remove(0) }).await;
    let address = b.ipv4().unwrap().to_string();
    let endpoint = a
        .run(async { create_udp_endpoint(&address, 80).await.unwrap() })
        .await;
    (listener, endpoint)
}

async fn near_unix() -> (UnixDatagramListener, UnixDatagramEndpoint) {
    let listener = create_unix_datagram_listener("/listener").await.unwrap();
    let endpoint = create_unix_datagram_endpoint("/listener").local_path("/endpoint");
    (listener, endpoint.await.unwrap())
}

#[test]
fn a_datagram_that_was_not_returned_can_still_be_received() {
    for way in WAYS {
        at_every_await(|cut| async move {
            let (listener, endpoint) = far_udp().await;
            let address = endpoint.local_address().unwrap();
            receiving(way, cut, listener, endpoint, address).await;
        });
        at_every_await(|cut| async move {
            let (listener, endpoint) = near_unix().await;
            receiving(way, cut, listener, endpoint, "/endpoint".into()).await;
        });
    }
}

#[test]
fn a_listener_keeps_what_it_has_not_returned() {
    for way in WAYS {
        at_every_await(|cut| async move {
            let (listener, endpoint) = far_udp().await;
            listening(way, cut, listener, endpoint).await;
        });
        at_every_await(|cut| async move {
            let (listener, endpoint) = near_unix().await;
            listening(way, cut, listener, endpoint).await;
        });
    }
}

/// How many are sent: more than a Unix socket has room for.
const MANY: u8 = 25;

/// Receives up to the last one, slowly.
async fn drain<L: AsyncDatagramListener>(mut listener: L) -> Vec<u8> {
    let mut received = Vec::new();
    loop {
        match listener.recv_from().await.unwrap().0[..] {
            [LAST] => return received,
            [number] => received.push(number),
            ref other => panic!("{other:?}"),
        }
        sleep(ms(1)).await;
    }
}

/// What is sent with: an endpoint, a half of one, or one of these.
trait Sends: Send {
    fn post<'a>(&'a mut self, data: &'a [u8]) -> impl Future<Output = std::io::Result<()>> + Send + 'a;
}

impl<W: AsyncDatagramWriteTransport> Sends for W {
    fn post<'a>(&'a mut self, data: &'a [u8]) -> impl Future<Output = std::io::Result<()>> + Send + 'a {
        self.send(data)
    }
}

struct Listener(UnixDatagramListener, UnixAddress);

impl Sends for Listener {
    fn post<'a>(&'a mut self, data: &'a [u8]) -> impl Future<Output = std::io::Result<()>> + Send + 'a {
        self.0.send_to(data, &self.1)
    }
}

struct Sender(UnixDatagramSender, UnixAddress);

impl Sends for Sender {
    fn post<'a>(&'a mut self, data: &'a [u8]) -> impl Future<Output = std::io::Result<()>> + Send + 'a {
        self.0.send_to(data, &self.1)
    }
}

/// Sends many: those count as sent whose sending has completed, and no other one arrives.
async fn sending<L, S>(cut: Cut, listener: L, mut sender: S)
where
    L: AsyncDatagramListener + 'static,
    S: Sends,
{
    let mut sent = Vec::new();
    let received = task_group!(|group| {
        let receiver = group.spawn_value(drain(listener));
        cut.run(async {
            for number in 0..MANY {
                sender.post(&[number]).await.unwrap();
                sent.push(number);
            }
        })
        .await;
        sender.post(&[LAST]).await.unwrap();
        receiver.join().await.unwrap()
    })
    .unwrap();
    assert_eq!(received, sent);
}

#[test]
fn a_datagram_whose_sending_was_cancelled_was_not_sent() {
    at_every_await(|cut| async move {
        let (listener, endpoint) = near_unix().await;
        sending(cut, listener, endpoint).await;
    });
    at_every_await(|cut| async move {
        let (listener, endpoint) = near_unix().await;
        let (_reader, writer) = endpoint.split();
        sending(cut, listener, writer).await;
    });
}

#[test]
fn a_listener_has_not_sent_what_was_cancelled() {
    at_every_await(|cut| async move {
        let listener = create_unix_datagram_listener("/to").await.unwrap();
        let from = create_unix_datagram_listener("/from").await.unwrap();
        sending(cut, listener, Listener(from, "/to".into())).await;
    });
    at_every_await(|cut| async move {
        let listener = create_unix_datagram_listener("/to").await.unwrap();
        let from = create_unix_datagram_listener("/from").await.unwrap();
        sending(cut, listener, Sender(from.sender(), "/to".into())).await;
    });
}

/// UDP never waits for a peer: what was sent before the cancellation arrives, nothing afterwards.
#[test]
fn what_was_sent_by_udp_arrives() {
    at_every_await(|cut| async move {
        let (listener, mut endpoint) = far_udp().await;
        let mut sent = Vec::new();
        let received = task_group!(|group| {
            let receiver = group.spawn_value(drain(listener));
            cut.run(async {
                for number in all() {
                    sleep(ms(1)).await;
                    endpoint.send(&[number]).await.unwrap();
                    sent.push(number);
                }
            })
            .await;
            endpoint.send(&[LAST]).await.unwrap();
            receiver.join().await.unwrap()
        })
        .unwrap();
        assert_eq!(received, sent);
    });
}
