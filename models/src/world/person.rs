//! What has changed about a user since the model was made.

use std::sync::Arc;

use crate::history::History;
use crate::record::User;

/// A user's state beyond the model's tables. What is `None` is as the model has it.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// The whole history, once an event has come after the watermark.
    pub history: Option<Arc<History>>,
    /// All relations, once one of them has changed after the watermark.
    pub ties: Option<Arc<Ties>>,
    /// Whether the user keeps from friends what no event says otherwise of.
    pub is_private: bool,
    /// What is known of the user.
    pub record: Option<Arc<User>>,
}

/// The relations of one user.
#[derive(Clone, Debug, Default)]
pub struct Ties {
    /// Numbers of friends, ascending.
    pub friends: Vec<u32>,
    /// The strength of each friend's tie, parallel to `friends`.
    pub strengths: Vec<f32>,
    /// Whom the user follows, ascending.
    pub follows: Vec<u32>,
    /// Whom the user blocks, ascending.
    pub blocks: Vec<u32>,
}

/// The relations of one user, wherever they live.
#[derive(Clone, Copy, Debug, Default)]
pub struct TiesView<'a> {
    /// See [`Ties::friends`].
    pub friends: &'a [u32],
    /// See [`Ties::strengths`].
    pub strengths: &'a [f32],
    /// See [`Ties::follows`].
    pub follows: &'a [u32],
    /// See [`Ties::blocks`].
    pub blocks: &'a [u32],
}

impl Ties {
    /// The same as a view.
    pub fn view(&self) -> TiesView<'_> {
        TiesView {
            friends: &self.friends,
            strengths: &self.strengths,
            follows: &self.follows,
            blocks: &self.blocks,
        }
    }

    /// Adds a friend or changes the strength of the tie.
    pub(super) fn befriend(&mut self, other: u32, strength: f32) {
        match self.friends.binary_search(&other) {
            Ok(at) => self.strengths[at] = strength,
            Err(at) => {
                self.friends.insert(at, other);
                self.strengths.insert(at, strength);
            }
        }
    }

    /// Removes a friend, if it is one.
    pub(super) fn unfriend(&mut self, other: u32) {
        if let Ok(at) = self.friends.binary_search(&other) {
            self.friends.remove(at);
            self.strengths.remove(at);
        }
    }
}

impl From<TiesView<'_>> for Ties {
    fn from(view: TiesView<'_>) -> Self {
        Self {
            friends: view.friends.to_vec(),
            strengths: view.strengths.to_vec(),
            follows: view.follows.to_vec(),
            blocks: view.blocks.to_vec(),
        }
    }
}

/// Adds a number to an ascending list, once.
pub(super) fn insert_sorted(list: &mut Vec<u32>, number: u32) {
    if let Err(at) = list.binary_search(&number) {
        list.insert(at, number);
    }
}

/// Removes a number from an ascending list, if it is there.
pub(super) fn remove_sorted(list: &mut Vec<u32>, number: u32) {
    if let Ok(at) = list.binary_search(&number) {
        list.remove(at);
    }
}
