//! The program as people and scripts use it: what it writes, and what it refuses.

#![allow(clippy::unwrap_used, missing_docs)]

mod avatar;
mod dataset;
mod eval;
mod explore;
mod lips;
mod models;
mod prompts;
mod refusals;
mod speak;
mod support;
