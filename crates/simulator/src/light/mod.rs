//! Sun, sky, lamps and air, and what they do to surfaces.

pub(crate) mod air;
pub(crate) mod atmosphere;
mod card;
pub(crate) mod clouds;
pub(crate) mod heavens;
pub(crate) mod lamps;
pub(crate) mod lighting;
pub(crate) mod roof;
pub(crate) mod shade;
pub(crate) mod shafts;
pub(crate) mod sky;
