//! A generated social market, for the demo, tests and benches.
