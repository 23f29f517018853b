use easynet::prelude::*;

#[derive(Debug)]
enum Failure {
    Io(std::io::Error),
    Own(u8),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Own(code) => code.fmt(f),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

#[easynet::main(backend = "tokio")]
async fn main() {
    let outcome = task_group!(|group: TaskGroup<Failure>| {
        group.start_soon(async { Err::<(), _>(std::io::Error::other("io")) });
    });
    let outcome: Result<(), TaskGroupError<Failure>> = outcome;
    assert_eq!(outcome.unwrap_err().failures().len(), 1);
    let outcome = task_group!(|group: TaskGroup<Failure>| {
        let task = group.spawn(async { Err::<u8, _>(Failure::Own(5)) });
        drop(task.await);
    });
    assert!(outcome.is_err());
}
