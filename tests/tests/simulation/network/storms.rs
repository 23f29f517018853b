//! Everything at once, under many seeds: whatever the network does, bytes arrive in order, once, and nothing is left.

use easynet::{sim::Simulation, task_group, time::sleep, with_timeout};

use super::*;

/// Numbers that a test draws by itself, from the seed of the run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        // A linear congruential generator, of which the upper bits are good enough.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn storm() -> Link {
    Link::new()
        .latency(ms(0)..=ms(40))
        .bandwidth(3_000_000)
        .loss(0.1)
        .duplication(0.1)
        .reordering(0.1)
}

/// Sends so many bytes, whose values count up, in pieces of all sizes.
async fn send(stream: &mut TcpStream, bytes: usize, dice: &mut Dice) {
    let data: Vec<u8> = (0..bytes).map(|number| (number % 251) as u8).collect();
    let mut rest = &data[..];
    while !rest.is_empty() {
        let length = rest.len().min(dice.below(20_000) as usize + 1);
        stream.send_all(&rest[..length]).await.unwrap();
        rest = &rest[length..];
    }
    stream.send_eof().await.unwrap();
}

/// Reads to the end, now and then slowly; how many bytes there were.
async fn receive(stream: &mut TcpStream, dice: &mut Dice) -> usize {
    let mut received = 0;
    loop {
        let some = stream.recv(dice.below(30_000) as usize + 1).await.unwrap();
        if some.is_empty() {
            return received;
        }
        for byte in some {
            assert_eq!(usize::from(byte), received % 251);
            received += 1;
        }
        if dice.below(4) == 0 {
            sleep(ms(dice.below(50))).await;
        }
    }
}

#[test]
fn connections_survive_partitions_and_lose_nothing() {
    for seed in 0..30 {
        let program = async move {
            let (a, b) = linked(storm());
            let mut listener = listen(&b, 80).await;
            task_group!(|group| {
                let weather = group.spawn_value({
                    let (a, b) = (a.clone(), b.clone());
                    async move {
                        let mut dice = Dice(seed);
                        loop {
                            sleep(ms(dice.below(100))).await;
                            network().partition(&a, &b);
                            sleep(ms(dice.below(500))).await;
                            network().heal(&a, &b);
                        }
                    }
                });
                for number in 0..4 {
                    let mut client = connect(&a, &b, 80).await.unwrap();
                    let (mut server, _) = listener.accept().await.unwrap();
                    let (mut ours, mut theirs) = (Dice(seed + number), Dice(seed + 1000 * number));
                    task_group!(|pair| {
                        pair.start_soon(async move {
                            send(&mut client, 200_000, &mut ours).await;
                            assert_eq!(receive(&mut client, &mut ours).await, 100_000);
                        });
                        pair.start_soon(async move {
                            assert_eq!(receive(&mut server, &mut theirs).await, 200_000);
                            send(&mut server, 100_000, &mut theirs).await;
                        });
                    })
                    .unwrap();
                }
                weather.cancel();
            })
            .unwrap();
            drop(listener);
            assert_eq!(network().sockets(), 0);
        };
        Simulation::new(seed)
            .run(program)
            .unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn whatever_is_reset_given_up_and_opened_again_nothing_is_left() {
    for seed in 0..60 {
        let program = async move {
            let hosts = ["a", "b", "c"].map(host);
            network().default_link(storm());
            let (network, mut dice) = (network(), Dice(seed));
            task_group!(|group| {
                let mut services = Vec::new();
                for host in &hosts {
                    let mut listener = host
                        .run(async {
                            create_tcp_listeners("0.0.0.0", 80)
                                .backlog(2)
                                .await
                                .unwrap()
                                .remove(0)
                        })
                        .await;
                    services.push(group.spawn_value(async move {
                        loop {
                            let (mut stream, _) = listener.accept().await.unwrap();
                            // Whatever becomes of it.
                            let _ = with_timeout!(100ms, async {
                                let request = stream.recv(64).await?;
                                stream.send_all(&request).await
                            });
                        }
                    }));
                }
                let mut clients = Vec::new();
                for number in 0..6 {
                    let hosts = hosts.clone();
                    clients.push(group.spawn_value(async move {
                        let mut dice = Dice(seed * 100 + number);
                        for _ in 0..10 {
                            let [from, to] = [(); 2].map(|()| hosts[dice.below(3) as usize].clone());
                            let patience = ms(dice.below(400));
                            let _ = easynet::time::timeout(patience, async {
                                let mut stream = connect(&from, &to, 80).await?;
                                let sent = stream.send_all(&[0; 1_000]).await;
                                let received = stream.recv(64).await;
                                sent.and(received).map_err(|error| error.kind())
                            })
                            .await;
                        }
                    }));
                }
                for _ in 0..60 {
                    sleep(ms(dice.below(60))).await;
                    let index = dice.below(3) as usize;
                    let (a, b) = (&hosts[index], &hosts[(index + 1) % 3]);
                    match dice.below(6) {
                        0 => drop(network.partition(a, b)),
                        1 | 2 => drop(network.heal(a, b)),
                        3 => drop(network.reset(a, b)),
                        4 => drop(a.black_hole(80)),
                        _ => drop(a.admit(80)),
                    }
                }
                for client in clients {
                    client.await.unwrap();
                }
                for service in services {
                    service.cancel();
                }
            })
            .unwrap();
            // The listeners are gone with the services.
            assert_eq!(network.sockets(), 0);
        };
        Simulation::new(seed)
            .run(program)
            .unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_storm_is_the_same_each_time() {
    let trace = |seed| {
        let program = async move {
            let (a, b) = linked(storm());
            let mut listener = listen(&b, 80).await;
            let mut client = connect(&a, &b, 80).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            task_group!(|group| {
                group.start_soon(async move { send(&mut client, 50_000, &mut Dice(1)).await });
                assert_eq!(receive(&mut server, &mut Dice(2)).await, 50_000);
            })
            .unwrap();
        };
        Simulation::new(seed).run_traced(program).1
    };
    assert_eq!(trace(3), trace(3));
    assert_ne!(trace(3), trace(4));
}
