//! Networking: names, TCP, UDP and Unix sockets, the same on every backend.
//!
//! # What there is
//!
//! | | to connect | to listen | what it yields |
//! |---|---|---|---|
//! | TCP | [`create_tcp_connection`] | [`create_tcp_listeners`] | [`TcpStream`], [`TcpListener`] |
//! | UDP | [`create_udp_endpoint`] | [`create_udp_listeners`] | [`UdpEndpoint`], [`UdpListener`] |
//! | Unix streams | [`create_unix_stream_connection`] | [`create_unix_stream_listener`] | [`UnixStream`], [`UnixListener`] |
//! | Unix datagrams | [`create_unix_datagram_endpoint`] | [`create_unix_datagram_listener`] | [`UnixDatagramEndpoint`], [`UnixDatagramListener`] |
//! | sockets that are there | [`wrap_stream_socket`], [`wrap_connected_datagram_socket`] | | the types above |
//! | names | [`getaddrinfo`], [`getnameinfo`] | | addresses, names |
//!
//! Each of these functions is a builder: its options are methods, and `.await` does it. They find the running backend by themselves;
//! code that is generic over backends calls the methods of the same names of [`AsyncBackend`](crate::AsyncBackend).
//!
//! What a transport or a listener can do is in traits, whose methods the [`prelude`](crate::prelude) brings into scope:
//!
//! | trait | of | does |
//! |---|---|---|
//! | [`AsyncStreamReadTransport`] | streams, read halves | `recv`, `recv_into` |
//! | [`AsyncStreamWriteTransport`] | streams, write halves | `send_all`, `send_all_from_iterable`, `send_eof` |
//! | [`AsyncStreamTransport`] | streams | `split`, `aclose`, `abort`, addresses |
//! | [`AsyncListener`] | stream listeners | `accept`, `serve` |
//! | [`AsyncDatagramReadTransport`] | endpoints, read halves | `recv`, `recv_into` |
//! | [`AsyncDatagramWriteTransport`] | endpoints, write halves | `send` |
//! | [`AsyncDatagramTransport`] | endpoints | `split`, `aclose`, `abort`, addresses |
//! | [`AsyncDatagramListener`] | datagram listeners | `recv_from`, `send_to`, `serve`, `sender` |
//! | [`AsyncDatagramSender`] | their senders | `send_to` |
//! | [`AsyncUnixStreamTransport`] | Unix streams | `recv_with_fds`, `send_all_with_fds`, `peer_credentials` |
//! | [`AsyncUnixDatagramTransport`] and [two](AsyncUnixDatagramListener) [more](AsyncUnixDatagramSender) | Unix datagrams | the same with file descriptors |
//!
//! # A service and its client
//!
//! [`serve`](AsyncListener::serve) runs a handler for each connection as a task of a group. Ending it by its [`closer`](Serve::closer) leaves the
//! handlers alone, and leaving the group waits for them: that is a graceful stop.
//!
//! ```
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() -> Result<(), easynet::BoxError> {
//! use easynet::{net::*, prelude::*};
//!
//! async fn shout(mut stream: TcpStream) -> std::io::Result<()> {
//!     loop {
//!         let data = stream.recv(1024).await?;
//!         if data.is_empty() {
//!             break stream.aclose().await; // the peer sends no more
//!         }
//!         stream.send_all(&data.to_ascii_uppercase()).await?;
//!     }
//! }
//!
//! let listener = create_tcp_listeners("localhost", 0).await?.remove(0);
//! let port = listener.local_address()?.port();
//! task_group!(|group| {
//!     let serve = listener
//!         .serve(&group.handle(), |stream| async { Ok(shout(stream).await?) })
//!         .max_concurrent(1000);
//!     let closer = serve.closer();
//!     let service = group.spawn_value(serve);
//!
//!     let mut client = with_timeout!(5s, create_tcp_connection("localhost", port))??;
//!     client.send_all(b"hello").await?;
//!     assert_eq!(client.recv(16).await?, b"HELLO");
//!     client.aclose().await?;
//!     closer.close();
//!     assert!(Closed::is(&service.join().await?.unwrap_err()));
//! })?;
//! // Nothing of it is left.
//! # Ok(())
//! # }
//! ```
//!
//! `serve` yields an [`io::Error`](std::io::Error) always, [`Closed`] when it was closed; `serve_in_private_group`, which is a group of its own, a
//! [`TaskGroupError`](crate::TaskGroupError) that has it among its failures.
//!
//! # Cancellation
//!
//! All that is awaited here is a checkpoint (C3): in a cancelled scope it touches no socket and never completes. A timeout around an
//! operation, or an operation that loses a race, costs what this table says:
//!
//! | cancelled | costs |
//! |---|---|
//! | `recv`, `recv_into`, `recv_from`, `recv_into_from`, `recv_with_fds`, `recv_from_with_fds` | nothing: what was not returned is still there |
//! | `accept` | nothing: no connection is taken that is not returned |
//! | `send`, `send_to`, `send_with_fds`, `send_to_with_fds` (datagrams) | nothing: it was not sent |
//! | `send_eof` | nothing |
//! | `send_all`, `send_all_from_iterable`, `send_all_with_fds` (streams) | it is not known how much was sent: the stream is to be closed, or the rest sent under a [`shield!`](crate::shield) |
//! | `aclose` | what was under way; it is closed all the same |
//! | `serve` | nothing that was accepted or received: handlers go on in their group. Who waits is reset when the listener is closed by that, and waits on if it was lent: `(&mut listener).serve(..)` |
//! | `serve_in_private_group` | the handlers are cancelled too, and have ended when it has |
//! | `create_..` | nothing: what was open is closed, and files that were made are removed (by a thread that is still at it, a moment later) |
//! | `getaddrinfo`, `getnameinfo` | a question to the resolver that was asked goes on unseen in its thread |
//!
//! The same holds when the scope is that of a group, and for the I/O traits of `futures` and tokio.
//!
//! # Closing
//!
//! | | our end | the peer |
//! |---|---|---|
//! | `send_eof`; dropping a write half | sends no more, still receives | reads all that was sent, then the end |
//! | `aclose` | finishes what is under way, then closes | reads all that was sent, then the end |
//! | `abort`; dropping a stream, or both halves | closes at once | as above: what was sent is in the kernel |
//!
//! TCP has one catch: whoever closes while data of the peer has not been received resets the connection, and the peer may lose what it
//! was sent last. To be sure, say that no more is sent and receive up to the end before closing:
//!
//! ```
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() -> Result<(), easynet::BoxError> {
//! # use easynet::{net::*, prelude::*};
//! # let mut listener = create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
//! # let mut peer = create_tcp_connection("127.0.0.1", listener.local_address()?.port()).await?;
//! # let (mut stream, _) = listener.accept().await?;
//! # peer.send_all(b"unread").await?;
//! # peer.send_eof().await?;
//! stream.send_all(b"goodbye").await?;
//! stream.send_eof().await?;
//! while !stream.recv(1024).await?.is_empty() {}
//! stream.aclose().await?;
//!
//! // Afterwards everything answers with `Closed`, except closing and ending, which are harmless.
//! assert!(Closed::is(&stream.recv(1024).await.unwrap_err()));
//! assert!(stream.is_closing());
//! stream.aclose().await?;
//! # assert_eq!(peer.recv(16).await?, b"goodbye");
//! # Ok(())
//! # }
//! ```
//!
//! A listener that is closed refuses new connections, and connections that nobody has accepted yet are reset; those that were accepted
//! are not concerned. The closer of [`serve`](AsyncListener::serve) lets it take those that wait first, so that a graceful stop loses nobody. A datagram listener that is dropped receives no more, while its senders finish their answers; `aclose` and `abort`
//! close the socket for them too.
//!
//! # Both directions at once
//!
//! Methods take `&mut self`: two readers of one stream do not compile. [`split`](AsyncStreamTransport::split) yields two halves, for
//! two tasks; [`reunite`](AsyncStreamTransport::reunite) makes them one again, and [`StapledStreamTransport`] makes one of any two.
//!
//! ```
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() -> Result<(), easynet::BoxError> {
//! # use easynet::{net::*, prelude::*};
//! # let mut listener = create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
//! # let mut left = create_tcp_connection("127.0.0.1", listener.local_address()?.port()).await?;
//! # let mut right = create_tcp_connection("127.0.0.1", listener.local_address()?.port()).await?;
//! # let ((from, _), (to, _)) = (listener.accept().await?, listener.accept().await?);
//! # left.send_all(b"there").await?;
//! # left.send_eof().await?;
//! # right.send_all(b"back").await?;
//! # right.send_eof().await?;
//! /// One direction of a proxy, up to the end of the stream.
//! async fn copy(mut from: TcpReadHalf, mut to: TcpWriteHalf) -> std::io::Result<()> {
//!     let mut buffer = vec![0; 16 * 1024];
//!     loop {
//!         match from.recv_into(&mut buffer).await? {
//!             0 => break to.send_eof().await,
//!             n => to.send_all(&buffer[..n]).await?,
//!         }
//!     }
//! }
//!
//! let ((from_read, from_write), (to_read, to_write)) = (from.split(), to.split());
//! try_gather!(copy(from_read, to_write), copy(to_read, from_write))?;
//! # assert_eq!((left.recv(16).await?, right.recv(16).await?), (b"back".to_vec(), b"there".to_vec()));
//! # Ok(())
//! # }
//! ```
//!
//! # Datagrams
//!
//! Each is received whole: `recv` and `recv_from` have room for any ([`MAX_DATAGRAM`]); of one that does not fit into the buffer of
//! `recv_into` the rest is lost, and [`DatagramLength`] says so. One that is too large to be sent is an error at once (`EMSGSIZE`). What
//! UDP sends may be lost, so that whoever waits for an answer waits with a timeout, and asks again:
//!
//! ```
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() -> Result<(), easynet::BoxError> {
//! use easynet::{net::*, prelude::*};
//!
//! async fn ask(host: &str, port: u16, question: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
//!     let mut endpoint = create_udp_endpoint(host, port).await?;
//!     for _ in 0..3 {
//!         endpoint.send(question).await?;
//!         if let Some(answer) = move_on_after!(1s, { endpoint.recv().await? }) {
//!             return Ok(Some(answer));
//!         }
//!     }
//!     Ok(None)
//! }
//!
//! let listener = create_udp_listeners("127.0.0.1", 0).await?.remove(0);
//! let (port, sender) = (listener.local_address()?.port(), listener.sender());
//! task_group!(|group| {
//!     let service = group.spawn(listener.serve(&group.handle(), move |_question, peer| {
//!         let sender = sender.clone();
//!         async move { Ok(sender.send_to(b"42", &peer).await?) }
//!     }));
//!     assert_eq!(ask("127.0.0.1", port, b"what is it?").await?.as_deref(), Some(&b"42"[..]));
//!     service.cancel();
//! })?;
//! # Ok(())
//! # }
//! ```
//!
//! # Back-pressure
//!
//! Nothing is queued in user space. `send_all` yields once the kernel has taken all, and waits while the peer does not read;
//! what is received stays in the kernel until it is asked for. With [`max_concurrent`](Serve::max_concurrent) `serve` accepts no more
//! than it can handle: others wait in the backlog, whose length is an option of the listener, and are held up or refused when that is
//! full. Datagrams that are not received in time are dropped by the kernel (UDP), or hold up the sender (Unix).
//!
//! # Errors
//!
//! | error | when |
//! |---|---|
//! | [`ConnectError`] | no address of a host could be connected to: it holds each attempt, or the resolver's error |
//! | [`BindError`] | some addresses could not be listened on: likewise; no listener is left open |
//! | [`LookupError`] | a name was not resolved; inside of an I/O error |
//! | [`WrapError`] | a socket cannot be used: it gives the socket back |
//! | [`NotOneStream`] | two halves do not belong together: it gives them back |
//! | [`Closed`] | we had closed it; inside of an I/O error |
//!
//! All else is an [`io::Error`](std::io::Error) of the operating system, unchanged, and the first two convert into one. `serve` survives
//! what concerns one connection only, and what passes: when the process has too many files open, it logs that and tries again after a
//! tenth of a second.
//!
//! ```
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() {
//! use easynet::net::create_tcp_connection;
//!
//! let error = create_tcp_connection("no-such-host.invalid", 80).await.unwrap_err();
//! assert_eq!(error.to_string(), "cannot connect to no-such-host.invalid:80");
//! assert!(error.attempts().is_empty()); // the name was not resolved
//! # }
//! ```
//!
//! # Options of sockets
//!
//! Connections have `TCP_NODELAY`. Other options are set on the socket, by the crate `socket2`: here, to ask whether the peer is still
//! there after a minute of silence.
//!
//! ```
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() -> Result<(), easynet::BoxError> {
//! # use std::time::Duration;
//! # use easynet::{net::*, prelude::*};
//! # let listener = create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
//! # let stream = create_tcp_connection("127.0.0.1", listener.local_address()?.port()).await?;
//! let keepalive = socket2::TcpKeepalive::new().with_time(Duration::from_secs(60));
//! stream.as_socket()?.set_tcp_keepalive(&keepalive)?;
//! assert!(stream.as_socket()?.keepalive()?);
//! # Ok(())
//! # }
//! ```
//!
//! # Unix sockets
//!
//! They are named by a [`UnixAddress`]: whatever is a path, and on Linux an abstract name, written with a NUL byte in front. A listener
//! can give its file [permissions](CreateUnixStreamListener::mode) that are right from the start,
//! [replace](CreateUnixStreamListener::replace_stale) what a process that has died left behind, and
//! [remove](CreateUnixStreamListener::unlink_on_close) its file in the end, though never that of another. A stream knows
//! [who](AsyncUnixStreamTransport::peer_credentials) is at the other end, and carries
//! [file descriptors](AsyncUnixStreamTransport::recv_with_fds), as datagrams do.
//!
//! # Other crates
//!
//! Streams and halves implement the I/O traits of `futures`, and with the feature `tokio` those of tokio, so that hyper, rustls and
//! codecs work on them. A transport is made of tokio's types by `From`, and given up to std's by `TryFrom`:
//!
//! ```
//! # #[easynet::main(backend = "tokio")]
//! # async fn main() -> Result<(), easynet::BoxError> {
//! # use easynet::{net::*, prelude::*};
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//!
//! # let mut listener = create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
//! # let address = listener.local_address()?;
//! let mut client = TcpStream::from(tokio::net::TcpStream::connect(address).await?);
//! client.write_all(b"one\ntwo\n").await?;
//!
//! # let (stream, _) = listener.accept().await?;
//! let mut lines = BufReader::new(stream).lines();
//! assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
//!
//! let socket = std::net::TcpStream::try_from(client)?; // blocks again
//! # drop(socket);
//! # Ok(())
//! # }
//! ```
//!
//! # In a simulation
//!
//! The same calls work unchanged, and nothing leaves the process. Sockets of the operating system do not exist there: wrapping one,
//! `as_socket` and the conversions into std's types fail with [`Unsupported`](std::io::ErrorKind::Unsupported).

mod delegate;
mod names;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;
mod wrap;

pub use easynet_core::net::{
    AddrInfo, AddrInfoQuery, AddressFamily, AsyncDatagramListener, AsyncDatagramReadTransport,
    AsyncDatagramSender, AsyncDatagramTransport, AsyncDatagramWriteTransport, AsyncListener,
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, BindError, BindOptions,
    Closed, Closer, ConnectError, ConnectOptions, CreateTcpConnection, CreateTcpListeners, CreateUdpEndpoint,
    CreateUdpListeners, DatagramLength, DatagramSocket, GetAddrInfo, GetNameInfo, Hosts, ListenOptions,
    LocalAddress, LookupError, MAX_DATAGRAM, MAX_PIECES, NameInfoFlags, NotOneStream, Serve,
    ServeInPrivateGroup, Service, SocketKind, StapledStreamTransport, StreamSocket, WrapError, Wrapped,
};
#[cfg(unix)]
pub use easynet_core::net::{
    AsyncUnixDatagramListener, AsyncUnixDatagramSender, AsyncUnixDatagramTransport, AsyncUnixStreamTransport,
    CreateUnixDatagramEndpoint, CreateUnixDatagramListener, CreateUnixStreamConnection,
    CreateUnixStreamListener, MAX_FDS, PeerCredentials, ReceivedFds, UnixAddress, UnixBindOptions,
};

#[cfg(unix)]
pub use self::unix::{
    UnixDatagramEndpoint, UnixDatagramListener, UnixDatagramReadHalf, UnixDatagramSender,
    UnixDatagramWriteHalf, UnixListener, UnixReadHalf, UnixStream, UnixWriteHalf,
    create_unix_datagram_endpoint, create_unix_datagram_listener, create_unix_stream_connection,
    create_unix_stream_listener,
};
pub use self::{
    names::{getaddrinfo, getnameinfo},
    tcp::{TcpListener, TcpReadHalf, TcpStream, TcpWriteHalf, create_tcp_connection, create_tcp_listeners},
    udp::{
        UdpEndpoint, UdpListener, UdpReadHalf, UdpSender, UdpWriteHalf, create_udp_endpoint,
        create_udp_listeners,
    },
    wrap::{wrap_connected_datagram_socket, wrap_stream_socket},
};
