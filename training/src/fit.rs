//! The whole training: from a data set and a recipe to a model and a report.
