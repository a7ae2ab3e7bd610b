//! Tuning for cold users: one half of them chooses the parameters, the other half measures them.

use std::collections::BTreeMap;

use guanxi_models::Factors;

use super::newcomers::{Backed, FoldInPrior, Newcomers};
use super::report::{ColdQuality, ColdRound, Strengths};
use super::setup::Setup;
use crate::als::{AlsError, FriendPrior};
use crate::blend::{PerPart, Sources, learn};
use crate::fitted::Fitted;
use crate::judge::bootstrap::Bootstrap;
use crate::judge::case::Scorer;
use crate::judge::evaluation::{Catalogue, Survey};
use crate::judge::figures::Marks;
use crate::judge::noise::is_beyond_noise;
use crate::lists::add_lists;
use crate::score::baselines::Popularity;
use crate::score::scoring::{EmbeddingScorer, FriendScores, weighed};
use crate::tuning::second_hop;

/// The values of `sigma` to choose from, beside 0.
const STRENGTHS: [f32; 5] = [0.1, 0.3, 1.0, 3.0, 10.0];
/// The values of `kappa` to choose from.
const SHRINKAGES: [f32; 4] = [0.3, 1.0, 3.0, 10.0];

/// The factor by which friends must multiply the quality. The best of a hundred ways with friends
/// is luckier than the best of six without them. Random friends of a few hundred users gained up to
/// 1 % on the users who chose them, and lost as much on the others.
const WORTHWHILE: f64 = 1.02;
/// The number of priors, the best by the embedding alone, that are tried with all parts.
const FINALISTS: usize = 3;

/// One way to score cold users.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Way {
    prior: FoldInPrior,
    /// `eta`: the weight of friends of friends.
    second_hop: f32,
    /// The weights on the common scale.
    weights: PerPart,
    /// The weights times the scales.
    scaled: PerPart,
    /// NDCG@20 on the users that the way was learned on.
    ndcg: f64,
}

impl Setup<'_> {
    /// One round per number of items handed back. Each half of the users is served with the choices
    /// of the other half.
    pub(super) fn rounds(&self, numbers: &[usize]) -> Result<Vec<ColdRound>, AlsError> {
        let popularity = self.popularity();
        let newcomers: Vec<[Newcomers; 2]> = numbers
            .iter()
            .map(|&n| self.hidden.halves.each_ref().map(|users| Newcomers::new(self, users, n)))
            .collect();
        let half = |round: usize, side: usize| Half {
            setup: self,
            newcomers: &newcomers[round][side],
            popularity: &popularity,
        };
        let side = |side| -> Result<Vec<Ways>, AlsError> {
            decide(&(0..numbers.len()).map(|round| half(round, side)).collect::<Vec<_>>())
        };
        let ways = [side(0)?, side(1)?];
        let round = |at: usize| {
            self.round(numbers[at], [half(at, 0), half(at, 1)], [ways[0][at], ways[1][at]])
        };
        (0..numbers.len()).map(round).collect()
    }

    fn round(
        &self,
        n: usize,
        halves: [Half<'_>; 2],
        ways: [Ways; 2],
    ) -> Result<ColdRound, AlsError> {
        let (first, second) = (halves[1].surveys(ways[0])?, halves[0].surveys(ways[1])?);
        let surveys: [Vec<Marks>; 3] =
            [0, 1, 2].map(|system| [&first[system].marks[..], &second[system].marks].concat());
        let marks = surveys.each_ref().map(Vec::as_slice);
        let bootstrap = Bootstrap::new(&marks, self.recipe.seed);
        let [without_friends, with_friends, popularity] = marks.map(ColdQuality::mean_of);
        Ok(ColdRound {
            handed_back: n,
            users: marks[0].len(),
            popularity,
            without_friends,
            with_friends,
            gain: bootstrap.difference(1, 0).ndcg_at_20,
            chosen_without: ways.map(|ways| ways.alone.strengths()),
            chosen: ways.map(|ways| ways.social.strengths()),
        })
    }

    /// The popularity of every item, from 0 to 1.
    fn popularity(&self) -> Vec<f32> {
        let counts = self.fitted.views.own.counts(self.fitted.views.n_items);
        let most = counts.iter().copied().max().unwrap_or(0).max(1) as f32;
        counts.into_iter().map(|count| count as f32 / most).collect()
    }
}

impl Way {
    fn strengths(self) -> Strengths {
        let (friends, shrinkage, mean) = match self.prior {
            FoldInPrior::Friends(prior) => (prior.strength, prior.shrinkage, 0.0),
            FoldInPrior::Mean(strength) => (0.0, 0.0, strength),
        };
        let second_hop = self.second_hop;
        Strengths { friends, shrinkage, mean, second_hop, weights: self.weights }
    }
}

/// The choices of one half of the users for one number of items.
#[derive(Clone, Copy, Debug)]
struct Ways {
    alone: Way,
    social: Way,
}

/// Makes the choices of one half of the users, for every number of items.
///
/// Friends are accepted or rejected once, over all rounds: if their gain is small or within noise,
/// they get no weight at all.
fn decide(halves: &[Half<'_>]) -> Result<Vec<Ways>, AlsError> {
    let mut ways = halves.iter().map(Half::ways).collect::<Result<Vec<_>, _>>()?;
    let mut gains = BTreeMap::new();
    for (half, &ways) in halves.iter().zip(&ways) {
        half.add_gains(ways, &mut gains)?;
    }
    let mean = |way: fn(&Ways) -> Way| ways.iter().map(|ways| way(ways).ndcg).sum::<f64>();
    let is_much = mean(|ways| ways.social) > WORTHWHILE * mean(|ways| ways.alone);
    if !(is_much && is_beyond_noise(&gains.into_values().collect::<Vec<_>>())) {
        for ways in &mut ways {
            ways.social = ways.alone;
        }
    }
    Ok(ways)
}

/// One half of the cold users.
#[derive(Clone, Copy)]
struct Half<'a> {
    setup: &'a Setup<'a>,
    newcomers: &'a Newcomers,
    popularity: &'a [f32],
}

impl<'a> Half<'a> {
    /// The best way without friends, and the best of all.
    fn ways(&self) -> Result<Ways, AlsError> {
        let no_friends = PerPart { friends: 0.0, ..PerPart::ONES };
        let means = std::iter::once(0.0).chain(STRENGTHS).map(FoldInPrior::Mean);
        let alone = self.best(means.collect(), no_friends)?;
        let priors = STRENGTHS.into_iter().flat_map(|strength| {
            SHRINKAGES.map(|shrinkage| FoldInPrior::Friends(FriendPrior { strength, shrinkage }))
        });
        let mut priors = self.finalists(priors.collect())?;
        priors.push(alone.prior);
        let social = self.further(self.best(priors, PerPart::ONES)?)?;
        Ok(Ways { alone, social: if social.ndcg > alone.ndcg { social } else { alone } })
    }

    /// The same way, or one that also uses friends of friends, if that ranks better.
    fn further(&self, way: Way) -> Result<Way, AlsError> {
        let mut best = way;
        let reaches = self.newcomers.second_hop(1.0).is_some();
        for strength in second_hop::positive(self.setup.recipe).into_iter().filter(|_| reaches) {
            let further = self.learned(way.prior, strength, PerPart::ONES)?;
            if further.ndcg > best.ndcg {
                best = further;
            }
        }
        Ok(best)
    }

    /// Adds the gain from friends in NDCG@20 to each user's entry.
    fn add_gains(&self, ways: Ways, gains: &mut BTreeMap<u32, f64>) -> Result<(), AlsError> {
        let (alone, social) = (self.survey(ways.alone)?, self.survey(ways.social)?);
        let marks = social.marks.iter().zip(&alone.marks);
        for (&user, (social, alone)) in self.newcomers.users.iter().zip(marks) {
            *gains.entry(user).or_default() += f64::from(social.ndcg_at_20 - alone.ndcg_at_20);
        }
        Ok(())
    }

    /// The priors that rank best by the embedding alone.
    fn finalists(&self, priors: Vec<FoldInPrior>) -> Result<Vec<FoldInPrior>, AlsError> {
        let mut judged = Vec::new();
        for prior in priors {
            let rows = self.newcomers.rows(self.setup, prior)?;
            let metrics = self.catalogue().evaluate(&self.embedding(&rows), &self.newcomers.cases);
            judged.push((metrics.at_20.ndcg, prior));
        }
        judged.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(judged.into_iter().take(FINALISTS).map(|(_, prior)| prior).collect())
    }

    /// The prior and weights that rank best; the first on ties.
    fn best(&self, priors: Vec<FoldInPrior>, mask: PerPart) -> Result<Way, AlsError> {
        let mut best: Option<Way> = None;
        for prior in priors {
            let way = self.learned(prior, 0.0, mask)?;
            if best.is_none_or(|best| way.ndcg > best.ndcg) {
                best = Some(way);
            }
        }
        Ok(best.expect("there is at least one prior to try"))
    }

    fn learned(&self, prior: FoldInPrior, second_hop: f32, mask: PerPart) -> Result<Way, AlsError> {
        let rows = self.newcomers.rows(self.setup, prior)?;
        let embedding = self.embedding(&rows);
        let sources = self.sources(&embedding, second_hop);
        let users: Vec<u32> = (0..self.newcomers.cases.len() as u32).collect();
        let scales = sources.scales(&users);
        let recipe = &self.setup.recipe.blend;
        let mut candidates = sources.candidates(&self.newcomers.cases, recipe.candidates);
        for one in &mut candidates {
            one.scale(scales);
        }
        let learned = learn(&candidates, mask, recipe);
        let scaled = learned.weights.times(scales);
        Ok(Way { prior, second_hop, weights: learned.weights, scaled, ndcg: learned.ndcg })
    }

    fn survey(&self, way: Way) -> Result<Survey, AlsError> {
        let rows = self.newcomers.rows(self.setup, way.prior)?;
        let embedding = self.embedding(&rows);
        let scorer =
            Weighed { sources: self.sources(&embedding, way.second_hop), weights: way.scaled };
        Ok(self.catalogue().survey(&scorer, &self.newcomers.cases))
    }

    /// The surveys of three ways on these users: without friends, with friends, and popularity.
    fn surveys(&self, Ways { alone, social }: Ways) -> Result<[Survey; 3], AlsError> {
        Ok([self.survey(alone)?, self.survey(social)?, self.by_popularity()])
    }

    fn by_popularity(&self) -> Survey {
        let Fitted { views, .. } = self.setup.fitted;
        let popularity = Popularity::new(&views.own, views.n_items);
        self.catalogue().survey(&popularity, &self.newcomers.cases)
    }

    fn embedding<'b>(&self, rows: &'b Factors) -> Backed<'b>
    where
        'a: 'b,
    {
        let items = &self.setup.fitted.als.item_factors;
        Backed { embedding: EmbeddingScorer { users: rows, items }, popularity: self.popularity }
    }

    fn sources<'b>(&'b self, embedding: &'b Backed<'b>, second_hop: f32) -> Sources<'b> {
        let Fitted { views, beside, .. } = self.setup.fitted;
        Sources {
            embedding,
            own: &self.newcomers.own,
            ridge: &beside.ridge,
            graph: &beside.graph,
            friends: FriendScores {
                ties: &self.newcomers.ties,
                shown: &views.shown,
                second_hop: self.newcomers.second_hop(second_hop),
            },
            bias: &views.bias,
            catalogue: self.catalogue(),
        }
    }

    fn catalogue(&self) -> Catalogue<'_> {
        Catalogue { seen: &self.newcomers.seen, ..self.setup.fitted.views.catalogue() }
    }
}

/// All parts of the score, weighted.
struct Weighed<'a> {
    sources: Sources<'a>,
    weights: PerPart,
}

impl Scorer for Weighed<'_> {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        let PerPart { embedding, ridge, graph, friends, popularity } = self.weights;
        self.sources.embedding.score(users, scores);
        for score in scores.iter_mut() {
            *score *= embedding;
        }
        let n_items = self.sources.catalogue.n_items.max(1);
        for (&user, row) in users.iter().zip(scores.chunks_mut(n_items)) {
            let own = self.sources.own.row(user as usize);
            add_lists(row, weighed(own, ridge), self.sources.ridge);
            add_lists(row, weighed(own, graph), self.sources.graph);
            self.sources.friends.add(user, friends, row);
            let bias = self.sources.bias.iter();
            row.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += popularity * bias);
        }
    }
}
