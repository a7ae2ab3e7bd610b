//! The HTTP API: JSON shapes and status codes live here and nowhere else.
