//! The settings: defaults, then the file, then the environment, then the flags.
