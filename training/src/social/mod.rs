//! Evidence from friends: the strength of ties, and the prior that friends give a new user.

pub mod friend_prior;
pub mod made_cold;
pub(crate) mod reached;
pub mod ties;
pub mod tried;
