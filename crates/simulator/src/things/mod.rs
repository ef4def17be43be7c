//! What scenes are furnished with.

pub(crate) mod people;
pub(crate) mod plants;
pub(crate) mod props;
pub(crate) mod vehicles;
