//! The settings of an operator and their sources.
//!
//! Compiled-in defaults, then the file named by `--config`, then `GUANXI_*` variables, then flags:
//! the later wins. A variable is the key in capitals, with `__` between section and name:
//! `GUANXI_SERVER__LISTEN`. `guanxi.example.toml` explains every key.

mod error;
mod keys;
mod load;
mod period;
mod settings;

pub use error::SettingsError;
pub use load::Sources;
pub use period::Period;
pub use settings::{
    Data, Ingest, Log, LogFormat, MEMORY_PER_BODY_BYTE, Models, Recommend, Server, Settings,
    Social, Tokens,
};
