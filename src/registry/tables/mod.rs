//! A model as three tables: `users.arrow` and `items.arrow` with a row each, and `index.arrow`; `placement.arrow` with a row for each feature
//! where there is one.
//!
//! | table | columns |
//! |---|---|
//! | users | id, factors, profile, history (item, confidence, flags, ts), friends (user, strength), follows (user), blocks (user), private |
//! | items | id, factors, popularity, bias, first_seen, deleted, list (item, weight), also_bought (item, weight), similar (item, cosine) |
//! | index | width, rows, head, ef, recall, items, scales, codes, links: one row, see [`guanxi_models::index::IndexColumns`] |
//! | placement | factors |

mod file;
mod index;
mod items;
mod placement;
mod users;

use std::path::Path;

use arrow::error::ArrowError;
use guanxi_models::{Model, Offset};

use super::error::Flaw;
use super::manifest::Manifest;

/// The names of the files of the tables that every model has.
const FILES: [&str; 3] = ["users.arrow", "items.arrow", "index.arrow"];
/// The name of the file of a table that not every model has.
const PLACEMENT: &str = "placement.arrow";

/// The names of the tables' files of a model.
pub(super) fn files(model: &Model) -> impl Iterator<Item = &'static str> {
    FILES.into_iter().chain(model.placement.as_ref().map(|_| PLACEMENT))
}

/// Writes all tables of a model into a directory.
pub(super) fn write(model: &Model, directory: &Path) -> Result<(), ArrowError> {
    users::write(model, &directory.join(FILES[0]))?;
    items::write(model, &directory.join(FILES[1]))?;
    index::write(&model.index, &directory.join(FILES[2]))?;
    match &model.placement {
        Some(placement) => placement::write(placement, &directory.join(PLACEMENT)),
        None => Ok(()),
    }
}

/// A file that can't be a table of this model, and why.
pub(super) type Refusal = (&'static str, Flaw);

/// Maps all tables of a model and checks that they fit each other.
pub(super) fn read(directory: &Path, manifest: &Manifest) -> Result<Model, Refusal> {
    let at = |file: &'static str| move |flaw: Flaw| (file, flaw);
    let users = users::read(&directory.join(FILES[0])).map_err(at(FILES[0]))?;
    let items = items::read(&directory.join(FILES[1])).map_err(at(FILES[1]))?;
    let has_placement = manifest.files.iter().any(|file| file.name == PLACEMENT);
    let placement = has_placement.then(|| placement::read(&directory.join(PLACEMENT)));
    let model = Model {
        placement: placement.transpose().map_err(at(PLACEMENT))?,
        version: manifest.version.clone(),
        watermark: Offset(manifest.watermark),
        params: manifest.params.clone(),
        index: index::read(&directory.join(FILES[2])).map_err(at(FILES[2]))?,
        ..users.join(items)
    };
    check_links(&model)?;
    Ok(model)
}

/// Every link leads to a user or an item that exists, and the widths agree.
fn check_links(model: &Model) -> Result<(), Refusal> {
    let (users, items) = (model.users.len() as u32, model.items.len() as u32);
    let below = |numbers: &[u32], end: u32| numbers.iter().all(|&number| number < end);
    let fits = |holds: bool, file: &'static str, what: &str| {
        if holds { Ok(()) } else { Err((file, Flaw::new(what))) }
    };
    let history = model.histories.columns();
    fits(below(history.1, items), FILES[0], "tells of an item that does not exist")?;
    for links in [model.friends.columns().1, model.follows.columns().1, model.blocks.columns().1] {
        fits(below(links, users), FILES[0], "links a user who does not exist")?;
    }
    fits(below(&model.private_users, users), FILES[0], "names a private user who does not exist")?;
    fits(below(&model.deleted_items, items), FILES[1], "deletes an item that does not exist")?;
    for lists in [&model.lists, &model.also_bought, &model.similar] {
        fits(below(lists.columns().1, items), FILES[1], "lists an item that does not exist")?;
    }
    let indexed = model.index.columns();
    let is_of_items = model.index.is_exact()
        || (indexed.rows as usize == model.item_factors.rows()
            && indexed.scales.len() == model.item_factors.dim());
    fits(is_of_items, FILES[2], "is of other items")?;
    let dim = model.item_factors.dim();
    let placed = model.placement.as_ref();
    let places = placed.is_none_or(|placement| placement.map().dim() == dim);
    fits(places, PLACEMENT, "places items in embeddings of another width")?;
    let spectrum = &model.params.fold_in.spectrum;
    let widths = [model.user_factors.dim(), model.profiles.dim(), spectrum.len().max(dim)];
    let agrees = model.item_factors.rows() == 0 || spectrum.len() == dim;
    fits(agrees && model_widths(model, &widths), FILES[1], "has embeddings of another width")
}

fn model_widths(model: &Model, widths: &[usize; 3]) -> bool {
    let dim = model.item_factors.dim();
    let rows = [model.user_factors.rows(), model.profiles.rows()];
    rows.iter().zip(widths).all(|(&rows, &width)| rows == 0 || width == dim)
}
