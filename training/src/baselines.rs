//! What every model must beat: popularity and item-kNN.
