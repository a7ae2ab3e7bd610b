//! Limits the attempts of an address with keys that were never valid from it.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::keyring::seconds;

/// The burst of attempts and the time that earns one more. A person at a terminal stays far below.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");
const ONE_MORE_IN: Duration = Duration::from_secs(3);
/// The number of valid pairs of address and key that are remembered.
const REMEMBERED: usize = 10_000;
/// After so many attempts the addresses that have been quiet are forgotten.
const FORGET_EVERY: usize = 1_000;

/// Attempts by address. An address of version 6 counts with all of its /64, which one machine has.
#[derive(Debug)]
pub(super) struct Attempts {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    counted: AtomicUsize,
    /// Keys that were right from an address: a shop's gateway goes on when somebody behind it tries
    /// keys.
    right: papaya::HashSet<(IpAddr, u32)>,
}

impl Attempts {
    pub(super) fn new() -> Self {
        let quota = Quota::with_period(ONE_MORE_IN).expect("it is more than nothing");
        let by_address = RateLimiter::keyed(quota.allow_burst(AT_ONCE));
        Self { by_address, counted: AtomicUsize::new(0), right: papaya::HashSet::new() }
    }

    /// Counts an attempt. After too many, how many seconds to wait: then the key is not even looked
    /// at.
    pub(super) fn count(&self, address: IpAddr) -> Result<(), u64> {
        if self.counted.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.by_address.retain_recent();
        }
        let counted = self.by_address.check_key(&network(address));
        counted.map_err(|until| seconds(until.wait_time_from(DefaultClock::default().now())))
    }

    /// Remembers that the key of this id was right from an address.
    pub(super) fn remember(&self, address: IpAddr, id: u32) {
        let right = self.right.pin();
        if right.len() < REMEMBERED {
            right.insert((network(address), id));
        }
    }

    /// True if the key of this id was valid from this address before.
    pub(super) fn was_right(&self, address: IpAddr, id: u32) -> bool {
        self.right.pin().contains(&(network(address), id))
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_few_attempts_and_another_has_its_own() {
        let attempts = Attempts::new();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for _ in 0..AT_ONCE.get() {
            attempts.count(address("2001:db8::1")).unwrap();
        }
        assert!((1..=4).contains(&attempts.count(address("2001:db8::2")).unwrap_err()));
        attempts.count(address("2001:db8:0:1::1")).unwrap();
        attempts.count(address("192.0.2.1")).unwrap();
    }
}
