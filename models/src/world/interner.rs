//! Maps public ids to dense numbers and back.

use std::sync::Arc;

use papaya::HashMap;

use super::chunked::Chunked;
use crate::ids::Ids;
use crate::kernel::prefetch;

/// Numbers ids by first appearance.
///
/// Clones share one lock-free map that only grows. A clone ignores numbers beyond its own count, so
/// it knows only the ids from before it was made. Only the newest clone may grow.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    numbers: Arc<HashMap<Arc<str>, u32>>,
    names: Chunked<Arc<str>>,
}

impl Interner {
    /// Interns the ids of a model, with the model's numbers.
    pub fn new(ids: &Ids) -> Self {
        let names: Chunked<Arc<str>> = ids.iter().map(Arc::from).collect();
        let numbers = HashMap::with_capacity(ids.len());
        {
            let pinned = numbers.pin();
            for (number, name) in names.iter().enumerate() {
                pinned.insert(Arc::clone(name), number as u32);
            }
        }
        Self { numbers: Arc::new(numbers), names }
    }

    /// The number of ids.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// True if there are no ids.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The number of an id. O(1), without a lock.
    pub fn get(&self, id: &str) -> Option<u32> {
        let number = self.numbers.pin().get(id).copied()?;
        ((number as usize) < self.names.len()).then_some(number)
    }

    /// The number of an id. A new id gets the next number.
    pub fn intern(&mut self, id: &str) -> u32 {
        if let Some(number) = self.get(id) {
            return number;
        }
        let (number, name) = (self.names.len() as u32, Arc::<str>::from(id));
        self.numbers.pin().insert(Arc::clone(&name), number);
        self.names.push(name);
        number
    }

    /// The id of a number; none for an unknown number.
    pub fn name(&self, number: u32) -> Option<&Arc<str>> {
        self.names.get(number as usize)
    }

    /// Prefetches the ids of these numbers: first their locations, then their bytes.
    pub(super) fn prefetch(&self, numbers: &(impl Iterator<Item = u32> + Clone)) {
        let places = || numbers.clone().filter_map(|number| self.name(number));
        places().for_each(|name| prefetch(std::slice::from_ref(name)));
        places().for_each(|name| prefetch(name.as_bytes()));
    }

    /// The ids in the order of their numbers.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.names.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_clone_does_not_know_what_came_after_it() {
        let mut interner = Interner::new(&["a", "b"].into_iter().collect());
        let before = interner.clone();
        assert_eq!((interner.intern("b"), interner.intern("c"), interner.intern("c")), (1, 2, 2));
        assert_eq!((before.get("c"), interner.get("c")), (None, Some(2)));
        assert_eq!(interner.name(2).map(|name| &**name), Some("c"));
        assert!(before.name(2).is_none());
    }
}
