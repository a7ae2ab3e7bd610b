//! Fuzz targets of the registry, for [`crate::testing::fuzzing`].

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use guanxi_models::index::{IndexParams, ItemIndex, SearchScratch};
use guanxi_models::{Factors, Ground, Learned, Model};

use super::manifest::{Manifest, Shapes};
use super::{Registry, publish, stored, tables};
use crate::testing::fuzzing::folder_in_memory;

const FILES: [&str; 3] = ["users.arrow", "items.arrow", "index.arrow"];

/// A small model with a graph for its index.
fn example() -> Model {
    const ITEMS: usize = 300;
    let names: Vec<String> = (0..ITEMS).map(|item| format!("i{item}")).collect();
    let values: Vec<f32> =
        (0..ITEMS * 16).map(|at| ((at * 7_919 % 1_013) as f32) / 1_013. - 0.5).collect();
    let factors = Factors::new(16, values).expect("16 numbers for each item");
    let params = IndexParams { exact_below: 0, head: 16, ..IndexParams::default() };
    let index = ItemIndex::build(&factors, &factors, &params).expect("300 items can be indexed");
    let ground = Ground {
        users: ["u"].into_iter().collect(),
        items: names.iter().map(String::as_str).collect(),
        ..Ground::default()
    };
    let learned = Learned {
        user_factors: Factors::new(16, vec![0.5; 16]).expect("16 numbers"),
        item_factors: factors,
        index,
        ..Learned::default()
    };
    Model::new(learned, ground)
}

/// The example on disk.
struct Written {
    folder: PathBuf,
    manifest: Manifest,
}

/// The example, written once in a process, because its graph takes longer than thousands of runs.
fn written() -> &'static Written {
    static WRITTEN: OnceLock<Written> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let (folder, model) = (folder_in_memory("model"), example());
        tables::write(&model, &folder).expect("there is room for a small model");
        Written { folder, manifest: manifest_of(&model) }
    })
}

fn manifest_of(model: &Model) -> Manifest {
    Manifest {
        version: "v".to_owned(),
        watermark: 0,
        created: String::new(),
        shapes: Shapes::of(model),
        metrics: std::collections::BTreeMap::new(),
        params: model.learned.params.clone(),
        files: Vec::new(),
    }
}

/// Reads a model, and searches its index. The first byte chooses a file, which gets the other
/// bytes.
pub(crate) fn model(bytes: &[u8]) {
    let Some((&which, content)) = bytes.split_first() else { return };
    let name = FILES[usize::from(which) % FILES.len()];
    let Written { folder, manifest } = written();
    let whole = fs::read(folder.join(name)).expect("the example is there");
    fs::write(folder.join(name), content).expect("there is room for a small model");
    if let Ok(model) = super::read_tables(folder, manifest) {
        let query = vec![0.25; model.learned.item_factors.dim()];
        let scratch = &mut SearchScratch::default();
        drop(model.learned.index.search(
            &model.learned.item_factors,
            &query,
            10,
            64,
            &|_| true,
            scratch,
        ));
    }
    fs::write(folder.join(name), whole).expect("there is room for a small model");
}

/// The three valid files.
pub(crate) fn model_seeds() -> Vec<Vec<u8>> {
    let seed = |(which, name): (usize, &&str)| {
        let content = fs::read(written().folder.join(name)).expect("the example is there");
        [vec![which as u8], content].concat()
    };
    FILES.iter().enumerate().map(seed).collect()
}

/// Reads a manifest and a pointer.
pub(crate) fn manifest(bytes: &[u8]) {
    drop(stored::decode(bytes));
    let data = folder_in_memory("registry");
    let registry = Registry::open(&data).expect("there is room for a folder");
    let version = data.join("models/versions/v");
    fs::create_dir_all(&version).expect("there is room for a folder");
    fs::write(version.join(publish::MANIFEST), bytes).expect("there is room for a small file");
    fs::write(data.join("models/manifests/00000001.json"), bytes)
        .expect("there is room for a small file");
    drop(registry.load("v"));
    drop((registry.current(), registry.list()));
}

/// A valid manifest and pointer.
pub(crate) fn manifest_seeds() -> Vec<Vec<u8>> {
    let manifest = stored::encode(&manifest_of(&Model::empty()));
    let earlier = include_bytes!("../../tests/formats/golden/model/2/manifest.json");
    let pointer =
        br#"{"number":1,"version":"v","manifest_sha256":"00","created":"2026-01-01T00:00:00Z"}"#;
    vec![manifest, earlier.to_vec(), pointer.to_vec()]
}
