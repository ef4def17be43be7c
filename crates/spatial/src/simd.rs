//! Eight lanes of numbers, with AVX2 and without.
//!
//! Only operations that IEEE 754 rounds in one way: both forms give the same bits. The compiler
//! does not turn loops over lanes with comparisons into vector code reliably, hence by hand.

pub(crate) const LANES: usize = 8;

/// Vector operations on eight lanes.
pub(crate) trait Simd {
    /// Eight `f32`.
    type F: Copy;
    /// Eight `u32`.
    type U: Copy;
    /// Eight yes or no.
    type M: Copy;

    fn splat(value: f32) -> Self::F;
    fn load(values: &[f32; LANES]) -> Self::F;
    fn store(values: Self::F) -> [f32; LANES];
    fn add(a: Self::F, b: Self::F) -> Self::F;
    fn sub(a: Self::F, b: Self::F) -> Self::F;
    fn mul(a: Self::F, b: Self::F) -> Self::F;
    fn div(a: Self::F, b: Self::F) -> Self::F;
    fn min(a: Self::F, b: Self::F) -> Self::F;
    fn max(a: Self::F, b: Self::F) -> Self::F;
    fn ceil(a: Self::F) -> Self::F;
    fn floor(a: Self::F) -> Self::F;
    /// `a >= b`
    fn ge(a: Self::F, b: Self::F) -> Self::M;
    /// `a > b`
    fn gt(a: Self::F, b: Self::F) -> Self::M;
    fn and(a: Self::M, b: Self::M) -> Self::M;
    fn select(mask: Self::M, yes: Self::F, no: Self::F) -> Self::F;
    /// One bit per lane.
    fn bits(mask: Self::M) -> u32;
    fn load_u(values: &[u32; LANES]) -> Self::U;
    fn store_u(values: Self::U) -> [u32; LANES];
    /// Byte `SHIFT / 8` of each lane as a number.
    fn byte<const SHIFT: i32>(values: Self::U) -> Self::F;
    /// The integers that three values of 0 to 255 round to (ties to even), and 255, as one RGBA.
    fn pack(r: Self::F, g: Self::F, b: Self::F) -> Self::U;
    /// Whole numbers of 0 to 2^22 as integers.
    fn whole(values: Self::F) -> Self::U;
}

/// Added to a number of 0 to 2^22, leaves it rounded (ties to even) in the low bits.
const ROUND: f32 = 8_388_608.0;

/// Loops over lanes.
pub(crate) struct Portable;

#[inline(always)]
fn each<A: Copy, B: Copy, C>(a: [A; LANES], b: [B; LANES], f: impl Fn(A, B) -> C) -> [C; LANES] {
    std::array::from_fn(|k| f(a[k], b[k]))
}

impl Simd for Portable {
    type F = [f32; LANES];
    type U = [u32; LANES];
    type M = [bool; LANES];

    #[inline(always)]
    fn splat(value: f32) -> Self::F {
        [value; LANES]
    }
    #[inline(always)]
    fn load(values: &[f32; LANES]) -> Self::F {
        *values
    }
    #[inline(always)]
    fn store(values: Self::F) -> [f32; LANES] {
        values
    }
    #[inline(always)]
    fn add(a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn min(a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn ceil(a: Self::F) -> Self::F {
        a.map(f32::ceil)
    }
    #[inline(always)]
    fn floor(a: Self::F) -> Self::F {
        a.map(f32::floor)
    }
    #[inline(always)]
    fn ge(a: Self::F, b: Self::F) -> Self::M {
        each(a, b, |a, b| a >= b)
    }
    #[inline(always)]
    fn gt(a: Self::F, b: Self::F) -> Self::M {
        each(a, b, |a, b| a > b)
    }
    #[inline(always)]
    fn and(a: Self::M, b: Self::M) -> Self::M {
        each(a, b, |a, b| a & b)
    }
    #[inline(always)]
    fn select(mask: Self::M, yes: Self::F, no: Self::F) -> Self::F {
        std::array::from_fn(|k| if mask[k] { yes[k] } else { no[k] })
    }
    #[inline(always)]
    fn bits(mask: Self::M) -> u32 {
        (0..LANES).map(|k| u32::from(mask[k]) << k).sum()
    }
    #[inline(always)]
    fn load_u(values: &[u32; LANES]) -> Self::U {
        *values
    }
    #[inline(always)]
    fn store_u(values: Self::U) -> [u32; LANES] {
        values
    }
    #[inline(always)]
    fn byte<const SHIFT: i32>(values: Self::U) -> Self::F {
        values.map(|v| ((v >> SHIFT) & 255) as f32)
    }
    #[inline(always)]
    fn pack(r: Self::F, g: Self::F, b: Self::F) -> Self::U {
        let byte = |v: f32| (v + ROUND).to_bits() & 255;
        std::array::from_fn(|k| byte(r[k]) | byte(g[k]) << 8 | byte(b[k]) << 16 | 0xff00_0000)
    }
    #[inline(always)]
    fn whole(values: Self::F) -> Self::U {
        values.map(|v| (v + ROUND).to_bits() & 0x7f_ffff)
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{LANES, ROUND, Simd};
    use std::arch::x86_64::*;

    /// For code that runs only where AVX2 was found, inlined into functions compiled for it.
    pub(crate) struct Avx2;

    /// Intrinsics without pointers.
    macro_rules! with_avx2 {
        ($value:expr) => {
            // SAFETY: every user of `Avx2` is inlined into a function that is compiled for AVX2
            // and called only after the processor was asked for it.
            unsafe { $value }
        };
    }

    impl Simd for Avx2 {
        type F = __m256;
        type U = __m256i;
        type M = __m256;

        #[inline(always)]
        fn splat(value: f32) -> __m256 {
            with_avx2!(_mm256_set1_ps(value))
        }
        #[inline(always)]
        fn load(values: &[f32; LANES]) -> __m256 {
            // SAFETY: as above, and the array holds the eight values that are read.
            unsafe { _mm256_loadu_ps(values.as_ptr()) }
        }
        #[inline(always)]
        fn store(values: __m256) -> [f32; LANES] {
            let mut out = [0.0; LANES];
            // SAFETY: as above, and the array holds the eight values that are written.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), values) };
            out
        }
        #[inline(always)]
        fn add(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_add_ps(a, b))
        }
        #[inline(always)]
        fn sub(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_sub_ps(a, b))
        }
        #[inline(always)]
        fn mul(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_mul_ps(a, b))
        }
        #[inline(always)]
        fn div(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_div_ps(a, b))
        }
        #[inline(always)]
        fn min(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_min_ps(a, b))
        }
        #[inline(always)]
        fn max(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_max_ps(a, b))
        }
        #[inline(always)]
        fn ceil(a: __m256) -> __m256 {
            with_avx2!(_mm256_ceil_ps(a))
        }
        #[inline(always)]
        fn floor(a: __m256) -> __m256 {
            with_avx2!(_mm256_floor_ps(a))
        }
        #[inline(always)]
        fn ge(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_cmp_ps::<_CMP_GE_OQ>(a, b))
        }
        #[inline(always)]
        fn gt(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_cmp_ps::<_CMP_GT_OQ>(a, b))
        }
        #[inline(always)]
        fn and(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_and_ps(a, b))
        }
        #[inline(always)]
        fn select(mask: __m256, yes: __m256, no: __m256) -> __m256 {
            with_avx2!(_mm256_blendv_ps(no, yes, mask))
        }
        #[inline(always)]
        fn bits(mask: __m256) -> u32 {
            with_avx2!(_mm256_movemask_ps(mask)) as u32
        }
        #[inline(always)]
        fn load_u(values: &[u32; LANES]) -> __m256i {
            // SAFETY: as above, and the array holds the eight values that are read.
            unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
        }
        #[inline(always)]
        fn store_u(values: __m256i) -> [u32; LANES] {
            let mut out = [0; LANES];
            // SAFETY: as above, and the array holds the eight values that are written.
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), values) };
            out
        }
        #[inline(always)]
        fn byte<const SHIFT: i32>(values: __m256i) -> __m256 {
            with_avx2!({
                let byte = _mm256_set1_epi32(255);
                _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32::<SHIFT>(values), byte))
            })
        }
        #[inline(always)]
        fn pack(r: __m256, g: __m256, b: __m256) -> __m256i {
            with_avx2!({
                let (round, byte) = (_mm256_set1_ps(ROUND), _mm256_set1_epi32(255));
                let r = _mm256_and_si256(_mm256_castps_si256(_mm256_add_ps(r, round)), byte);
                let g = _mm256_and_si256(_mm256_castps_si256(_mm256_add_ps(g, round)), byte);
                let b = _mm256_and_si256(_mm256_castps_si256(_mm256_add_ps(b, round)), byte);
                let (g, b) = (_mm256_slli_epi32::<8>(g), _mm256_slli_epi32::<16>(b));
                let opaque = _mm256_set1_epi32(0xff00_0000_u32 as i32);
                _mm256_or_si256(_mm256_or_si256(r, g), _mm256_or_si256(b, opaque))
            })
        }
        #[inline(always)]
        fn whole(values: __m256) -> __m256i {
            with_avx2!({
                let rounded = _mm256_castps_si256(_mm256_add_ps(values, _mm256_set1_ps(ROUND)));
                _mm256_and_si256(rounded, _mm256_set1_epi32(0x7f_ffff))
            })
        }
    }
}
