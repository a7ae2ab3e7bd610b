//! The evidence of friends: the strength of ties, and the prior that friends give a newcomer.

pub mod friend_prior;
pub mod made_cold;
pub mod ties;
