//! What was asked for on the command line.

use std::{error::Error, fmt, net::SocketAddr, process, str::FromStr, time::Duration};

use clap::{Args, Parser, value_parser};
use easynet::net::Hosts;

/// An echo service on TCP, and clients that drive it: both at once, unless told otherwise.
#[derive(Debug, Parser)]
#[command(name = "echo", version)]
pub(crate) struct Arguments {
    /// Only serve, on this address: `127.0.0.1:7000`, `localhost:7000`, or `:7000` for all interfaces
    #[arg(long, value_name = "ADDR", conflicts_with = "connect")]
    pub(crate) listen: Option<Place>,

    /// Only drive the service at this address
    #[arg(long, value_name = "ADDR", value_parser = remote)]
    pub(crate) connect: Option<Place>,

    #[command(flatten)]
    pub(crate) load: Load,
}

/// How the service is driven.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// How many clients there are at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) clients: u32,

    /// For how long they talk
    #[arg(long = "seconds", value_name = "N", default_value = "3", value_parser = seconds)]
    pub(crate) duration: Duration,

    /// How many bytes a message has
    #[arg(long, value_name = "BYTES", default_value_t = 64, value_parser = message_size)]
    pub(crate) message_size: usize,
}

/// A host and a port.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Empty for all interfaces.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Arguments {
    /// The arguments; if there is a mistake, the process ends with one line that says which.
    pub(crate) fn of_command_line() -> Self {
        Self::try_parse().unwrap_or_else(|error| {
            if !error.use_stderr() {
                error.exit(); // `--help`, `--version`
            }
            eprintln!(
                "{}",
                error.to_string().lines().next().unwrap_or("error: bad arguments")
            );
            process::exit(2)
        })
    }
}

/// An error and its causes, in one line; a tree of failures stays a tree.
pub(crate) fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let known = error.to_string();
        if !text.contains(&known) {
            text = format!("{text}: {known}");
        }
        cause = error.source();
    }
    text
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is not a number")?;
    if !(0.1..=86_400.0).contains(&seconds) {
        return Err("it is not between 0.1 and 86400".into());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// A message fits into the buffers of a connection, so that a client may send all of it before it reads.
fn message_size(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(bytes @ 1..=65_536) => Ok(bytes),
        _ => Err("it is not between 1 and 65536".into()),
    }
}

fn remote(text: &str) -> Result<Place, String> {
    let place: Place = text.parse()?;
    if place.host.is_empty() {
        Err(format!("it names no host: `localhost:{}`?", place.port))
    } else {
        Ok(place)
    }
}

impl Place {
    pub(crate) fn hosts(&self) -> Hosts {
        self.host.as_str().into()
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = text.rsplit_once(':').ok_or("it is not of the form `host:port`")?;
        let port = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: address.ip().to_string(),
            port: address.port(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} clients, {:?}, messages of {} bytes",
            self.clients, self.duration, self.message_size
        )
    }
}
