//! Single items of the catalogue.

use guanxi_models::{Item, ItemIdx, Millis, Record, World};

use super::resource::{Resource, Texts};
use crate::http::problem::Code;
use crate::ingest::item::ItemBody;
use crate::ingest::{self, Flaw};

impl Resource for Item {
    const NAME: &'static str = "item";
    const TAG: &'static str = "items";
    const PATH: &'static str = "/v1/items/{id}";
    const TEXTS: Texts = Texts {
        put: "Puts an item, whole.",
        patch: "Changes what the body names of an item; null clears.",
        get: "Shows an item.",
        delete: "Takes an item out of the catalogue: it is never listed until it is put back.",
        shown: "The item.",
    };
    const UNKNOWN: Code = Code::UnknownItem;
    type Body = ItemBody;

    fn read(id: &str, body: &[u8], now: Millis) -> Result<Self, Flaw> {
        ingest::item_of(id, body, now)
    }

    fn patched(self, body: &[u8], now: Millis) -> Result<Self, Flaw> {
        ingest::patch_item(self, body, now)
    }

    fn find(world: &World, id: &str) -> Option<Self> {
        let is_there = |number: &ItemIdx| !world.catalogue().deleted().contains(number.0);
        let number = world.item_idx(id).filter(is_there)?;
        Some(world.item_at(number).map_or_else(|| Self::bare(id), |item| Self::clone(item)))
    }

    fn put(self) -> Record {
        Record::Item(self)
    }

    fn deleted(id: String) -> Record {
        Record::ItemDeleted { id }
    }
}
