//! Placement of items that have features but no interactions: their rows are predicted from their
//! attributes.

use guanxi_models::Factors;
use guanxi_models::attributes::Placement;

use crate::als::AlsError;
use crate::data::dataset::Dataset;
use crate::error::FitError;
use crate::fitted::Fitted;
use crate::fitted::attributes::{Known, LearnedPlacement, learn};
use crate::observer::{Observer, stage};
use crate::report::Placed;

/// Predicts the rows of untouched items. Returns their number, or `None` if attributes can't
/// predict rows.
///
/// The rows of touched items and of all users stay unchanged, because no user has an untouched
/// item.
pub(super) fn place(
    data: &Dataset,
    fitted: &mut Fitted,
    observer: &mut dyn Observer,
) -> Result<Option<(Placement, Placed)>, FitError> {
    if data.features.columns().1.is_empty() {
        return Ok(None);
    }
    Ok(stage(observer, "untouched items", |_| place_by(data, fitted)).map_err(AlsError::from)?)
}

fn place_by(
    data: &Dataset,
    fitted: &mut Fitted,
) -> Result<Option<(Placement, Placed)>, guanxi_models::factors::FactorsError> {
    let items = &fitted.als.item_factors;
    let users = fitted.views.own.counts(fitted.views.n_items);
    let known = Known { items, features: &data.features, users: &users };
    let Some(LearnedPlacement { placement, ridge, scale }) = learn(known)? else { return Ok(None) };
    let (dim, mut values) = (items.dim(), items.values().to_vec());
    let rows = values.chunks_mut(dim).enumerate();
    let untouched = rows.filter(|(_, row)| row.iter().all(|value| *value == 0.0));
    let mut placed = Placed { untouched: 0, placed: 0, ridge, scale };
    for (item, row) in untouched {
        let features = data.features.row(item);
        placed.untouched += 1;
        placed.placed += usize::from(!features.0.is_empty());
        row.copy_from_slice(&placement.place(features));
    }
    fitted.als.item_factors = Factors::new(dim, values)?;
    Ok(Some((placement, placed)))
}
