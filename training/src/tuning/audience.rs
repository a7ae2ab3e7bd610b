//! The quality of an embedding after each sweep, on some users with held-out rows.

use guanxi_models::Factors;

use crate::als::{AlsParams, Checkpoint, Matrix, Sweep, fold_users};
use crate::judge::case::{Case, Scorer};
use crate::judge::evaluation::Catalogue;
use crate::observer::Observer;
use crate::recipe::Trial;
use crate::score::scoring::score_rows;

/// The maximum number of users evaluated: enough for the shape of a curve, few enough to cost next
/// to nothing.
const USERS: usize = 200;

/// An observer that forwards all calls and reports the held-out NDCG of the embedding after each
/// sweep.
pub(super) struct Audience<'a> {
    observer: &'a mut dyn Observer,
    matrix: &'a Matrix,
    catalogue: Catalogue<'a>,
    cases: &'a [Case],
    /// The parameters of the current embedding; `None` before the first.
    params: Option<AlsParams>,
}

impl<'a> Audience<'a> {
    /// Evaluates the first of these cases.
    pub(super) fn new(
        observer: &'a mut dyn Observer,
        matrix: &'a Matrix,
        catalogue: Catalogue<'a>,
        cases: &'a [Case],
    ) -> Self {
        Self { observer, matrix, catalogue, cases: &cases[..cases.len().min(USERS)], params: None }
    }

    /// The mean NDCG@20 of the embedding alone. `None` without cases, or if the state can't be
    /// used.
    fn ask(&self, state: &Checkpoint) -> Option<f64> {
        let params = self.params.as_ref().filter(|_| !self.cases.is_empty())?;
        let users: Vec<u32> = self.cases.iter().map(|case| case.user).collect();
        let (rows, items) = fold_users(self.matrix, params, &state.items, &users).ok()?;
        let scorer = SampleScorer { users, rows, items };
        Some(self.catalogue.evaluate(&scorer, self.cases).at_20.ndcg)
    }
}

impl Observer for Audience<'_> {
    fn stage(&mut self, name: &str) {
        self.observer.stage(name);
    }

    fn stage_done(&mut self) {
        self.observer.stage_done();
    }

    fn sweep(&mut self, sweep: Sweep) {
        self.observer.sweep(sweep);
    }

    fn held_out(&mut self, ndcg: f64) {
        self.observer.held_out(ndcg);
    }

    fn embedding(&mut self, params: &AlsParams, fingerprint: u64) -> Option<Checkpoint> {
        self.params = Some(params.clone());
        self.observer.embedding(params, fingerprint)
    }

    fn checkpoint(&mut self, fingerprint: u64, state: &Checkpoint) {
        if let Some(ndcg) = self.ask(state) {
            self.observer.held_out(ndcg);
        }
        self.observer.checkpoint(fingerprint, state);
    }

    fn trial(&mut self, trial: &Trial, at: usize, of: usize) {
        self.observer.trial(trial, at, of);
    }
}

/// Scores `p_u.q_j` for users that have a row here.
struct SampleScorer {
    users: Vec<u32>,
    /// One row for each of `users`.
    rows: Factors,
    items: Factors,
}

impl Scorer for SampleScorer {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        let row = |user: &u32| {
            let at = self
                .users
                .iter()
                .position(|one| one == user)
                .expect("only evaluated users are scored");
            self.rows.row(at).expect("a row for each user")
        };
        score_rows(users.iter().map(row), &self.items, scores);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{Dataset, DatasetBuilder, Seen};
    use crate::fitted::parts::{self, Views};
    use crate::recipe::{EmbeddingChoice, Recipe};
    use crate::score::scoring::EmbeddingScorer;
    use crate::tuning::draws::{HeldOutRows, draws};

    #[derive(Default)]
    struct Heard {
        sweeps: usize,
        held_out: Vec<f64>,
    }

    impl Observer for Heard {
        fn stage(&mut self, _: &str) {}

        fn stage_done(&mut self) {}

        fn sweep(&mut self, _: Sweep) {
            self.sweeps += 1;
        }

        fn held_out(&mut self, ndcg: f64) {
            self.held_out.push(ndcg);
        }

        fn trial(&mut self, _: &Trial, _: usize, _: usize) {}
    }

    /// Two tastes of 15 items each; a user has 10 items of one.
    fn data() -> Dataset {
        let mut builder = DatasetBuilder::default();
        for n in 0..600_u32 {
            let (user, nth) = (n % 60, n / 60);
            let item = (user % 2) * 15 + (user * 7 + nth) % 15;
            builder.observe(&format!("u{user}"), &format!("i{item}"), Seen::default());
        }
        builder.build()
    }

    #[test]
    fn after_each_sweep_the_held_out_rows_are_ranked_as_by_the_embedding_that_it_would_leave() {
        let recipe = Recipe::default();
        let draw = &draws(&data(), HeldOutRows::Half, &recipe)[0];
        let views = Views::new(&draw.split.rest, &recipe);
        let confidences = parts::confidences(&draw.split.rest).unwrap();
        let mut heard = Heard::default();
        let mut audience =
            Audience::new(&mut heard, &confidences.matrix, views.catalogue(), &draw.learn);
        let choice = EmbeddingChoice { unobserved: 120.0, ridge: 4.5 };
        let als = parts::embedding(&confidences, &recipe, choice, &mut audience).unwrap();
        let scorer = EmbeddingScorer { users: &als.user_factors, items: &als.item_factors };
        let last = views.catalogue().evaluate(&scorer, &draw.learn).at_20.ndcg;
        assert_eq!((heard.sweeps, heard.held_out.len()), (8, 8));
        assert!((heard.held_out[7] - last).abs() < 1e-9, "{:?} {last}", heard.held_out);
        assert!(heard.held_out[7] > 0.2);
    }
}
