//! What a client sends that nobody will read.

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

/// So much is read at a time.
const CHUNK: usize = 8 * 1024;
/// So many pieces are taken before others have their turn.
const AT_ONCE: usize = 16;

/// How much of what a client sends in vain was taken.
pub(super) enum Discarded {
    /// A part of it: there is more.
    Some,
    /// All that has come yet.
    All,
    /// All, and no more comes.
    Ended,
    /// The connection is broken.
    Broken,
}

/// Takes what has come and forgets it.
pub(super) fn discard<S: AsyncRead + Unpin>(
    stream: &mut S,
    context: &mut Context<'_>,
) -> Discarded {
    let mut bytes = [MaybeUninit::uninit(); CHUNK];
    for _ in 0..AT_ONCE {
        let mut chunk = ReadBuf::uninit(&mut bytes);
        match Pin::new(&mut *stream).poll_read(context, &mut chunk) {
            Poll::Ready(Ok(())) if chunk.filled().is_empty() => return Discarded::Ended,
            Poll::Ready(Ok(())) => (),
            Poll::Ready(Err(_)) => return Discarded::Broken,
            Poll::Pending => return Discarded::All,
        }
    }
    Discarded::Some
}
