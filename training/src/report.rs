//! What a training run tells.
