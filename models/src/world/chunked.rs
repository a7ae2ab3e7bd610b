//! A growing array with cheap persistent versions.

use std::sync::Arc;

use crate::kernel::prefetch;

/// The number of values of one allocation.
const CHUNK: usize = 64;

/// A persistent vector. A clone is O(1) and does not change with the original.
///
/// The first change after a clone copies its chunk of 64 values and the list of chunks, if they are
/// shared. Further changes of the chunk copy nothing. A read is one bounds check and two loads.
#[derive(Clone, Debug)]
pub struct Chunked<T> {
    chunks: Arc<Vec<Arc<[T]>>>,
    len: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { chunks: Arc::default(), len: 0 }
    }
}

impl<T: Clone + Default> Chunked<T> {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there are no values.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value at a position; none beyond the last.
    pub fn get(&self, at: usize) -> Option<&T> {
        if at < self.len { Some(&self.chunks[at / CHUNK][at % CHUNK]) } else { None }
    }

    /// Prefetches a value.
    pub(super) fn prefetch(&self, at: usize) {
        prefetch(self.get(at).map(std::slice::from_ref).unwrap_or_default());
    }

    /// The value at a position, mutably. The vector grows by default values if needed.
    pub fn get_mut(&mut self, at: usize) -> &mut T {
        self.grow_to(at + 1);
        let chunks = Arc::make_mut(&mut self.chunks);
        &mut Arc::make_mut(&mut chunks[at / CHUNK])[at % CHUNK]
    }

    /// Appends a value.
    pub fn push(&mut self, value: T) {
        let at = self.len;
        *self.get_mut(at) = value;
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).take(self.len)
    }

    /// Grows by default values to at least `len`.
    pub fn grow_to(&mut self, len: usize) {
        if len <= self.len {
            return;
        }
        let missing = len.div_ceil(CHUNK).saturating_sub(self.chunks.len());
        if missing > 0 {
            let fresh = || (0..CHUNK).map(|_| T::default()).collect();
            Arc::make_mut(&mut self.chunks).extend((0..missing).map(|_| fresh()));
        }
        self.len = len;
    }
}

impl<T: Clone + Default> FromIterator<T> for Chunked<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut values = values.into_iter().peekable();
        let (mut chunks, mut len) = (Vec::new(), 0);
        while values.peek().is_some() {
            let mut chunk: Vec<T> = values.by_ref().take(CHUNK).collect();
            len += chunk.len();
            chunk.resize_with(CHUNK, T::default);
            chunks.push(chunk.into());
        }
        Self { chunks: Arc::new(chunks), len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_stays_as_it_is_while_the_original_changes() {
        let mut values: Chunked<u32> = (0..200).collect();
        let before = values.clone();
        *values.get_mut(70) = 7;
        values.push(200);
        assert_eq!((before.get(70), before.len()), (Some(&70), 200));
        assert_eq!((values.get(70), values.get(200)), (Some(&7), Some(&200)));
        assert!(values.iter().take(70).copied().eq(0..70));
    }

    #[test]
    fn changing_beyond_the_end_fills_up_with_defaults() {
        let mut values = Chunked::<u32>::default();
        *values.get_mut(130) = 1;
        assert_eq!((values.len(), values.get(129), values.get(131)), (131, Some(&0), None));
        assert_eq!(values.iter().count(), 131);
    }
}
