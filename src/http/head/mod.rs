//! The heads of requests, looked at before the HTTP library sees them.
//!
//! A proxy in front and a server behind it must agree on where a request ends; where they don't, one request is smuggled in another
//! (RFC 9112, sections 6.1 and 11.2). The library is lenient where the RFC lets it be: it takes a bare line feed, and of two framings it
//! takes one. Here nothing is taken that could be read in two ways. A head that is refused is replaced by one that brings its problem to
//! the service, so that it is answered in order, in the form of all errors, and ends the connection. Some heads are answered here ([`Ahead`]),
//! which is less than half of the library's work.

mod ahead;
mod check;
mod chunks;
mod discard;
mod guard;
mod refused;

pub(super) use ahead::{Ahead, Answer};
pub(super) use check::{MAX_HEADERS, parsed};
pub(super) use guard::Guard;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) use guard::taken;
pub(super) use refused::Refused;
