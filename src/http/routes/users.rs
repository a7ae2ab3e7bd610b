//! Single users.

use guanxi_models::{Millis, Record, User, World};

use super::resource::{Resource, Texts};
use crate::http::problem::Code;
use crate::ingest::user::UserBody;
use crate::ingest::{self, Flaw};

impl Resource for User {
    const NAME: &'static str = "user";
    const TAG: &'static str = "users";
    const PATH: &'static str = "/v1/users/{id}";
    const TEXTS: Texts = Texts {
        put: "Puts a user, whole.",
        patch: "Changes what the body names of a user; null clears.",
        get: "Shows a user.",
        delete: "Forgets a user: history and relations go, the id may come back empty.",
        shown: "The user.",
    };
    const UNKNOWN: Code = Code::UnknownUser;
    type Body = UserBody;

    fn read(id: &str, body: &[u8], now: Millis) -> Result<Self, Flaw> {
        ingest::user_of(id, body, now)
    }

    fn patched(self, body: &[u8], now: Millis) -> Result<Self, Flaw> {
        ingest::patch_user(self, body, now)
    }

    /// Returns `None` for a forgotten user.
    fn find(world: &World, id: &str) -> Option<Self> {
        if let Some(user) = world.user(id) {
            return Some(Self::clone(user));
        }
        let user = world.user_idx(id)?;
        let ties = world.ties(user);
        let has_ties =
            [ties.friends, ties.follows, ties.blocks].iter().any(|list| !list.is_empty());
        let is_known =
            has_ties || !world.circles(user).is_empty() || !world.history(user).items.is_empty();
        is_known.then(|| Self { id: id.to_owned(), ..Self::default() })
    }

    fn put(self) -> Record {
        Record::User(self)
    }

    fn deleted(id: String) -> Record {
        Record::UserDeleted { id }
    }
}
