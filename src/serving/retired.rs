//! Worlds that are no longer served, kept until no query uses them.

use std::sync::Arc;
use std::thread::JoinHandle;

use guanxi_models::World;

use crate::system::idle::drop_when_idle;

/// Worlds whose model was replaced.
///
/// A query holds its world until it is answered. If it were the last holder, it would free a whole
/// model, and later queries would wait. So this list is always the last holder.
#[derive(Debug, Default)]
pub(super) struct Retired {
    worlds: Vec<Arc<World>>,
    /// The thread that frees unused worlds.
    dropping: Option<JoinHandle<()>>,
}

impl Retired {
    /// Adds a world that can't be loaded any more.
    pub(super) fn keep(&mut self, world: Arc<World>) {
        self.worlds.push(world);
    }

    /// Frees the worlds without other holders.
    ///
    /// Earlier worlds of the same model share its parts, so a world stays while its model is held
    /// elsewhere. No new holder can appear: a count of one stays one.
    pub(super) fn free_unused(&mut self) {
        let is_unused = |world: &mut Arc<World>| {
            Arc::strong_count(world) == 1 && Arc::strong_count(world.model()) == 1
        };
        let unused: Vec<_> = self.worlds.extract_if(.., is_unused).collect();
        if unused.is_empty() {
            return;
        }
        // One at a time, because without an idle core they would pile up.
        match &self.dropping {
            Some(thread) if !thread.is_finished() => drop(unused),
            _ => self.dropping = drop_when_idle(unused),
        }
    }
}

#[cfg(test)]
mod tests {
    use guanxi_models::Model;

    use super::*;

    fn held(retired: &Retired) -> usize {
        retired.worlds.len()
    }

    #[test]
    fn a_world_stays_while_a_question_holds_it_or_an_earlier_world_of_its_model() {
        let earlier = Arc::new(World::new(Arc::new(Model::empty())));
        let world = Arc::new(World::clone(&earlier));
        let (question, mut retired) = (Arc::clone(&world), Retired::default());
        retired.keep(world);
        retired.free_unused();
        assert_eq!(held(&retired), 1, "a question holds it");
        drop(question);
        retired.free_unused();
        assert_eq!(held(&retired), 1, "an earlier world holds its model");
        drop(earlier);
        retired.free_unused();
        assert_eq!(held(&retired), 0, "nobody holds it");
    }

    #[test]
    fn worlds_do_not_pile_up_where_none_finds_a_core() {
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let dropping = std::thread::spawn(move || assert!(wait.recv().is_err()));
        let world = Arc::new(World::new(Arc::new(Model::empty())));
        let gone = Arc::downgrade(world.model());
        let mut retired = Retired { worlds: vec![world], dropping: Some(dropping) };
        retired.free_unused();
        assert!(gone.upgrade().is_none());
        drop(go_on);
    }
}
