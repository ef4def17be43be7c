//! From a camera to the finished picture.

pub(crate) mod camera;
pub(crate) mod develop;
pub(crate) mod ground_truth;
pub(crate) mod precipitation;
pub(crate) mod render;
pub(crate) mod sparse;
pub(crate) mod tone;
