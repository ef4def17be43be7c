//! The crate's public surface.

mod vocabulary;
