//! Source files and the rooms that their paths name.

use std::collections::BTreeSet;
use std::fs;

use super::repository;
use super::rooms::place;

/// The crates of the workspace, and where they lie.
const CRATES: [(&str, &str); 4] = [
    ("guanxi_models::", "models/"),
    ("guanxi_training::", "training/"),
    ("guanxi_output::", "output/"),
    ("guanxi_load::", "benches/load/"),
];

/// A file that is compiled into the product.
pub(crate) struct Source {
    /// From the top of the repository.
    pub(crate) path: String,
    root: &'static str,
    /// Without comments and without its tests.
    code: String,
}

/// All of them below a source root, but for the root of the crate and what is compiled for tests
/// alone.
pub(crate) fn sources(root: &'static str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let texts = read(&folder);
        let of_tests: BTreeSet<String> =
            texts.iter().flat_map(|(_, text)| of_tests(text)).collect();
        for (name, text) in texts {
            let module = name.trim_end_matches(".rs");
            if text.is_empty() && !of_tests.contains(module) {
                folders.push(format!("{folder}/{name}"));
            } else if !of_tests.contains(module)
                && (folder != root || !["lib", "main"].contains(&module))
            {
                found.push(Source { path: format!("{folder}/{name}"), root, code: code(&text) });
            }
        }
    }
    found
}

/// The names in a folder with the text of each, which is empty for folders.
fn read(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(repository().join(folder)).unwrap().map(Result::unwrap);
    let entries = entries.filter(|entry| {
        entry.path().is_dir() || entry.path().extension().is_some_and(|end| end == "rs")
    });
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read_to_string(entry.path()).unwrap_or_default(),
            )
        })
        .collect()
}

/// The modules that a file declares for tests alone.
fn of_tests(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pairs =
        lines.windows(2).filter(|pair| pair[0].starts_with("#[cfg(") && pair[0].contains("test"));
    let names = pairs.filter_map(|pair| pair[1].strip_suffix(';')?.rsplit_once("mod "));
    names.map(|(_, name)| name.to_owned()).collect()
}

fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

impl Source {
    /// The rooms that its paths name, of this crate and of the others.
    pub(crate) fn imports(&self) -> BTreeSet<String> {
        let below = self.path[self.root.len() + 1..].trim_end_matches("/mod.rs");
        let depth = below.split('/').count();
        let code = self.code.replace(&"super::".repeat(depth), "crate::");
        let own =
            code.match_indices("crate::").flat_map(|(at, found)| names(&code[at + found.len()..]));
        let own = own.map(|name| place(self.root, &self.module_of(name)));
        let others = CRATES.iter().filter(|(name, _)| code.contains(name));
        own.chain(others.map(|(_, place)| (*place).to_owned())).collect()
    }

    /// The module of a name, which the root of the crate may have exported again.
    fn module_of(&self, name: &str) -> String {
        let root = repository().join(self.root);
        if root.join(name).exists() || root.join(format!("{name}.rs")).exists() {
            return name.to_owned();
        }
        let text = fs::read_to_string(root.join("lib.rs")).unwrap();
        let exports = |line: &&str| names_in(line).any(|word| word == name);
        let line = text.lines().filter_map(|line| line.strip_prefix("pub use ")).find(exports);
        let line = line.unwrap_or_else(|| panic!("{}: where is `{name}`?", self.path));
        names_in(line).next().unwrap().to_owned()
    }
}

/// The names that stand first behind `crate::`, one or a group of them.
fn names(rest: &str) -> Vec<&str> {
    let group = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    match group {
        Some((group, _)) => group.split(',').filter_map(|part| names_in(part).next()).collect(),
        None => names_in(rest).take(1).collect(),
    }
}

fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty())
}
