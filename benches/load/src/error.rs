//! Why a load can't be made, or two can't be compared.

use std::io;

/// Why a load can't be made, or two can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The address is not a supported URL.
    #[error("`{url}` is no address to measure: write it like `http://127.0.0.1:4826`")]
    Url {
        /// The given value.
        url: String,
    },
    /// No server answers at the address.
    #[error("nothing answers at `{url}`: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// The cause.
        reason: String,
    },
    /// The mix names an unknown scenario or has an invalid weight.
    #[error("`{part}` is no part of a mix: write it like `for-you=5`; there are {known}")]
    Mix {
        /// The given value.
        part: String,
        /// The known names.
        known: String,
    },
    /// A scenario needs users or items, and none were given.
    #[error(
        "nobody to ask about: name {kind} with `--{kind} FILE`, `--{kind} u:0..100000` or `--data DIR`"
    )]
    NoNames {
        /// `users` or `items`.
        kind: &'static str,
    },
    /// The names can't be read.
    #[error("`{given}` names nothing: {reason}")]
    Names {
        /// The given value.
        given: String,
        /// The reason.
        reason: String,
    },
    /// The exponent is not valid for a Zipf distribution.
    #[error("`{exponent}` is no exponent: give 0 (all alike) or more")]
    Exponent {
        /// The given value.
        exponent: f64,
    },
    /// The threads or their runtimes can't be started.
    #[error("can't start the load: {0}")]
    Start(#[source] io::Error),
    /// Two reports have nothing to compare.
    #[error("`{a}` and `{b}` have no rate in common: measure both at the same rates")]
    NoCommonRate {
        /// The first.
        a: String,
        /// The second.
        b: String,
    },
    /// A report is too short for an interval.
    #[error(
        "{seconds} seconds at {rate} requests/s are too few to compare: measure at least {least}"
    )]
    TooShort {
        /// The number of whole seconds in one of the two reports.
        seconds: usize,
        /// The rate, in requests a second.
        rate: f64,
        /// The least number of seconds.
        least: usize,
    },
}
