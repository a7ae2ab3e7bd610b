//! Free attributes of items and users.

use std::collections::BTreeMap;

use guanxi_models::Attribute;

use super::cell::Cell;
use super::flaw::{Code, Flaw};
use super::limits::{ATTRIBUTE_BYTES, ATTRIBUTES, LIST_ENTRIES};
use super::reader::Reader;

type Attributes = BTreeMap<String, Attribute>;

/// Merges the row's attributes into `attributes`. They come from the object `attributes`, where
/// null clears one or all, and from columns without a field.
pub(super) fn set_attributes(reader: &Reader<'_>, attributes: &mut Attributes) -> Result<(), Flaw> {
    match reader.cell("attributes") {
        Cell::Absent => (),
        Cell::Null => attributes.clear(),
        Cell::Object(map) => {
            for (name, value) in map {
                merge(reader, attributes, name, &Cell::from(value))?;
            }
        }
        other => {
            let what = format!("must be an object, not {}", other.kind());
            return Err(reader.flaw(Code::InvalidType, "attributes", what));
        }
    }
    for (name, cell) in reader.row().extras() {
        merge(reader, attributes, name, &cell)?;
    }
    if attributes.len() > ATTRIBUTES {
        let what = format!("has {} entries: at most {ATTRIBUTES} are taken", attributes.len());
        return Err(reader.flaw(Code::TooMany, "attributes", what));
    }
    Ok(())
}

fn merge(
    reader: &Reader<'_>,
    attributes: &mut Attributes,
    name: &str,
    cell: &Cell<'_>,
) -> Result<(), Flaw> {
    guanxi_models::check_id(name).map_err(|error| {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        Flaw::of_id(format!("attributes.{shown}"), error)
    })?;
    match cell {
        cell if cell.is_empty() => attributes.remove(name),
        Cell::Text("") if reader.is_lenient() => attributes.remove(name),
        cell => attributes.insert(name.to_owned(), attribute(reader, name, cell)?),
    };
    Ok(())
}

fn attribute(reader: &Reader<'_>, name: &str, cell: &Cell<'_>) -> Result<Attribute, Flaw> {
    let path = format!("attributes.{name}");
    let finite = |number: f64| {
        let what = "must be a finite number between -3.4e38 and 3.4e38";
        let fine = (number as f32).is_finite();
        fine.then_some(number).ok_or_else(|| reader.flaw(Code::InvalidNumber, &path, what))
    };
    let text = |text: &str| {
        reader.check_text(&path, text, ATTRIBUTE_BYTES)?;
        Ok(text.to_owned())
    };
    match cell {
        Cell::Flag(flag) => Ok(Attribute::Flag(*flag)),
        Cell::Integer(number) => Ok(Attribute::Number(finite(*number as f64)?)),
        Cell::Number(number) => Ok(Attribute::Number(finite(*number)?)),
        Cell::Text(value) => Ok(Attribute::Text(text(value)?)),
        Cell::Time(millis) => Ok(Attribute::Number(*millis as f64)),
        Cell::List(cells) if cells.len() > LIST_ENTRIES => {
            let what = format!("has {} entries: at most {LIST_ENTRIES} are taken", cells.len());
            Err(reader.flaw(Code::TooMany, &path, what))
        }
        Cell::List(cells) => {
            let texts = cells.iter().map(|cell| match cell {
                Cell::Text(value) => text(value),
                other => Err(mistyped(reader, &path, other)),
            });
            Ok(Attribute::Texts(texts.collect::<Result<_, _>>()?))
        }
        other => Err(mistyped(reader, &path, other)),
    }
}

fn mistyped(reader: &Reader<'_>, path: &str, cell: &Cell<'_>) -> Flaw {
    let what =
        format!("must be a string, a number, a boolean or a list of strings, not {}", cell.kind());
    reader.flaw(Code::InvalidType, path, what)
}
