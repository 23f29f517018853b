//! Room for the longest datagram there is, which each thread has once.
//!
//! Who waits for a datagram holds none: ten thousand may. Nor is it made anew, and cleared, for each that comes.

use std::cell::RefCell;

use super::MAX_DATAGRAM;

thread_local! {
    /// Empty until it is needed, and while it is lent.
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends room to who looks for a datagram.
pub(in crate::net) fn with_room<R>(look: impl FnOnce(&mut [u8]) -> R) -> R {
    // Taken out: a transport that looks for a datagram of another finds none, and makes its own.
    let mut room = ROOM.try_with(RefCell::take).unwrap_or_default();
    if room.is_empty() {
        room = vec![0; MAX_DATAGRAM];
    }
    let found = look(&mut room);
    let _ = ROOM.try_with(|own| own.replace(room));
    found
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_inside_of_who_has_been_lent_some() {
        let (outer, inner) = with_room(|outer| {
            outer[0] = 1;
            let inner = with_room(|inner| {
                inner[0] = 2;
                inner.len()
            });
            assert_eq!(outer[0], 1);
            (outer.len(), inner)
        });
        assert_eq!((outer, inner), (MAX_DATAGRAM, MAX_DATAGRAM));
    }
}
