//! The number that says how a stored file is to be read.
//!
//! Every file of a data directory has a format of its own, or is covered by the one of the
//! directory; docs/guarantees.md lists them. A format that was written once stays readable. A later
//! one is refused by its number, before anything else in the file is looked at.

use serde::Deserialize;

/// Why a stored file can't be read by its format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormatError {
    /// A later guanxi wrote it.
    #[error("has format {found}, and this guanxi reads formats up to {known}")]
    Later { found: u32, known: u32 },
    /// It is not as any guanxi writes it.
    #[error("{0}")]
    Damaged(String),
}

impl From<serde_json::Error> for FormatError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// Makes sure that `found` is a format that this program reads.
pub(crate) fn known_format(found: u32, known: u32) -> Result<u32, FormatError> {
    match found {
        0 => Err(FormatError::Damaged("has format 0, which no guanxi writes".to_owned())),
        found if found > known => Err(FormatError::Later { found, known }),
        found => Ok(found),
    }
}

/// The format that a JSON file names. `unnamed` is the one of files from before they named any.
pub(crate) fn json_format(
    bytes: &[u8],
    unnamed: Option<u32>,
    known: u32,
) -> Result<u32, FormatError> {
    #[derive(Deserialize)]
    struct Named {
        format: Option<u32>,
    }
    let Named { format } = serde_json::from_slice(bytes)?;
    let missing = || FormatError::Damaged("missing field `format`".to_owned());
    known_format(format.or(unnamed).ok_or_else(missing)?, known)
}

/// Compares what is written now with the golden bytes of its format.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_golden(kind: &str, format: u32, written: &[u8], golden: &[u8]) {
    assert!(
        written == golden,
        "the stored shape of `{kind}` changed, but its format is still {format}: raise the format, go on reading \
         format {format}, and add golden bytes of the new one beside tests/formats/golden/{kind}/{format}, which stay \
         as they are. Now written:\n{}",
        String::from_utf8_lossy(written)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_format_is_refused_before_anything_else_is_read() {
        let later = json_format(br#"{"format":4,"of":"tomorrow"}"#, None, 3).unwrap_err();
        assert_eq!(later.to_string(), "has format 4, and this guanxi reads formats up to 3");
    }

    #[test]
    fn a_file_without_a_format_is_of_the_format_from_before_or_damaged() {
        assert_eq!(json_format(b"{}", Some(1), 3), Ok(1));
        for damaged in ["{}", "[]", r#"{"format":0}"#, r#"{"format":"3"}"#] {
            let error = json_format(damaged.as_bytes(), None, 3).unwrap_err();
            assert!(matches!(error, FormatError::Damaged(_)), "{damaged}");
        }
    }
}
