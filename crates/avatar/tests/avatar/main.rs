//! The crate's public surface.

mod allocations;
mod body;
mod emotion;
mod gaze;
mod gestures;
mod helpers;
mod ik;
mod life;
mod speech;
mod track;
mod vocabulary;
mod vocals;
