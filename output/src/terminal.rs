//! The one place that writes to the terminal.

use std::error::Error;
use std::io::{IsTerminal, Write};

/// Standard output and standard error of a command.
#[derive(Debug, Default)]
pub struct Output {}

impl Output {
    /// Writes one line of result to standard output. A closed pipe is not an error: nobody is
    /// reading.
    #[allow(clippy::unused_self, reason = "the terminal is the state")]
    pub fn line(&mut self, text: impl std::fmt::Display) {
        drop(writeln!(std::io::stdout(), "{text}"));
    }

    /// Writes one line about the work to standard error.
    #[allow(clippy::unused_self, reason = "the terminal is the state")]
    pub fn note(&mut self, text: impl std::fmt::Display) {
        drop(writeln!(std::io::stderr(), "{text}"));
    }

    /// Writes an error and its causes as one line to standard error.
    pub fn error(&mut self, error: &(dyn Error + 'static)) {
        let mut text = format!("guanxi: {error}");
        let mut cause = error.source();
        while let Some(inner) = cause {
            let inner_text = inner.to_string();
            if !text.contains(&inner_text) {
                text.push_str(": ");
                text.push_str(&inner_text);
            }
            cause = inner.source();
        }
        self.note(text);
    }

    /// True if standard error is a terminal, so that a progress bar is useful.
    pub fn is_watched(&self) -> bool {
        std::io::stderr().is_terminal()
    }
}
