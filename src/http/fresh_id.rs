//! New ids for recommendations and requests: UUID v7, generated without locks.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

thread_local! {
    /// A random hash key per thread, and a counter that makes each id unique.
    static SOURCE: (RandomState, Cell<u64>) = (RandomState::new(), Cell::new(0));
}

/// A unique id: the time in milliseconds and 74 bits of a keyed hash of a counter.
pub(super) fn fresh_id() -> Uuid {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let (high, low) = SOURCE.with(|(keys, counter)| {
        let count = counter.get();
        counter.set(count.wrapping_add(1));
        (keys.hash_one((count, 0_u8)), keys.hash_one((count, 1_u8)))
    });
    let mut random = [0; 10];
    random[..8].copy_from_slice(&high.to_le_bytes());
    random[8..].copy_from_slice(&low.to_le_bytes()[..2]);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_of_version_7_and_never_the_same() {
        let ids: HashSet<Uuid> = std::thread::scope(|scope| {
            let make = || (0..1_000).map(|_| fresh_id()).collect::<Vec<_>>();
            let threads: Vec<_> = (0..2).map(|_| scope.spawn(make)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 2_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
