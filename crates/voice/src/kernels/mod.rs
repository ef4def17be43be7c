//! Loops over slices of numbers that the networks and the signal processing spend their time in.
//!
//! Everything here is plain Rust that the compiler turns into vector instructions; [`wide`] picks
//! the widest ones of the processor at run time. Sums run in an order that does not depend on the
//! width, so that a voice sounds the same on every machine with fused multiplication.

mod elementwise;
mod integers;
mod math;
mod matrix;

pub(crate) use elementwise::{gelu, layer_norm, softmax_rows};
pub(crate) use integers::{IntegerMatrix, RoundedRows, Sharing};
pub(crate) use math::{exp, ln, sin_cos_turns, tanh};
pub(crate) use matrix::{Matrix, Rows};

/// Lanes of the widest vectors that are in use; sums are kept in so many parts.
pub(crate) const LANES: usize = 16;

/// Runs `work` compiled for the widest vectors of this processor. The closure must be
/// `#[inline(always)]`: one that is not inlined is compiled for the narrowest.
#[inline(always)]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
