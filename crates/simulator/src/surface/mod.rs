//! What surfaces look like.

pub(crate) mod city;
pub(crate) mod lettering;
pub(crate) mod material;
pub(crate) mod mountain;
pub(crate) mod noise;
pub(crate) mod pattern;
pub(crate) mod photo;
pub(crate) mod season;
pub(crate) mod stencil;
pub(crate) mod tile_noise;
pub(crate) mod warehouse;
pub(crate) mod weathered;
