//! The judge, at its public surface.

#![allow(clippy::unwrap_used, missing_docs)]

mod alignment;
mod metrics;
mod painting;
mod protocol;
mod scenes;
