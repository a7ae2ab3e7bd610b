//! The users and items of a load.

use std::borrow::Cow;
use std::path::Path;

use rand::Rng;
use rand::RngExt as _;
use rand_distr::{Distribution as _, Zipf};

use super::LoadError;

/// Ids to draw from, the most frequent first.
#[derive(Clone, Debug, PartialEq)]
pub enum Names {
    /// A prefix and a number from 0 to (not with) this.
    Range {
        /// The prefix.
        prefix: String,
        /// The first number.
        from: u64,
        /// The number after the last.
        to: u64,
    },
    /// A list of ids.
    List(Vec<String>),
}

impl Names {
    /// `PREFIX:FROM..TO`, or a file with one id a line.
    pub fn read(given: &str) -> Result<Self, LoadError> {
        let wrong = |reason: &str| LoadError::Names { given: given.into(), reason: reason.into() };
        let names = match Self::range(given) {
            Some(range) => range,
            None => Self::file(Path::new(given)).map_err(|error| wrong(&error.to_string()))?,
        };
        if names.is_empty() { Err(wrong("it is empty")) } else { Ok(names) }
    }

    fn range(given: &str) -> Option<Self> {
        let (prefix, numbers) = given.split_once(':')?;
        let (from, to) = numbers.split_once("..")?;
        Some(Self::Range { prefix: prefix.into(), from: from.parse().ok()?, to: to.parse().ok()? })
    }

    fn file(path: &Path) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(Self::List(lines.map(str::to_owned).collect()))
    }

    /// The number of ids.
    pub fn len(&self) -> usize {
        match self {
            Self::Range { from, to, .. } => to.saturating_sub(*from) as usize,
            Self::List(names) => names.len(),
        }
    }

    /// True if there are no ids.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn name(&self, at: usize) -> Cow<'_, str> {
        match self {
            Self::Range { prefix, from, .. } => Cow::Owned(format!("{prefix}{}", from + at as u64)),
            Self::List(names) => Cow::Borrowed(&names[at]),
        }
    }
}

/// The names that a model knows.
#[derive(Clone, Debug, Default)]
pub struct ModelNames {
    /// Its users, the first drawn most often.
    pub users: Vec<String>,
    /// Its items, likewise.
    pub items: Vec<String>,
}

/// Draws names by Zipf's law: the probability of the `r`-th is proportional to `r` to the power of
/// `-exponent`.
#[derive(Clone, Debug)]
pub struct Drawn {
    names: Names,
    by_rank: Option<Zipf<f64>>,
}

impl Drawn {
    /// An exponent of 0 draws uniformly. There must be a name.
    pub fn new(names: Names, exponent: f64) -> Result<Self, LoadError> {
        let wrong = || LoadError::Exponent { exponent };
        if !(exponent >= 0.0 && exponent.is_finite()) {
            return Err(wrong());
        }
        let zipf = || Zipf::new(names.len() as f64, exponent).map_err(|_| wrong());
        let by_rank = if exponent > 0.0 { Some(zipf()?) } else { None };
        Ok(Self { names, by_rank })
    }

    /// The next name.
    pub fn draw(&self, rng: &mut impl Rng) -> Cow<'_, str> {
        let n = self.names.len();
        let at = match &self.by_rank {
            Some(zipf) => (zipf.sample(rng) as usize).clamp(1, n) - 1,
            None => rng.random_range(0..n),
        };
        self.names.name(at)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_range_is_its_numbers_and_a_file_its_lines() {
        let range = Names::read("u:5..8").unwrap();
        assert_eq!((range.len(), &*range.name(2)), (3, "u7"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "a\n\n b \n").unwrap();
        let list = Names::read(file.path().to_str().unwrap()).unwrap();
        assert_eq!(list, Names::List(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn nothing_to_draw_from_is_refused() {
        for given in ["u:5..5", "u:9..1", "no such file", "u:x..3"] {
            assert!(Names::read(given).unwrap_err().to_string().contains(given), "{given}");
        }
        assert!(Drawn::new(Names::List(vec!["a".into()]), -1.0).is_err());
        assert!(Drawn::new(Names::List(vec!["a".into()]), f64::NAN).is_err());
    }

    #[test]
    fn the_first_are_drawn_most_often_and_all_alike_without_exponent() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut share_of_first = |exponent: f64| {
            let drawn = Drawn::new(Names::read("u:0..10").unwrap(), exponent).unwrap();
            let first = (0..4_000).filter(|_| drawn.draw(&mut rng) == "u0").count();
            first as f64 / 4_000.0
        };
        // 1 / (1 + 1/2 + .. + 1/10) = .341
        assert!((share_of_first(1.0) - 0.341).abs() < 0.03);
        assert!((share_of_first(0.0) - 0.1).abs() < 0.03);
    }
}
