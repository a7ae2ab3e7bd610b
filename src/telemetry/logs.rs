//! Log lines on standard error.

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::untrusted::panics::is_guarded;

/// Why logging can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is not one.
    #[error(
        "`log.level` is `{level}`, which is no level: say `info`, or `info,guanxi::http=debug`"
    )]
    Level {
        /// The given text.
        level: String,
        /// The reason.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
}

/// The database logs every file at `info`, which this turns off. To see those lines, name the
/// database in `log.level`, where the later directive wins.
const QUIET: &str = "fjall=warn,lsm_tree=warn";

/// Starts writing log lines to standard error. In a process that logs already, nothing changes.
pub fn init(log: &Log) -> Result<(), LogError> {
    let filter = EnvFilter::builder()
        .parse(format!("{QUIET},{}", log.level))
        .map_err(|source| LogError::Level { level: log.level.clone(), source })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
    };
    // Tests start several servers in one process; the first one's lines serve all.
    drop(started);
    Ok(())
}

/// Has panics told as one log line. Their message and place are enough; a backtrace would cost more
/// than the answer it belongs to.
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        if is_guarded() {
            return tracing::debug!(place, what, "a library gave up on bytes");
        }
        tracing::error!(place, what, "a thread panicked");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_refused() {
        let log = Log { level: "guanxi=loud".to_owned(), ..Log::default() };
        assert!(init(&log).unwrap_err().to_string().contains("guanxi=loud"));
    }
}
