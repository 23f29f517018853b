//! Who is at the other end.

/// The process at the other end of a Unix connection, as it was when that was opened.
///
/// The kernel vouches for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerCredentials {
    pid: Option<i32>,
    uid: u32,
    gid: u32,
}

impl PeerCredentials {
    /// The credentials of a process; for backends.
    pub const fn new(pid: Option<i32>, uid: u32, gid: u32) -> Self {
        Self { pid, uid, gid }
    }

    /// The process, where the operating system tells it.
    pub const fn pid(self) -> Option<i32> {
        self.pid
    }

    /// The effective user.
    pub const fn uid(self) -> u32 {
        self.uid
    }

    /// The effective group.
    pub const fn gid(self) -> u32 {
        self.gid
    }
}
