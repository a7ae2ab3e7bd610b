//! The field of each column of a file.

use std::path::Path;

use super::{FileKind, ImportError, Mapping};
use crate::ingest::columns::Role;
use crate::ingest::shape::{Class, Field};

/// The columns of a file with their roles.
#[derive(Debug)]
pub(super) struct Layout {
    /// The role of each column; none for those that are left out.
    pub(super) roles: Vec<Option<Role>>,
    /// The names of the columns that are left out.
    pub(super) ignored: Vec<String>,
    names: Vec<String>,
}

impl Layout {
    /// Finds the fields among the columns called `names`.
    pub(super) fn new(
        path: &Path,
        names: Vec<String>,
        kind: FileKind,
        mapping: &Mapping,
    ) -> Result<Self, ImportError> {
        let mut roles: Vec<Option<Role>> = vec![None; names.len()];
        for field in kind.shape().fields.iter().filter(|field| is_columnar(field)) {
            match position(&names, kind, field.name, mapping) {
                Some(at) => roles[at] = Some(Role::Field(field.name)),
                None => check_absence(path, &names, kind, field.name, mapping)?,
            }
        }
        let mut layout = Self { roles, ignored: Vec::new(), names };
        layout.name_the_rest(kind);
        Ok(layout)
    }

    /// Leaves a column out after all.
    pub(super) fn ignore(&mut self, at: usize) {
        self.roles[at] = None;
        self.ignored.push(self.names[at].clone());
    }

    /// The name of the column that a field is read from.
    pub(super) fn column_of(&self, field: &str) -> Option<&str> {
        let is_it = |role: &Option<Role>| matches!(role, Some(Role::Field(name)) if *name == field);
        self.roles.iter().position(is_it).map(|at| self.names[at].as_str())
    }

    fn name_the_rest(&mut self, kind: FileKind) {
        for at in 0..self.roles.len() {
            if self.roles[at].is_some() {
                continue;
            }
            match self.names[at].as_str() {
                name if kind.has_attributes() && !name.is_empty() => {
                    self.roles[at] = Some(Role::Extra(name.to_owned()));
                }
                _ => self.ignored.push(self.names[at].clone()),
            }
        }
    }
}

fn is_columnar(field: &Field) -> bool {
    field.classes != [Class::Object]
}

fn position(
    names: &[String],
    kind: FileKind,
    field: &'static str,
    mapping: &Mapping,
) -> Option<usize> {
    let candidates = mapping.candidates(kind, field);
    candidates.iter().find_map(|candidate| names.iter().position(|name| name == candidate))
}

/// A field may be absent unless every row needs it, or a column was typed for it.
fn check_absence(
    path: &Path,
    names: &[String],
    kind: FileKind,
    field: &'static str,
    mapping: &Mapping,
) -> Result<(), ImportError> {
    let typed = mapping.typed(kind, field);
    if typed.is_none() && !FileKind::needs(field) {
        return Ok(());
    }
    let usual = kind.columns_of(field)[0];
    Err(ImportError::MissingColumn {
        path: path.to_owned(),
        wanted: typed.unwrap_or(usual).to_owned(),
        field: usual,
        columns: names.to_vec(),
    })
}

/// True if a column of the class `found` can be converted to a field of the class `wanted`.
pub(super) fn can_give(found: Class, wanted: Class) -> bool {
    match wanted {
        Class::Text | Class::Integer | Class::Number => {
            matches!(found, Class::Text | Class::Integer | Class::Number)
        }
        Class::Time => {
            matches!(found, Class::Time | Class::Text | Class::Integer | Class::Number)
        }
        Class::Flag => matches!(found, Class::Flag | Class::Text | Class::Integer),
        Class::Texts => matches!(found, Class::Texts | Class::Text),
        Class::Object => false,
    }
}
