//! From the sources to the settings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use config::{Config, Environment, File, FileFormat};

use super::keys::{self, PREFIX};
use super::{Settings, SettingsError};

/// The sources of settings beside the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file named by `--config`.
    pub file: Option<PathBuf>,
    /// The variables of the environment; those that don't begin with `GUANXI_` are passed over.
    pub variables: BTreeMap<String, String>,
    /// Keys that flags set.
    pub flags: Vec<(&'static str, String)>,
}

impl Sources {
    /// The file and the environment of this process. Variables that are not UTF-8 are passed over.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, variables, flags: Vec::new() }
    }

    /// Lets a flag set a key, if it was given.
    #[must_use]
    pub fn with_flag(mut self, key: &'static str, value: Option<impl ToString>) -> Self {
        self.flags.extend(value.map(|value| (key, value.to_string())));
        self
    }

    /// Puts the sources together and checks what they say.
    pub fn load(&self) -> Result<Settings, SettingsError> {
        keys::check_variables(self.variables.keys())?;
        let mut builder = Config::builder().add_source(Config::try_from(&Settings::default())?);
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| SettingsError::Unreadable { path: path.clone(), source })?;
            keys::check_file(path, &text)?;
            builder = builder.add_source(File::from(path.as_path()).format(FileFormat::Toml));
        }
        builder = builder.add_source(self.environment());
        for (key, value) in &self.flags {
            builder = builder.set_override(*key, value.as_str())?;
        }
        builder.build()?.try_deserialize::<Settings>()?.check()
    }

    fn environment(&self) -> Environment {
        let ours = self.variables.iter().filter(|(name, _)| name.starts_with(PREFIX));
        let ours = ours.map(|(name, value)| (name.clone(), value.clone())).collect();
        Environment::with_prefix(PREFIX.trim_end_matches('_'))
            .prefix_separator("_")
            .separator("__")
            .source(Some(ours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LogFormat, Period};

    fn from_file(text: &str) -> (tempfile::TempDir, Sources) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guanxi.toml");
        std::fs::write(&path, text).unwrap();
        (dir, Sources { file: Some(path), ..Sources::default() })
    }

    fn refusal(text: &str) -> String {
        let (_dir, sources) = from_file(text);
        sources.load().unwrap_err().to_string()
    }

    #[test]
    fn nothing_said_means_the_defaults() {
        assert_eq!(Sources::default().load().unwrap(), Settings::default());
    }

    #[test]
    fn the_example_says_exactly_the_defaults() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/guanxi.example.toml");
        let sources = Sources { file: Some(path.into()), ..Sources::default() };
        assert_eq!(sources.load().unwrap(), Settings::default());
    }

    #[test]
    fn the_example_explains_every_key() {
        let text = include_str!("../../guanxi.example.toml");
        for key in keys::known() {
            let name = key.split('.').next_back().unwrap();
            let at = text.find(&format!("\n{name} = ")).unwrap_or_else(|| panic!("no `{key}`"));
            let above = text[..at].lines().next_back().unwrap();
            assert!(above.starts_with("# "), "nothing over `{key}`");
        }
    }

    #[test]
    fn the_later_source_wins() {
        let text = "[social]\nmin_friends = 3\n[recommend]\nsearch_ef = 64\ndefault_limit = 5\n";
        let (_dir, mut sources) = from_file(text);
        sources.variables.insert("GUANXI_RECOMMEND__SEARCH_EF".into(), "65".into());
        sources.variables.insert("GUANXI_RECOMMEND__DEFAULT_LIMIT".into(), "6".into());
        let settings = sources.with_flag("recommend.default_limit", Some(7)).load().unwrap();
        assert_eq!(settings.social.min_friends, 3);
        assert_eq!(settings.recommend.search_ef, 65);
        assert_eq!(settings.recommend.default_limit, 7);
    }

    #[test]
    fn variables_are_read_as_what_they_are() {
        let variables = [
            ("GUANXI_SERVER__HEADER_TIMEOUT", "250ms"),
            ("GUANXI_LOG__FORMAT", "json"),
            ("GUANXI_INGEST__STRICT", "true"),
            ("PATH", "/bin"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let settings = Sources { variables, ..Sources::default() }.load().unwrap();
        assert_eq!(settings.server.header_timeout, "250ms".parse::<Period>().unwrap());
        assert_eq!(settings.log.format, LogFormat::Json);
        assert!(settings.ingest.strict);
    }

    #[test]
    fn an_unknown_key_names_its_place_and_the_nearest_one() {
        let said = refusal("[server]\n\nlisen = \"127.0.0.1:1\"\n");
        assert!(said.contains("`server.lisen`") && said.contains("line 3"), "{said}");
        assert!(said.contains("did you mean `server.listen`?"), "{said}");
        assert!(refusal("zzz = 1\n").contains("guanxi.example.toml"));
        let variables = [("GUANXI_SERVER__WORKER".to_owned(), "1".to_owned())].into();
        let said = Sources { variables, ..Sources::default() }.load().unwrap_err().to_string();
        assert!(said.contains("`GUANXI_SERVER__WORKER`") && said.contains("`server.workers`"));
    }

    #[test]
    fn wrong_types_and_values_name_the_key() {
        for (text, key) in [
            ("[server]\nworkers = \"many\"\n", "server.workers"),
            ("[server]\nheader_timeout = \"soon\"\n", "`soon`"),
            ("[log]\nformat = \"xml\"\n", "xml"),
            ("[social]\nmin_friends = 0\n", "social.min_friends"),
            ("[recommend]\ndefault_limit = 201\n", "recommend.default_limit"),
            ("[models]\npoll_interval = \"0s\"\n", "models.poll_interval"),
            ("[server\n", "line 1"),
            ("server = 1\n", "server"),
        ] {
            let said = refusal(text);
            assert!(said.contains(key), "{text}: {said}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let sources = Sources { file: Some("/nowhere/guanxi.toml".into()), ..Sources::default() };
        assert!(sources.load().unwrap_err().to_string().contains("/nowhere/guanxi.toml"));
    }
}
