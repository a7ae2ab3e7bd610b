//! The log as Parquet files by day, for everybody's tools.
