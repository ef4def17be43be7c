//! Shapes, and the rays that find them.

pub(crate) mod bvh;
pub(crate) mod facade;
pub(crate) mod geometry;
pub(crate) mod height_field;
pub(crate) mod hit;
pub(crate) mod pack;
pub(crate) mod query;
pub(crate) mod reference;
pub(crate) mod shape;
pub(crate) mod shape_plants;
pub(crate) mod simd;
pub(crate) mod trace;
pub(crate) mod wide;
