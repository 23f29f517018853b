//! Those who wait for a condition, with a ticket each.
//!
//! # Invariants
//!
//! 1. Tickets are given in order, and entries are in the order of their tickets. Who leaves from within leaves its entry empty, and such
//!    entries are thrown away when they are most of all.
//! 2. All before [`served`](Tickets::served) are out of the line, and none from there on.
//! 3. A range of tickets that were served all at once is there for as long as one of them has not gone on or left.

use std::{collections::VecDeque, task::Waker};

use super::wakers::Wakers;

/// A place in the line. Tickets are even, so that there is room for [`ALL`], and start again when all have been given.
pub(super) type Ticket = usize;

/// In [`Tickets::served`]: some were served all at once, and have not gone on.
pub(super) const ALL: usize = 1;

/// Whether a ticket is before the one that is served next.
#[inline]
pub(super) fn is_served(served: usize, ticket: Ticket) -> bool {
    (served & !ALL).wrapping_sub(ticket) as isize > 0
}

pub(super) struct Tickets {
    waiting: VecDeque<(Ticket, Option<Waker>)>,
    /// How many of the entries are empty.
    empty: usize,
    /// Who comes next has this ticket.
    next: Ticket,
    served: Ticket,
    at_once: Vec<AtOnce>,
}

/// The tickets before `end`, and not before `start`.
struct AtOnce {
    start: Ticket,
    end: Ticket,
    /// How many of them have not gone on.
    count: usize,
}

impl Tickets {
    pub(super) const fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            empty: 0,
            next: 0,
            served: 0,
            at_once: Vec::new(),
        }
    }

    /// Up to which ticket all have been served, and perhaps [`ALL`].
    pub(super) fn served(&self) -> usize {
        self.served | if self.at_once.is_empty() { 0 } else { ALL }
    }

    pub(super) fn enter(&mut self, waker: Waker) -> Ticket {
        let ticket = self.next;
        self.next = ticket.wrapping_add(2);
        self.waiting.push_back((ticket, Some(waker)));
        ticket
    }

    /// Serves the first, so many; how many were there.
    fn serve_first(&mut self, n: usize, wakers: &mut Wakers) -> usize {
        let mut count = 0;
        while count < n
            && let Some((ticket, waker)) = self.waiting.pop_front()
        {
            match waker {
                Some(waker) => {
                    self.served = ticket.wrapping_add(2);
                    wakers.push(waker);
                    count += 1;
                }
                None => self.empty -= 1,
            }
        }
        count
    }

    pub(super) fn serve(&mut self, n: usize, wakers: &mut Wakers) {
        self.serve_first(n, wakers);
    }

    /// Serves all; whoever leaves then passes nothing on.
    pub(super) fn serve_all(&mut self, wakers: &mut Wakers) {
        let start = self.served;
        let count = self.serve_first(usize::MAX, wakers);
        if count > 0 {
            let end = self.served;
            self.at_once.push(AtOnce { start, end, count });
        }
    }

    /// Where the entry of a ticket is that has not been served.
    fn find(&self, ticket: Ticket) -> Option<usize> {
        let first = self.waiting.front()?.0;
        self.waiting
            .binary_search_by_key(&ticket.wrapping_sub(first), |entry| entry.0.wrapping_sub(first))
            .ok()
    }

    /// Whom to wake, unless it was served.
    pub(super) fn waker(&mut self, ticket: Ticket) -> Option<&mut Waker> {
        let entry = self.find(ticket)?;
        self.waiting[entry].1.as_mut()
    }

    /// Takes one out who is in the line or was served, and serves another one in its place (unless all were served at once).
    pub(super) fn leave(&mut self, ticket: Ticket, wakers: &mut Wakers) -> Option<Waker> {
        if !is_served(self.served, ticket) {
            return self.take_out(ticket);
        }
        if !self.count_off(ticket) {
            self.serve(1, wakers);
        }
        None
    }

    fn take_out(&mut self, ticket: Ticket) -> Option<Waker> {
        let entry = self.find(ticket)?;
        let waker = self.waiting[entry].1.take();
        self.empty += 1;
        // Invariant 1.
        if self.empty * 2 > self.waiting.len() {
            self.waiting.retain(|entry| entry.1.is_some());
            self.empty = 0;
        }
        waker
    }

    /// Counts one off who was served with all others; false if it was not.
    pub(super) fn count_off(&mut self, ticket: Ticket) -> bool {
        let within = |at_once: &AtOnce| is_served(at_once.end, ticket) && !is_served(at_once.start, ticket);
        let Some(index) = self.at_once.iter().position(within) else {
            return false;
        };
        self.at_once[index].count -= 1;
        if self.at_once[index].count == 0 {
            self.at_once.swap_remove(index);
        }
        true
    }
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use super::*;

    fn enter(line: &mut Tickets, n: usize) -> Vec<Ticket> {
        (0..n).map(|_| line.enter(Waker::noop().clone())).collect()
    }

    fn served(line: &Tickets, tickets: &[Ticket]) -> Vec<bool> {
        tickets
            .iter()
            .map(|ticket| is_served(line.served(), *ticket))
            .collect()
    }

    #[test]
    fn those_who_came_first_are_served_first_also_when_tickets_start_again() {
        for start in [0, usize::MAX - 3] {
            let mut line = Tickets::new();
            (line.next, line.served) = (start & !ALL, start & !ALL);
            let tickets = enter(&mut line, 4);
            assert_eq!(served(&line, &tickets), [false; 4]);
            line.serve(2, &mut Wakers::new());
            assert_eq!(served(&line, &tickets), [true, true, false, false]);
            assert!(line.waker(tickets[1]).is_none());
            assert!(line.waker(tickets[3]).is_some());
            line.serve(9, &mut Wakers::new());
            assert_eq!(served(&line, &tickets), [true; 4]);
        }
    }

    #[test]
    fn one_that_was_served_and_leaves_passes_it_on() {
        let mut line = Tickets::new();
        let tickets = enter(&mut line, 3);
        line.serve(1, &mut Wakers::new());
        assert!(line.leave(tickets[1], &mut Wakers::new()).is_some());
        assert_eq!(served(&line, &tickets), [true, false, false]);
        assert!(line.leave(tickets[0], &mut Wakers::new()).is_none());
        assert!(is_served(line.served(), tickets[2]));
    }

    #[test]
    fn those_that_were_served_at_once_pass_nothing_on_and_are_forgotten() {
        let mut line = Tickets::new();
        let one = enter(&mut line, 1)[0];
        line.serve(1, &mut Wakers::new());
        let all = enter(&mut line, 2);
        line.serve_all(&mut Wakers::new());
        let late = enter(&mut line, 2);
        line.leave(all[0], &mut Wakers::new());
        assert_eq!(served(&line, &late), [false, false]);
        line.leave(one, &mut Wakers::new());
        assert_eq!(served(&line, &late), [true, false]);
        assert_eq!(line.served() & ALL, ALL);
        assert!(line.count_off(all[1]) && !line.count_off(late[0]));
        assert_eq!(line.served() & ALL, 0);
    }

    #[test]
    fn those_who_leave_leave_no_memory_behind_however_long_the_first_waits() {
        let mut line = Tickets::new();
        let first = enter(&mut line, 1)[0];
        let mut before = enter(&mut line, 1)[0];
        for _ in 0..1_000 {
            let next = enter(&mut line, 1)[0];
            line.leave(before, &mut Wakers::new());
            before = next;
        }
        assert!(line.waiting.len() < 8 && line.empty < 4);
        line.serve(1, &mut Wakers::new());
        assert!(is_served(line.served(), first) && !is_served(line.served(), before));
    }
}
