//! `guanxi train` through the executable: conditions for publishing, and resuming after an
//! interruption.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use guanxi::registry::Registry;
use guanxi::store::Store;
use guanxi_models::{Event, EventType, Record};
use guanxi_training::market::{MarketParams, records};
use serde_json::Value;
use tempfile::TempDir;

/// A data directory with a generated market in its log.
struct Shop {
    scratch: TempDir,
}

/// A recipe with three embeddings of twelve sweeps each.
const RECIPE: &str = "seed = 5\n[embedding]\ndim = 32\nsweeps = 12\nunobserved = [200, 600]\n";

/// A different recipe.
const OTHER: &str = "seed = 6\n[embedding]\ndim = 16\nsweeps = 2\n";

impl Shop {
    fn new(users: usize, items: usize, events: usize) -> Self {
        let params = MarketParams::at(1_760_000_000_000).sized(users, items, events);
        Self::of(records(&params).collect())
    }

    fn of(records: Vec<Record>) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let store = Store::open(&scratch.path().join("data")).unwrap();
        store.append(&[records]).unwrap();
        let shop = Self { scratch };
        fs::write(shop.path("recipe.toml"), RECIPE).unwrap();
        fs::write(shop.path("small.toml"), OTHER).unwrap();
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn registry(&self) -> Registry {
        Registry::open(&self.path("data")).unwrap()
    }

    fn current(&self) -> Option<String> {
        self.registry().current().unwrap().map(|pointer| pointer.version)
    }

    fn command(&self, recipe: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
        command.arg("train").arg("--data").arg(self.path("data"));
        command.arg("--recipe").arg(self.path(recipe)).args(more);
        command
    }

    fn train(&self, recipe: &str, more: &[&str]) -> Output {
        self.command(recipe, more).output().unwrap()
    }

    /// Starts a training and kills it after `lines` lines with `mark` on standard error.
    fn kill_at(&self, mark: &str, lines: usize, more: &[&str]) {
        let mut child = self
            .command("recipe.toml", more)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let reported = BufReader::new(child.stderr.take().unwrap()).lines();
        let marked = reported.map_while(Result::ok).filter(|line| line.contains(mark)).take(lines);
        assert_eq!(marked.count(), lines, "the training ended before `{mark}`");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The bytes of a model's tables.
    fn tables(&self, version: &str) -> Vec<Vec<u8>> {
        let directory = self.path("data/models/versions").join(version);
        let read = |name: &str| fs::read(directory.join(name)).unwrap();
        ["users.arrow", "items.arrow", "index.arrow"].map(read).into()
    }

    fn report(&self, version: &str) -> Value {
        self.registry().recipe_and_report(version).unwrap().1
    }
}

fn reported(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn good(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", reported(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_killed_training_leaves_nothing_published_and_goes_on_to_the_same_bytes() {
    let shop = Shop::new(2_000, 600, 60_000);
    good(&shop.train("recipe.toml", &[]));
    let whole = shop.current().unwrap();
    assert!(!shop.path("data/checkpoints").exists(), "they are removed after publishing");

    for (mark, lines) in
        [("  sweep 5 of", 1), ("  sweep 3 of", 2), ("item lists", 1), ("  sweep 9 of", 3)]
    {
        shop.kill_at(mark, lines, &[]);
        assert_eq!(
            (shop.current().unwrap(), shop.registry().list().unwrap().len()),
            (whole.clone(), 1)
        );
        let resumed = shop.train("recipe.toml", &["--resume"]);
        good(&resumed);
        assert!(reported(&resumed).contains("goes on after sweep"), "{}", reported(&resumed));
        let version = shop.current().unwrap();
        assert_ne!(version, whole);
        assert!(shop.tables(&version) == shop.tables(&whole), "killed at `{mark}`");
        assert_eq!(shop.report(&version)["losses"], shop.report(&whole)["losses"]);
        assert_eq!(shop.report(&version)["report"], shop.report(&whole)["report"]);
        shop.registry().activate(&whole, jiff::Timestamp::UNIX_EPOCH).unwrap();
        fs::remove_dir_all(shop.path("data/models/versions").join(version)).unwrap();
    }
}

#[test]
fn a_training_that_is_killed_while_it_publishes_leaves_whole_models_alone() {
    let shop = Shop::new(400, 200, 8_000);
    for _ in 0..3 {
        shop.kill_at("index", 1, &[]);
        let registry = shop.registry();
        let models = registry.list().unwrap();
        assert!(models.iter().all(|model| registry.load(&model.version).is_ok()));
        assert!(shop.current().is_none_or(|version| registry.load(&version).is_ok()));
    }
    good(&shop.train("recipe.toml", &["--resume"]));
    let kept = fs::read_dir(shop.path("data/checkpoints"));
    assert!(kept.is_err(), "checkpoints are removed after publishing");
}

#[test]
fn a_training_that_is_killed_twice_and_whose_log_grew_goes_on_with_what_it_had_read() {
    let shop = Shop::new(800, 300, 20_000);
    good(&shop.train("recipe.toml", &[]));
    let whole = shop.current().unwrap();
    shop.kill_at("  sweep 4 of", 1, &[]);
    let event = Event::new("later", "u0", "i0", EventType::Purchase, 1_770_000_000_000);
    Store::open(&shop.path("data")).unwrap().append(&[vec![Record::Event(event)]]).unwrap();
    shop.kill_at("  sweep 7 of", 2, &["--resume"]);
    good(&shop.train("recipe.toml", &["--resume"]));
    assert!(shop.tables(&shop.current().unwrap()) == shop.tables(&whole));
}

#[test]
fn checkpoints_of_another_run_and_damaged_ones_are_named_and_left_out() {
    let shop = Shop::new(400, 200, 8_000);
    let nothing = shop.train("recipe.toml", &["--resume"]);
    assert!(reported(&nothing).contains("nothing to resume"), "{}", reported(&nothing));
    let whole = shop.current().unwrap();

    shop.kill_at("  sweep 4 of", 1, &[]);
    let other = shop.train("small.toml", &["--resume"]);
    assert!(
        reported(&other).contains("is of another recipe: the training starts anew"),
        "{}",
        reported(&other)
    );

    shop.kill_at("  sweep 4 of", 1, &[]);
    damage(&shop.path("data/checkpoints"));
    let damaged = shop.train("recipe.toml", &["--resume"]);
    assert!(
        reported(&damaged).contains("is damaged: this embedding starts anew"),
        "{}",
        reported(&damaged)
    );
    good(&damaged);
    assert!(shop.tables(&shop.current().unwrap()) == shop.tables(&whole));
}

/// Flips a bit in every checkpoint of an embedding.
fn damage(checkpoints: &Path) {
    for file in fs::read_dir(checkpoints).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "embedding") {
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
}

#[test]
fn a_model_that_falls_short_is_refused_with_both_figures() {
    let shop = Shop::new(400, 200, 8_000);
    let first = good(&shop.train("recipe.toml", &["--publish-if", "ndcg@20 >= 1.2*current"]));
    assert!(first.contains("no current model") && first.contains("published model"), "{first}");
    let serving = shop.current().unwrap();

    let json = shop.path("refused.json");
    let guard = ["--publish-if", "ndcg@20 >= 1.2*current", "--json", json.to_str().unwrap()];
    let refused = shop.train("recipe.toml", &guard);
    assert_eq!(refused.status.code(), Some(1));
    assert!(reported(&refused).contains("nothing was published"));
    let said = String::from_utf8(refused.stdout).unwrap();
    assert!(
        said.contains(&format!("beside model {serving}")) && said.contains(": below "),
        "{said}"
    );
    assert_eq!(shop.current().unwrap(), serving);
    assert_eq!(shop.registry().list().unwrap().len(), 1);
    let run_report: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(run_report["guard"]["bounds"][0]["holds"], false);
}

#[test]
fn a_current_model_with_other_event_weights_is_fitted_to_events_read_by_them() {
    let params = MarketParams::at(1_760_000_000_000).sized(400, 200, 8_000);
    // Friendships are left out: friends' purchases are the same under all event weights, and could
    // decide alone.
    let is_kept = |record: &Record| !matches!(record, Record::Relation(_));
    let shop = Shop::of(records(&params).filter(is_kept).collect());
    let other = format!("{RECIPE}[events]\nhalf_life_days = 2.0\n[events.weights]\nview = 0.0\n");
    fs::write(shop.path("other.toml"), other).unwrap();
    good(&shop.train("other.toml", &[]));
    let said = good(&shop.train("recipe.toml", &["--publish-if", "ndcg@20 >= 0*current"]));
    assert!(said.contains(": reaches 0.0000") && !said.contains("(+0.0000"), "{said}");
}

#[test]
fn the_same_recipe_is_exactly_as_good_as_the_current_model() {
    let shop = Shop::new(400, 200, 8_000);
    good(&shop.train("recipe.toml", &[]));
    let said = good(&shop.train("recipe.toml", &["--publish-if", "ndcg@20 >= current"]));
    assert!(said.contains("(+0.0000, 95 % of +0.0000 to +0.0000)"), "{said}");
}

#[test]
fn an_unknown_metric_is_named_before_anything_is_read() {
    let shop = Shop::new(20, 20, 100);
    let output = shop.train("recipe.toml", &["--publish-if", "mrr >= current"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        reported(&output).contains("no metric `mrr`: use `recall@10`"),
        "{}",
        reported(&output)
    );
}

#[test]
fn a_published_model_has_a_page_that_can_be_made_again() {
    let shop = Shop::new(200, 100, 4_000);
    good(&shop.train("recipe.toml", &[]));
    let version = shop.current().unwrap();
    let kept = shop.path("data/models/versions").join(&version).join("report.html");
    assert!(fs::read_to_string(kept).unwrap().contains("Time and memory"));
    let again = shop.path("again.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    command.args(["models", "report", &version, "--html"]).arg(&again);
    good(&command.arg("--data").arg(shop.path("data")).output().unwrap());
    assert!(fs::read_to_string(again).unwrap().contains(&version));
}
