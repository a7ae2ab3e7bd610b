//! The known keys, and what is said of an unknown one.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{Settings, SettingsError};

/// Every key, from the defaults themselves, so that the list can't lag behind.
pub(super) fn known() -> Vec<String> {
    let defaults = toml::Table::try_from(Settings::default()).expect("the defaults are plain data");
    let mut keys = Vec::new();
    for (section, values) in &defaults {
        let values = values.as_table().expect("every setting is in a section");
        keys.extend(values.keys().map(|name| format!("{section}.{name}")));
    }
    keys
}

/// Refuses a file with a key that nothing reads, naming its line and the nearest known key.
pub(super) fn check_file(path: &Path, text: &str) -> Result<(), SettingsError> {
    let table = DeTable::parse(text).map_err(|error| SettingsError::NotToml {
        path: path.to_owned(),
        what: error.to_string().trim().replace('\n', " "),
    })?;
    let mut written = Vec::new();
    collect(table.get_ref(), "", &mut written);
    let known = known();
    match written.into_iter().find(|(key, _)| !known.contains(key)) {
        Some((key, at)) => {
            let line = text[..at].matches('\n').count() + 1;
            Err(unknown(key, format!("`{}`, line {line}", path.display()), &known))
        }
        None => Ok(()),
    }
}

/// Refuses a `GUANXI_*` variable that nothing reads.
pub(super) fn check_variables<'a>(
    names: impl Iterator<Item = &'a String>,
) -> Result<(), SettingsError> {
    let known = known();
    for name in names {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let key = rest.to_lowercase().replace("__", ".");
        if !known.contains(&key) {
            return Err(unknown(key, format!("the variable `{name}`"), &known));
        }
    }
    Ok(())
}

/// How the variables that are ours begin.
pub(super) const PREFIX: &str = "GUANXI_";

/// The keys of a file with the bytes at which they stand. A section that should be a table but
/// isn't is itself reported.
fn collect(table: &DeTable<'_>, above: &str, keys: &mut Vec<(String, usize)>) {
    for (name, value) in table {
        let key = format!("{above}{}", name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) if above.is_empty() && is_section(&key) => {
                collect(inner, &format!("{key}."), keys);
            }
            _ => keys.push((key, name.span().start)),
        }
    }
}

fn is_section(name: &str) -> bool {
    known().iter().any(|key| key.split('.').next() == Some(name))
}

fn unknown(key: String, place: String, known: &[String]) -> SettingsError {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&key, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let advice = match nearest {
        Some((likeness, candidate)) if likeness > 0.7 => format!("did you mean `{candidate}`?"),
        _ => "`guanxi.example.toml` lists every key".to_owned(),
    };
    SettingsError::UnknownKey { key, place, advice }
}
