//! Files in: Parquet, CSV and NDJSON become records.
