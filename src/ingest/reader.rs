//! Reads and checks the fields of a row.

use guanxi_models::id::is_forbidden;
use guanxi_models::{Millis, Place, check_id};

use super::cell::{Cell, Row};
use super::flaw::{Code, Flaw};
use super::limits::LIST_ENTRIES;
use super::time;

/// The strictness of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For requests: each value has the type of its field.
    Strict,
    /// For files: numbers are accepted as texts, texts as numbers, empty texts as null, and weights
    /// are clipped.
    Lenient,
}

/// The fields of one row.
#[derive(Clone, Copy)]
pub struct Reader<'r> {
    row: &'r dyn Row,
    within: &'static str,
    mode: Mode,
    now: Millis,
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl<'r> Reader<'r> {
    /// Reads a row. `now` is the reference for times in the future.
    pub fn new(row: &'r dyn Row, mode: Mode, now: Millis) -> Self {
        Self { row, within: "", mode, now }
    }

    /// Reads a nested row. Messages name it by `within`.
    #[must_use]
    pub fn nested(&self, row: &'r dyn Row, within: &'static str) -> Self {
        Self { row, within, ..*self }
    }

    /// The row itself.
    pub fn row(&self) -> &'r dyn Row {
        self.row
    }

    /// True for files.
    pub fn is_lenient(&self) -> bool {
        self.mode == Mode::Lenient
    }

    /// The cell of a field. An empty text of a file is null.
    pub fn cell(&self, field: &str) -> Cell<'r> {
        match self.row.cell(field) {
            Cell::Text("") if self.is_lenient() => Cell::Null,
            cell => cell,
        }
    }

    /// Replaces `slot` if the field is present, also if it is null.
    pub fn set<T>(
        &self,
        field: &'static str,
        slot: &mut T,
        read: impl FnOnce(&Self, &'static str) -> Result<T, Flaw>,
    ) -> Result<(), Flaw> {
        if self.cell(field) != Cell::Absent {
            *slot = read(self, field)?;
        }
        Ok(())
    }

    /// An error of one field of this row.
    pub fn flaw(&self, code: Code, field: &str, what: impl Into<String>) -> Flaw {
        Flaw::new(code, self.path(field), what)
    }

    /// The error of a missing required field.
    pub fn missing(&self, field: &str) -> Flaw {
        self.flaw(Code::MissingField, field, "is missing, and every entry needs it")
    }

    fn path(&self, field: &str) -> String {
        if self.within.is_empty() { field.to_owned() } else { format!("{}.{field}", self.within) }
    }

    fn mistyped<T>(&self, field: &str, wanted: &str, cell: &Cell<'_>) -> Result<T, Flaw> {
        let what = format!("must be {wanted}, not {}", cell.kind());
        Err(self.flaw(Code::InvalidType, field, what))
    }

    /// A public id.
    pub fn id(&self, field: &str) -> Result<Option<String>, Flaw> {
        let Some(id) = self.raw_text(field)? else { return Ok(None) };
        check_id(&id).map_err(|error| Flaw::of_id(self.path(field), error))?;
        Ok(Some(id))
    }

    /// A required public id.
    pub fn required_id(&self, field: &str) -> Result<String, Flaw> {
        self.id(field)?.ok_or_else(|| self.missing(field))
    }

    /// A text of at most `longest` bytes.
    pub fn text(&self, field: &str, longest: usize) -> Result<Option<String>, Flaw> {
        let Some(text) = self.raw_text(field)? else { return Ok(None) };
        self.check_text(field, &text, longest)?;
        Ok(Some(text))
    }

    /// Texts of at most `longest` bytes each; empty without the field. In a CSV field they are
    /// separated by `|`.
    pub fn texts(&self, field: &str, longest: usize) -> Result<Vec<String>, Flaw> {
        let texts: Vec<&str> = match self.cell(field) {
            cell if cell.is_empty() => Vec::new(),
            Cell::Text(joined) if self.is_lenient() => joined.split('|').map(str::trim).collect(),
            Cell::List(cells) => self.all_texts(field, &cells)?,
            other => return self.mistyped(field, "a list of strings", &other),
        };
        if texts.len() > LIST_ENTRIES {
            let what = format!("has {} entries: at most {LIST_ENTRIES} are taken", texts.len());
            return Err(self.flaw(Code::TooMany, field, what));
        }
        texts.iter().try_for_each(|text| self.check_text(field, text, longest))?;
        Ok(texts.into_iter().map(str::to_owned).collect())
    }

    fn all_texts(&self, field: &str, cells: &[Cell<'r>]) -> Result<Vec<&'r str>, Flaw> {
        let text = |cell: &Cell<'r>| match cell {
            Cell::Text(text) => Ok(*text),
            other => self.mistyped(field, "a list of strings and nothing else", other),
        };
        cells.iter().map(text).collect()
    }

    /// Checks a text.
    pub fn check_text(&self, field: &str, text: &str, longest: usize) -> Result<(), Flaw> {
        if text.is_empty() {
            let what = "must not be an empty text: leave the field out instead";
            return Err(self.flaw(Code::InvalidText, field, what));
        }
        if text.len() > longest {
            let what = format!("has {} bytes: at most {longest} are taken", text.len());
            return Err(self.flaw(Code::TooLong, field, what));
        }
        let Some(character) = text.chars().find(|&c| is_forbidden(c)) else { return Ok(()) };
        let number = character as u32;
        let what =
            format!("must not hold the control or bidirectional character U+{number:04X}: drop it");
        Err(self.flaw(Code::InvalidText, field, what))
    }

    fn raw_text(&self, field: &str) -> Result<Option<String>, Flaw> {
        match self.cell(field) {
            cell if cell.is_empty() => Ok(None),
            Cell::Text(text) => Ok(Some(text.to_owned())),
            Cell::Integer(number) if self.is_lenient() => Ok(Some(number.to_string())),
            Cell::Number(number) if self.is_lenient() && number.is_finite() => {
                Ok(Some(number.to_string()))
            }
            other => self.mistyped(field, "a string", &other),
        }
    }

    /// A number that is finite as an `f32`.
    pub fn number(&self, field: &str) -> Result<Option<f64>, Flaw> {
        let number = match self.cell(field) {
            cell if cell.is_empty() => return Ok(None),
            Cell::Integer(number) => number as f64,
            Cell::Number(number) => number,
            Cell::Text(text) if self.is_lenient() => match text.trim().parse() {
                Ok(number) => number,
                Err(_) => return self.mistyped(field, "a number", &Cell::Text(text)),
            },
            other => return self.mistyped(field, "a number", &other),
        };
        if !(number as f32).is_finite() {
            let what = "must be a finite number between -3.4e38 and 3.4e38";
            return Err(self.flaw(Code::InvalidNumber, field, what));
        }
        Ok(Some(number))
    }

    /// A number that is not negative.
    pub fn price(&self, field: &str) -> Result<Option<f64>, Flaw> {
        match self.number(field)? {
            Some(price) if price < 0.0 => {
                let what = format!("is {price}: it must not be negative");
                Err(self.flaw(Code::InvalidNumber, field, what))
            }
            price => Ok(price),
        }
    }

    /// An integer from `least` to [`u32::MAX`].
    pub fn count(&self, field: &str, least: u32) -> Result<Option<u32>, Flaw> {
        let Some(number) = self.number(field)? else { return Ok(None) };
        if number.fract() != 0.0 || number < f64::from(least) || number > f64::from(u32::MAX) {
            let what =
                format!("is {number}: it must be a whole number from {least} to {}", u32::MAX);
            return Err(self.flaw(Code::InvalidNumber, field, what));
        }
        Ok(Some(number as u32))
    }

    /// A boolean.
    pub fn flag(&self, field: &str) -> Result<Option<bool>, Flaw> {
        match self.cell(field) {
            cell if cell.is_empty() => Ok(None),
            Cell::Flag(flag) => Ok(Some(flag)),
            Cell::Text("true" | "True" | "1") | Cell::Integer(1) if self.is_lenient() => {
                Ok(Some(true))
            }
            Cell::Text("false" | "False" | "0") | Cell::Integer(0) if self.is_lenient() => {
                Ok(Some(false))
            }
            other => self.mistyped(field, "true or false", &other),
        }
    }

    /// One of the given names.
    pub fn choice<T>(
        &self,
        field: &str,
        names: &[&str],
        find: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Flaw> {
        let Some(name) = self.raw_text(field)? else { return Ok(None) };
        if let Some(found) = find(&name) {
            return Ok(Some(found));
        }
        let name: String = name.chars().filter(|&c| !is_forbidden(c)).take(64).collect();
        let what = format!("is `{name}`, which is none of {}", names.join(", "));
        Err(self.flaw(Code::UnknownValue, field, what))
    }

    /// A time, at most a day after `now`.
    pub fn time(&self, field: &str) -> Result<Option<Millis>, Flaw> {
        let read = match self.cell(field) {
            cell if cell.is_empty() => return Ok(None),
            Cell::Time(millis) => Some(millis),
            Cell::Integer(number) => time::from_number(number),
            Cell::Number(number) if number.fract() == 0.0 => time::from_number(number as i128),
            Cell::Text(text) => self.written_time(text),
            Cell::Number(_) => None,
            other => return self.mistyped(field, "an RFC 3339 string or an integer", &other),
        };
        let Some(millis) = read else {
            let what = "can't be read: write RFC 3339 (`2026-01-31T12:00:00Z`), whole Unix seconds or milliseconds";
            return Err(self.flaw(Code::InvalidTimestamp, field, what));
        };
        match time::objection(millis, self.now) {
            Some(what) => Err(self.flaw(Code::InvalidTimestamp, field, what)),
            None => Ok(Some(millis)),
        }
    }

    fn written_time(&self, text: &str) -> Option<Millis> {
        if !self.is_lenient() {
            return time::from_rfc3339(text);
        }
        let text = text.trim();
        let number = || text.parse().ok().and_then(time::from_number);
        number().or_else(|| time::from_rfc3339(text)).or_else(|| time::from_civil(text))
    }

    /// An ISO 4217 code.
    pub fn currency(&self, field: &str) -> Result<Option<String>, Flaw> {
        let Some(code) = self.raw_text(field)? else { return Ok(None) };
        if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
            return Ok(Some(code));
        }
        let what = "must be three capital letters as in ISO 4217, such as `CNY`";
        Err(self.flaw(Code::InvalidCurrency, field, what))
    }

    /// A point on the earth from the fields `lat` and `lon` of this row; none if neither is there.
    pub fn place(&self) -> Result<Option<Place>, Flaw> {
        let (lat, lon) = match (self.number("lat")?, self.number("lon")?) {
            (None, None) => return Ok(None),
            (Some(lat), Some(lon)) => (lat, lon),
            (None, Some(_)) => return Err(self.lonely("lat")),
            (Some(_), None) => return Err(self.lonely("lon")),
        };
        let bounded = |field, degrees: f64, most: f64| {
            if degrees.abs() <= most {
                return Ok(degrees);
            }
            let what = format!("is {degrees}: degrees go from -{most} to {most}");
            Err(self.flaw(Code::InvalidPlace, field, what))
        };
        Ok(Some(Place { lat: bounded("lat", lat, 90.0)?, lon: bounded("lon", lon, 180.0)? }))
    }

    fn lonely(&self, field: &str) -> Flaw {
        self.flaw(Code::InvalidPlace, field, "is missing: a place needs `lat` and `lon`")
    }
}
