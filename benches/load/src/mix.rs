//! The mix of requests of a load.

use std::str::FromStr;

use guanxi_models::Scenario;
use rand::{Rng, RngExt as _};

use super::LoadError;

/// One kind of request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A list of this scenario.
    Scenario(Scenario),
    /// A path of any server, as it is.
    Path(String),
    /// An event that is written.
    Write,
}

impl Part {
    /// The name in tables.
    pub fn name(&self) -> &str {
        match self {
            Self::Scenario(scenario) => scenario.name(),
            Self::Path(path) => path,
            Self::Write => "write",
        }
    }
}

/// Kinds of requests by weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    parts: Vec<(Part, f64)>,
    total: f64,
}

impl Mix {
    /// Only this.
    pub fn only(part: Part) -> Self {
        Self { parts: vec![(part, 1.0)], total: 1.0 }
    }

    /// The kinds, in their order.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().map(|(part, _)| part)
    }

    /// The scenarios among them.
    pub fn scenarios(&self) -> impl Iterator<Item = Scenario> {
        self.parts().filter_map(|part| match part {
            Part::Scenario(scenario) => Some(*scenario),
            _ => None,
        })
    }

    /// Picks the index of a kind by weight.
    pub fn draw(&self, rng: &mut impl Rng) -> usize {
        let mut left = rng.random_range(0.0..self.total);
        let mut place = 0;
        while place + 1 < self.parts.len() && left >= self.parts[place].1 {
            left -= self.parts[place].1;
            place += 1;
        }
        place
    }
}

impl FromStr for Mix {
    type Err = LoadError;

    /// `for-you=5,similar-items=2`; a weight of 1 may be left out.
    fn from_str(text: &str) -> Result<Self, LoadError> {
        let parts: Vec<(Part, f64)> = text.split(',').map(part).collect::<Result<_, _>>()?;
        let total = parts.iter().map(|(_, weight)| weight).sum();
        Ok(Self { parts, total })
    }
}

fn part(text: &str) -> Result<(Part, f64), LoadError> {
    let (name, weight) = text.split_once('=').unwrap_or((text, "1"));
    let scenario = Scenario::from_name(name.trim());
    let weight =
        weight.trim().parse::<f64>().ok().filter(|weight| *weight > 0.0 && weight.is_finite());
    scenario.zip(weight).map(|(scenario, weight)| (Part::Scenario(scenario), weight)).ok_or_else(
        || {
            let known = Scenario::names();
            LoadError::Mix { part: text.into(), known: known.join(", ") }
        },
    )
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn parts_are_drawn_by_weight() {
        let mix: Mix = "for-you=3, popular".parse().unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        let popular = (0..4_000).filter(|_| mix.draw(&mut rng) == 1).count();
        assert!((900..1_100).contains(&popular), "{popular}");
    }

    #[test]
    fn what_is_no_part_is_told_with_what_there_is() {
        for text in ["for-me", "for-you=0", "for-you=x", "", "popular=inf"] {
            let error = text.parse::<Mix>().unwrap_err().to_string();
            assert!(error.contains("similar-items"), "{error}");
        }
    }
}
