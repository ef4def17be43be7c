//! Random bits that follow from a seed alone.

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
pub(crate) fn mixed(seed: u64) -> u64 {
    let x = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// 0 to 1 from the upper bits.
pub(super) fn unit(bits: u64) -> f32 {
    (bits >> 40) as f32 / (1 << 24) as f32
}

/// Standard normal values (Box-Muller).
pub(super) fn normals<const N: usize>(seed: u64) -> [f32; N] {
    std::array::from_fn(|k| {
        let draw = |n: u64| unit(mixed(seed ^ mixed(2 * k as u64 + n + 1)));
        let radius = (-2.0 * (1.0 - draw(0)).ln()).sqrt();
        radius * (std::f32::consts::TAU * draw(1)).cos()
    })
}
