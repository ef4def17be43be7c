//! Functions without branches, so that loops over them become vector instructions.
//!
//! The polynomials are minimax fits; each function states its largest error.

/// Evaluates a polynomial, lowest coefficient first.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    let mut at = N - 1;
    while at > 0 {
        at -= 1;
        sum = sum * x + coefficients[at];
    }
    sum
}

/// `e^x` to a relative error of 4e-7; arguments are held between -87 and 88.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // ln 2 in two parts: the first has few digits, so that its multiples are exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Added to a small number it leaves the nearest whole one in the lowest bits.
    const TO_WHOLE: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + TO_WHOLE;
    let power = shifted - TO_WHOLE;
    let rest = x - power * LN_2_HIGH - power * LN_2_LOW;
    let tail = [4.999_999_4e-1, 1.666_651_5e-1, 4.166_845_6e-2, 8.369_419e-3, 1.381_314_5e-3];
    let mantissa = 1.0 + (rest + rest * rest * polynomial(rest, tail));
    f32::from_bits(mantissa.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// The natural logarithm of a normal positive number to 3e-7.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    // Splits into a power of two and a mantissa around 1.
    let bits = x.to_bits() as i32;
    let power = (bits - 0x3f35_04f3) >> 23;
    let mantissa = f32::from_bits((bits - (power << 23)) as u32) - 1.0;
    let tail = [
        9.999_998e-1,
        -5.000_067e-1,
        3.333_618_3e-1,
        -2.495_934_4e-1,
        1.987_304_7e-1,
        -1.733_346_6e-1,
        1.641_998_7e-1,
        -1.010_223e-1,
    ];
    mantissa * polynomial(mantissa, tail) + power as f32 * std::f32::consts::LN_2
}

/// Sine and cosine of an angle in turns to 2e-6.
#[inline(always)]
pub(crate) fn sin_cos_turns(turns: f32) -> (f32, f32) {
    let turns = turns - turns.round_ties_even();
    let square = turns * turns;
    let sine = [
        6.283_185_5,
        -4.134_169_8e1,
        8.160_503e1,
        -7.670_155e1,
        4.201_616_7e1,
        -1.486_861_1e1,
        3.199_694,
    ];
    let cosine =
        [1.0, -1.973_920_4e1, 6.493_912e1, -8.545_016e1, 6.016_783_5e1, -2.596_832_7e1, 6.529_627];
    (turns * polynomial(square, sine), polynomial(square, cosine))
}

/// The hyperbolic tangent to 2e-7.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    // Beyond this it is 1 in f32.
    let x = x.clamp(-9.0, 9.0);
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// The error function to 4e-7.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    #[allow(clippy::approx_constant, reason = "fitted together with the others")]
    let above =
        [1.128_379_1, 1.943_639_5e-1, 5.321_41e-2, 3.921_172e-3, 2.858_918e-4, 1.985_725_2e-6];
    let below = [1.0, 5.055_825e-1, 1.156_930_3e-1, 1.528_035_1e-2, 1.195_764_4e-3, 3.748_075e-5];
    x * polynomial(square, above) / polynomial(square, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest difference over so many points of a range.
    fn worst(from: f64, to: f64, ours: impl Fn(f32) -> f32, truth: impl Fn(f64) -> f64) -> f64 {
        (0..=200_000)
            .map(|i| from + (to - from) * f64::from(i) / 200_000.0)
            .map(|x| (f64::from(ours(x as f32)) - truth(f64::from(x as f32))).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn functions_are_as_close_as_they_say() {
        let tau = std::f64::consts::TAU;
        assert!(worst(-1.0, 1.0, exp, f64::exp) < 5e-7);
        assert!(worst(-87.0, 88.0, |x| exp(x) / (f64::from(x).exp() as f32), |_| 1.0) < 4e-7);
        assert!(worst(1e-6, 3.0, ln, f64::ln) < 2e-6);
        assert!(worst(-3.0, 3.0, |x| sin_cos_turns(x).0, |x| (x * tau).sin()) < 3e-6);
        assert!(worst(-3.0, 3.0, |x| sin_cos_turns(x).1, |x| (x * tau).cos()) < 3e-6);
        assert!(worst(-12.0, 12.0, tanh, f64::tanh) < 3e-7);
        // The series of the error function, which converges well up to 3.
        let series = |x: f64| {
            let (mut term, mut sum) = (x, x);
            for n in 1..120 {
                term *= -x * x / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            sum * 2.0 / std::f64::consts::PI.sqrt()
        };
        assert!(worst(-3.0, 3.0, erf, series) < 5e-7);
        assert!(erf(9.0) > 0.999_999 && erf(9.0) <= 1.000_001);
    }
}
