//! What scenes are furnished with.

pub(crate) mod buildings;
pub(crate) mod people;
pub(crate) mod plants;
pub(crate) mod props;
pub(crate) mod proxies;
pub(crate) mod vehicles;
