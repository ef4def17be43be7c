//! The voice, at its public surface.

#![allow(clippy::unwrap_used, missing_docs)]

mod activity;
mod fixture;
mod lips;
mod measure;
mod network;
mod sound;
mod speaker;
mod spec;
mod text;
mod text_input;
mod vocals;
mod wire;
