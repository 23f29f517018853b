//! File descriptors: those that were not returned still come with their bytes, and none stays open that nobody has.

use std::{
    fs::File,
    io::{PipeReader, PipeWriter, Read, Write, pipe},
    os::fd::AsFd,
};

use easynet::{task_group, time::sleep};

use super::*;

/// How many pipes are sent.
const PIPES: usize = 3;

fn pipes() -> (Vec<PipeReader>, Vec<PipeWriter>) {
    (0..PIPES).map(|_| pipe().unwrap()).unzip()
}

/// Writes the number of each pipe into it, which ends it.
fn answer(received: Vec<File>) {
    for (number, mut pipe) in received.into_iter().enumerate() {
        pipe.write_all(&[number as u8]).unwrap();
    }
}

/// What is in the pipes, up to their ends: no copy of what writes to them is left.
fn contents(readers: Vec<PipeReader>) -> Vec<Vec<u8>> {
    let contents = readers.into_iter().map(|mut reader| {
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap();
        content
    });
    contents.collect()
}

/// What [`answer`] has written into the first of the pipes.
fn answered(number: usize) -> Vec<Vec<u8>> {
    let written = |pipe| {
        if pipe < number {
            vec![pipe as u8]
        } else {
            Vec::new()
        }
    };
    (0..PIPES).map(written).collect()
}

#[test]
fn descriptors_that_were_not_returned_can_still_be_received() {
    async fn receive(stream: &mut UnixStream, received: &mut Vec<File>) {
        while received.len() < PIPES {
            let message = stream.recv_with_fds(&mut [0; 8]).await.unwrap();
            received.extend(message.into_fds().into_iter().map(File::from));
        }
    }

    at_every_await(|cut| async move {
        let (mut client, mut server) = unix().await;
        let ((readers, writers), mut received) = (pipes(), Vec::new());
        task_group!(|group| {
            group.start_soon(async move {
                for writer in writers {
                    client
                        .send_all_with_fds([&b"take"[..]], &[writer.as_fd()])
                        .await?;
                    sleep(ms(1)).await;
                }
                std::io::Result::Ok(())
            });
            cut.run(receive(&mut server, &mut received)).await;
            receive(&mut server, &mut received).await;
        })
        .unwrap();
        answer(received);
        assert_eq!(contents(readers), answered(PIPES));
    });
}

/// Descriptors go with the first byte: they have arrived, or they have not, and a part of the bytes may have.
#[test]
fn descriptors_whose_sending_was_cancelled_are_not_left_open() {
    at_every_await(|cut| async move {
        let (mut client, mut server) = unix().await;
        let ((readers, writers), mut sent) = (pipes(), 0);
        let data = bytes(60_000);
        let received = task_group!(|group| {
            let receiver = group.spawn_value(async move {
                let (mut received, mut buffer) = (Vec::new(), vec![0; 20_000]);
                loop {
                    let message = server.recv_with_fds(&mut buffer).await.unwrap();
                    if message.is_empty() {
                        return received;
                    }
                    received.extend(message.into_fds().into_iter().map(File::from));
                    sleep(ms(1)).await;
                }
            });
            cut.run(async {
                for writer in &writers {
                    client
                        .send_all_with_fds(data.chunks(999), &[writer.as_fd()])
                        .await
                        .unwrap();
                    sent += 1;
                }
            })
            .await;
            client.aclose().await.unwrap();
            receiver.join().await.unwrap()
        })
        .unwrap();
        let number = received.len();
        assert!(number == sent || number == sent + 1, "{number} pipes, not {sent}");
        answer(received);
        drop(writers);
        assert_eq!(contents(readers), answered(number));
    });
}

/// The same with datagrams, which are sent whole or not at all, by an endpoint and by the sender of a listener.
#[test]
fn datagrams_keep_their_descriptors() {
    async fn receive(listener: &mut UnixDatagramListener, received: &mut Vec<File>, number: usize) {
        while received.len() < number {
            let (message, _) = listener.recv_from_with_fds(&mut [0; 8]).await.unwrap();
            received.extend(message.into_fds().into_iter().map(File::from));
            sleep(ms(1)).await;
        }
    }

    at_every_await(|cut| async move {
        let mut listener = create_unix_datagram_listener("/to").await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint("/to").await.unwrap();
        let sender = create_unix_datagram_listener("/from").await.unwrap().sender();
        let ((readers, writers), mut received) = (pipes(), Vec::new());
        let mut sent = 0;
        // Whoever sends has to wait.
        for _ in 0..10 {
            endpoint.send(b"full").await.unwrap();
        }
        let to = UnixAddress::from("/to");
        cut.run(async {
            let sending = async {
                for writer in &writers {
                    let fds = [writer.as_fd()];
                    match sent % 2 {
                        0 => endpoint.send_with_fds(b"take", &fds).await.unwrap(),
                        _ => sender.send_to_with_fds(b"take", &fds, &to).await.unwrap(),
                    }
                    sent += 1;
                }
            };
            futures::join!(sending, receive(&mut listener, &mut received, PIPES));
        })
        .await;
        receive(&mut listener, &mut received, sent).await;
        assert_eq!(received.len(), sent);
        answer(received);
        drop(writers);
        assert_eq!(contents(readers), answered(sent));
    });
}

#[test]
fn an_endpoint_keeps_descriptors_that_it_has_not_returned() {
    async fn receive(endpoint: &mut UnixDatagramEndpoint, received: &mut Vec<File>) {
        while received.len() < PIPES {
            let message = endpoint.recv_with_fds(&mut [0; 8]).await.unwrap();
            received.extend(message.into_fds().into_iter().map(File::from));
        }
    }

    at_every_await(|cut| async move {
        let sender = create_unix_datagram_listener("/from").await.unwrap().sender();
        let endpoint = create_unix_datagram_endpoint("/from").local_path("/to");
        let mut endpoint = endpoint.await.unwrap();
        let ((readers, writers), mut received) = (pipes(), Vec::new());
        task_group!(|group| {
            group.start_soon(async move {
                for writer in writers {
                    sleep(ms(1)).await;
                    let fds = [writer.as_fd()];
                    sender.send_to_with_fds(b"take", &fds, &"/to".into()).await?;
                }
                std::io::Result::Ok(())
            });
            cut.run(receive(&mut endpoint, &mut received)).await;
            receive(&mut endpoint, &mut received).await;
        })
        .unwrap();
        answer(received);
        assert_eq!(contents(readers), answered(PIPES));
    });
}
