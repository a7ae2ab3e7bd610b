//! The authenticated caller of a request.

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
    /// True if the caller may request lists for this user and send this user's events.
    ///
    /// Decided before anything is looked up, so that a user who exists takes no longer to refuse
    /// than one who does not.
    pub fn speaks_for(&self, user: &str) -> bool {
        match self {
            Self::Shop => true,
            Self::Visitor { user: own } => own.as_deref() == Some(user),
        }
    }
}
