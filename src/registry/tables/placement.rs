//! `placement.arrow`: a vector for each item feature. Only if training found item features useful.

use std::path::Path;

use arrow::error::ArrowError;
use guanxi_models::attributes::{FEATURES, Placement};

use super::file::{Table, TableWriter};
use crate::registry::error::Flaw;

pub(super) fn write(placement: &Placement, path: &Path) -> Result<(), ArrowError> {
    let mut table = TableWriter::default();
    table.factors("factors", placement.map(), FEATURES);
    table.write(path)
}

pub(super) fn read(path: &Path) -> Result<Placement, Flaw> {
    let map = Table::open(path)?.factors("factors")?;
    Placement::new(map.ok_or_else(|| Flaw::new("has no column `factors`"))?).map_err(Flaw::new)
}
