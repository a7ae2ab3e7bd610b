//! Where a body of chunks ends (RFC 9112, section 7.1).

/// Follows a body of chunks byte by byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Chunks {
    /// At the beginning of a chunk: no digit of its size was read yet.
    #[default]
    Start,
    /// In the size of a chunk.
    Size(u64),
    /// Behind the size, until the end of the line.
    Extension(u64),
    /// Behind the carriage return after the size.
    SizeEnd(u64),
    /// In the bytes of a chunk, of which so many follow.
    Data(u64),
    /// Behind the bytes of a chunk.
    DataEnd,
    /// Behind the carriage return after the bytes.
    DataEndFeed,
    /// At the beginning of a line of the trailer.
    Line,
    /// In a line of the trailer.
    Trailer,
    /// Behind the carriage return of a line of the trailer.
    TrailerFeed,
    /// Behind the carriage return of the last, empty line.
    LastFeed,
    /// The body is over.
    Over,
}

/// What stands there is no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoChunk {
    /// How many bytes before it were good.
    pub(super) after: usize,
}

/// The longest size of a chunk in hexadecimal digits: far more than any body may have.
const MAX_SIZE: u64 = 1 << 40;

impl Chunks {
    /// Takes as many of the bytes as belong to the body. Returns how many.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<usize, NoChunk> {
        let mut at = 0;
        while at < bytes.len() && *self != Self::Over {
            if let Self::Data(left) = *self {
                let taken = left.min((bytes.len() - at) as u64);
                *self = if taken == left { Self::DataEnd } else { Self::Data(left - taken) };
                at += taken as usize;
            } else {
                *self = self.after(bytes[at]).ok_or(NoChunk { after: at })?;
                at += 1;
            }
        }
        Ok(at)
    }

    fn after(self, byte: u8) -> Option<Self> {
        let digit = (byte as char).to_digit(16).map(u64::from);
        Some(match (self, byte) {
            (Self::Start, _) => Self::Size(digit?),
            (Self::Size(size) | Self::Extension(size), b'\r') => Self::SizeEnd(size),
            (Self::Size(size), b';' | b' ' | b'\t') => Self::Extension(size),
            (Self::Size(size), _) if size < MAX_SIZE => Self::Size(size * 16 + digit?),
            (Self::Extension(size), byte) if byte != b'\n' => Self::Extension(size),
            (Self::SizeEnd(0) | Self::TrailerFeed, b'\n') => Self::Line,
            (Self::SizeEnd(size), b'\n') => Self::Data(size),
            (Self::DataEnd, b'\r') => Self::DataEndFeed,
            (Self::DataEndFeed, b'\n') => Self::Start,
            (Self::Line, b'\r') => Self::LastFeed,
            (Self::Trailer, b'\r') => Self::TrailerFeed,
            (Self::Line | Self::Trailer, byte) if byte != b'\n' => Self::Trailer,
            (Self::LastFeed, b'\n') => Self::Over,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes belong to the body, however they arrive.
    fn length(bytes: &[u8]) -> Result<usize, NoChunk> {
        let mut whole = Chunks::default();
        let at_once = whole.take(bytes);
        let mut bit_by_bit = Chunks::default();
        let mut slowly = 0;
        for byte in bytes.chunks(1) {
            let before = |no: NoChunk| NoChunk { after: slowly + no.after };
            slowly += bit_by_bit.take(byte).map_err(before)?;
        }
        assert_eq!((at_once, whole), (Ok(slowly), bit_by_bit));
        at_once
    }

    #[test]
    fn the_body_ends_where_its_last_chunk_does() {
        let body = b"5\r\nhello\r\n1A;x=y\r\n01234567890123456789012345\r\n0\r\nt: v\r\n\r\n";
        let with_next = [&body[..], b"GET / HTTP/1.1"].concat();
        assert_eq!(length(&with_next), Ok(body.len()));
        assert_eq!(length(b"0\r\n\r\n"), Ok(5));
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        let refused: [&[u8]; 8] = [
            b"\r\n",
            b"5\nhello",
            b"g\r\n",
            b"5\r\nhello!",
            b"-1\r\n",
            b"fffffffffffffffff\r\n",
            b"5;a\nb\r\n",
            b"0\r\na\nb",
        ];
        for bytes in refused {
            let found = length(bytes);
            assert_eq!(Chunks::default().take(bytes), found);
            assert!(found.is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
