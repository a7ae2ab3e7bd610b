//! The scope of a key.

/// The operations that a key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Scope {
    /// Ask for lists and send events, from the pages of given origins, for the user whom a token
    /// names.
    Public,
    /// Read everything: lists for anybody, items, users, models, figures.
    Read,
    /// Read and write everything but models.
    Write,
    /// Everything.
    Admin,
}

/// The scope that an operation needs, the narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Nothing: health and documentation.
    Nothing,
    /// To ask for lists.
    Recommend,
    /// To send events.
    Events,
    /// To read what is stored.
    Read,
    /// To write what is stored.
    Write,
    /// To change what is served.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 4] = [Self::Public, Self::Read, Self::Write, Self::Admin];

    /// The scope of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// True if a key of this scope allows the operation.
    pub fn allows(self, need: Need) -> bool {
        match need {
            Need::Nothing | Need::Recommend => true,
            Need::Events => self != Self::Read,
            Need::Read => self != Self::Public,
            Need::Write => matches!(self, Self::Write | Self::Admin),
            Need::Admin => self == Self::Admin,
        }
    }

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_need_has_its_scopes() {
        let may = |need| Scope::ALL.map(|scope| scope.allows(need));
        assert_eq!(may(Need::Nothing), [true, true, true, true]);
        assert_eq!(may(Need::Recommend), [true, true, true, true]);
        assert_eq!(may(Need::Events), [true, false, true, true]);
        assert_eq!(may(Need::Read), [false, true, true, true]);
        assert_eq!(may(Need::Write), [false, false, true, true]);
        assert_eq!(may(Need::Admin), [false, false, false, true]);
    }
}
