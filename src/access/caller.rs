//! Who asks, once the gate was passed.

/// For whom somebody may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// For anybody: the shop itself, or anyone where there are no keys.
    Shop,
    /// For the user of the token, and for nobody without one.
    Visitor {
        /// The user whom the token names.
        user: Option<String>,
    },
}

impl Caller {
    /// Whether it may ask for this user, and say what this user did.
    ///
    /// Decided before anything is looked up, so that a user who exists takes no longer to refuse than one who does not.
    pub fn speaks_for(&self, user: &str) -> bool {
        match self {
            Self::Shop => true,
            Self::Visitor { user: own } => own.as_deref() == Some(user),
        }
    }
}
