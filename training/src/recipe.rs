//! What a training run can be told.
