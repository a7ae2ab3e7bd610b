//! Why a load can't be made, or two can't be compared.

use std::io;

/// Why a load can't be made, or two can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The address is none that we can speak to.
    #[error("`{url}` is no address to measure: write it like `http://127.0.0.1:4826`")]
    Url {
        /// What was given.
        url: String,
    },
    /// Nobody answers there.
    #[error("nothing answers at `{url}`: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// What was met.
        reason: String,
    },
    /// The mix names nothing that can be asked, or weighs it wrongly.
    #[error("`{part}` is no part of a mix: write it like `for-you=5`; there are {known}")]
    Mix {
        /// What was given.
        part: String,
        /// The names that there are.
        known: String,
    },
    /// A scenario asks about users or items, and none were named.
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
        /// What was given.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The exponent of a Zipf distribution is none.
    #[error("`{exponent}` is no exponent: give 0 (all alike) or more")]
    Exponent {
        /// What was given.
        exponent: f64,
    },
    /// The threads or their runtimes can't be had.
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
        /// How many whole seconds one of the two has.
        seconds: usize,
        /// Of which rate.
        rate: f64,
        /// How many are enough.
        least: usize,
    },
}
