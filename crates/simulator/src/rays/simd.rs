//! Eight lanes of numbers, with AVX2 and without.
//!
//! Only operations that IEEE 754 rounds in one way: both forms give the same bits.

use crate::rays::geometry::Group;
use crate::rays::hit::{Best, Found, Query};
use crate::rays::wide::LaneRay;

pub(crate) const LANES: usize = 8;

/// Eight numbers where one instruction can fetch them.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(crate) struct Eight(pub [f32; LANES]);

impl Eight {
    pub const fn splat(value: f32) -> Self {
        Self([value; LANES])
    }
}

/// Vector operations on eight lanes.
pub(crate) trait Simd {
    /// Eight `f32`.
    type F: Copy;
    /// Eight yes or no.
    type M: Copy;

    fn splat(value: f32) -> Self::F;
    fn load(values: &Eight) -> Self::F;
    fn store(values: Self::F) -> Eight;
    fn add(a: Self::F, b: Self::F) -> Self::F;
    fn sub(a: Self::F, b: Self::F) -> Self::F;
    fn mul(a: Self::F, b: Self::F) -> Self::F;
    fn div(a: Self::F, b: Self::F) -> Self::F;
    /// The smaller one; `b` where one is NaN.
    fn min(a: Self::F, b: Self::F) -> Self::F;
    /// The larger one; `b` where one is NaN.
    fn max(a: Self::F, b: Self::F) -> Self::F;
    fn abs(a: Self::F) -> Self::F;
    fn sqrt(a: Self::F) -> Self::F;
    /// `a <= b`
    fn le(a: Self::F, b: Self::F) -> Self::M;
    /// `a < b`
    fn lt(a: Self::F, b: Self::F) -> Self::M;
    fn and(a: Self::M, b: Self::M) -> Self::M;
    /// One bit per lane.
    fn bits(mask: Self::M) -> u32;

    /// [`Group::find_with`], compiled for these lanes.
    fn find<const ANY: bool>(
        group: &Group,
        groups: &[Group],
        query: &Query,
        ray: &LaneRay<Self>,
        t_max: f32,
    ) -> Option<Found>
    where
        Self: Sized;

    /// [`Group::find_placed_with`], compiled for these lanes.
    fn find_placed<const ANY: bool>(group: &Group, outer: u32, query: &Query, best: &mut Best);
}

/// True where AVX2 may be used.
#[inline]
pub(crate) fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::is_x86_feature_detected!("avx2")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

/// Loops over lanes.
pub(crate) struct Portable;

#[inline(always)]
fn each<C>(a: Eight, b: Eight, f: impl Fn(f32, f32) -> C) -> [C; LANES] {
    std::array::from_fn(|k| f(a.0[k], b.0[k]))
}

impl Simd for Portable {
    type F = Eight;
    type M = [bool; LANES];

    #[inline(always)]
    fn splat(value: f32) -> Eight {
        Eight::splat(value)
    }
    #[inline(always)]
    fn load(values: &Eight) -> Eight {
        *values
    }
    #[inline(always)]
    fn store(values: Eight) -> Eight {
        values
    }
    #[inline(always)]
    fn add(a: Eight, b: Eight) -> Eight {
        Eight(each(a, b, |a, b| a + b))
    }
    #[inline(always)]
    fn sub(a: Eight, b: Eight) -> Eight {
        Eight(each(a, b, |a, b| a - b))
    }
    #[inline(always)]
    fn mul(a: Eight, b: Eight) -> Eight {
        Eight(each(a, b, |a, b| a * b))
    }
    #[inline(always)]
    fn div(a: Eight, b: Eight) -> Eight {
        Eight(each(a, b, |a, b| a / b))
    }
    #[inline(always)]
    fn min(a: Eight, b: Eight) -> Eight {
        Eight(each(a, b, |a, b| if a < b { a } else { b }))
    }
    #[inline(always)]
    fn max(a: Eight, b: Eight) -> Eight {
        Eight(each(a, b, |a, b| if a > b { a } else { b }))
    }
    #[inline(always)]
    fn abs(a: Eight) -> Eight {
        Eight(a.0.map(f32::abs))
    }
    #[inline(always)]
    fn sqrt(a: Eight) -> Eight {
        Eight(a.0.map(f32::sqrt))
    }
    #[inline(always)]
    fn le(a: Eight, b: Eight) -> [bool; LANES] {
        each(a, b, |a, b| a <= b)
    }
    #[inline(always)]
    fn lt(a: Eight, b: Eight) -> [bool; LANES] {
        each(a, b, |a, b| a < b)
    }
    #[inline(always)]
    fn and(a: [bool; LANES], b: [bool; LANES]) -> [bool; LANES] {
        std::array::from_fn(|k| a[k] & b[k])
    }
    #[inline(always)]
    fn bits(mask: [bool; LANES]) -> u32 {
        (0..LANES).map(|k| u32::from(mask[k]) << k).sum()
    }

    fn find<const ANY: bool>(
        group: &Group,
        groups: &[Group],
        query: &Query,
        ray: &LaneRay<Self>,
        t_max: f32,
    ) -> Option<Found> {
        group.find_with::<Self, ANY>(groups, query, ray, t_max)
    }

    fn find_placed<const ANY: bool>(group: &Group, outer: u32, query: &Query, best: &mut Best) {
        group.find_placed_with::<Self, ANY>(outer, query, best);
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Eight, Simd};
    use crate::rays::geometry::Group;
    use crate::rays::hit::{Best, Found, Query};
    use crate::rays::wide::LaneRay;

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
        type M = __m256;

        #[inline(always)]
        fn splat(value: f32) -> __m256 {
            with_avx2!(_mm256_set1_ps(value))
        }
        #[inline(always)]
        fn load(values: &Eight) -> __m256 {
            // SAFETY: as above; the array holds the eight values that are read and is aligned.
            unsafe { _mm256_load_ps(values.0.as_ptr()) }
        }
        #[inline(always)]
        fn store(values: __m256) -> Eight {
            let mut out = Eight([0.0; 8]);
            // SAFETY: as above; the array holds the eight values that are written and is aligned.
            unsafe { _mm256_store_ps(out.0.as_mut_ptr(), values) };
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
        fn abs(a: __m256) -> __m256 {
            with_avx2!(_mm256_andnot_ps(_mm256_set1_ps(-0.0), a))
        }
        #[inline(always)]
        fn sqrt(a: __m256) -> __m256 {
            with_avx2!(_mm256_sqrt_ps(a))
        }
        #[inline(always)]
        fn le(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_cmp_ps::<_CMP_LE_OQ>(a, b))
        }
        #[inline(always)]
        fn lt(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b))
        }
        #[inline(always)]
        fn and(a: __m256, b: __m256) -> __m256 {
            with_avx2!(_mm256_and_ps(a, b))
        }
        #[inline(always)]
        fn bits(mask: __m256) -> u32 {
            with_avx2!(_mm256_movemask_ps(mask)) as u32
        }

        #[inline(always)]
        fn find<const ANY: bool>(
            group: &Group,
            groups: &[Group],
            query: &Query,
            ray: &LaneRay<Self>,
            t_max: f32,
        ) -> Option<Found> {
            // SAFETY: whoever uses these lanes has found AVX2.
            unsafe { find::<ANY>(group, groups, query, ray, t_max) }
        }

        #[inline(always)]
        fn find_placed<const ANY: bool>(group: &Group, outer: u32, query: &Query, best: &mut Best) {
            // SAFETY: whoever uses these lanes has found AVX2.
            unsafe { find_placed::<ANY>(group, outer, query, best) }
        }
    }

    #[target_feature(enable = "avx2")]
    fn find<const ANY: bool>(
        group: &Group,
        groups: &[Group],
        query: &Query,
        ray: &LaneRay<Avx2>,
        t_max: f32,
    ) -> Option<Found> {
        group.find_with::<Avx2, ANY>(groups, query, ray, t_max)
    }

    #[target_feature(enable = "avx2")]
    fn find_placed<const ANY: bool>(group: &Group, outer: u32, query: &Query, best: &mut Best) {
        group.find_placed_with::<Avx2, ANY>(outer, query, best);
    }
}
