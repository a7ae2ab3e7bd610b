//! Alternating least squares: the embeddings.
