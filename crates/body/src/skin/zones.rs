//! Where on a face things are, by places on the base mesh (metres; its crown is at y = 0.849, its
//! eyes at y = 0.728, its chin at y = 0.62).

use crate::texture::{Noise, noise, smooth};
use glam::{Vec2, Vec3};

/// A soft ball: 1 in the middle, 0 from about two radii on.
pub(super) fn blob(p: Vec3, centre: [f32; 3], radii: [f32; 3]) -> f32 {
    let d = (p - Vec3::from(centre)) * Vec3::from(radii.map(f32::recip));
    let away = d.length_squared();
    // Farther out it is below a tenth of a 255th: not worth an exponential.
    if away > 8.0 { 0.0 } else { (-away).exp() }
}

/// Value at `x` on a curve through these points.
fn curve<const N: usize>(points: [(f32, f32); N], x: f32) -> f32 {
    let after = points.iter().position(|(at, _)| *at > x);
    match after {
        Some(0) => points[0].1,
        None => points[N - 1].1,
        Some(at) => {
            let [(x0, y0), (x1, y1)] = [points[at - 1], points[at]];
            y0 + (y1 - y0) * smooth(x0, x1, x)
        }
    }
}

/// Angle around the head in degrees: 0 in front, 90 at the ears, 180 behind.
pub(crate) fn around(p: Vec3) -> f32 {
    f32::atan2(p.x.abs(), p.z - 0.045).to_degrees()
}

/// Metres above the hairline.
pub(crate) fn above_hairline(p: Vec3) -> f32 {
    ragged_hairline(p, around(p), noise(p * HAIRLINE.0, HAIRLINE.1))
}

/// Scale and seed of the noise along the hairline.
const HAIRLINE: (f32, u32) = (140.0, 31);

fn ragged_hairline(p: Vec3, turn: f32, ragged: f32) -> f32 {
    let line = curve(
        [
            (0.0, 0.799),
            (25.0, 0.801),
            (42.0, 0.790),
            (58.0, 0.768),
            (70.0, 0.752),
            (77.0, 0.722),
            (84.0, 0.722),
            (92.0, 0.742),
            (108.0, 0.735),
            (122.0, 0.690),
            (150.0, 0.668),
            (180.0, 0.664),
        ],
        turn,
    );
    p.y - line + 0.006 * (ragged - 0.5)
}

/// Where hair grows, asked place by place.
pub(super) struct Growth {
    hairline: Noise,
    beard: Noise,
}

impl Growth {
    pub(super) fn new() -> Self {
        Self { hairline: Noise::new(HAIRLINE.1), beard: Noise::new(32) }
    }

    /// How far inside the hair a place is, and how far inside the beard, lips not yet left out; 0 to 1.
    pub(super) fn at(&mut self, p: Vec3) -> (f32, f32) {
        // Nothing grows below the chin.
        if p.y < 0.585 {
            return (0.0, 0.0);
        }
        let turn = around(p);
        let above = ragged_hairline(p, turn, self.hairline.at(p * HAIRLINE.0));
        (smooth(-0.004, 0.011, above), self.beard(p, turn))
    }

    fn beard(&mut self, p: Vec3, turn: f32) -> f32 {
        let neck = smooth(0.585, 0.612, p.y + 0.2 * (p.z - 0.1).min(0.0));
        if neck <= 0.0 || turn > 84.0 || p.y > 0.75 {
            return 0.0;
        }
        let cheek = curve(
            [
                (0.0, 0.655),
                (14.0, 0.662),
                (24.0, 0.674),
                (40.0, 0.678),
                (60.0, 0.698),
                (74.0, 0.735),
            ],
            turn,
        );
        let ragged = 0.006 * (self.beard.at(p * 220.0) - 0.5);
        let jaw = smooth(0.006, -0.006, p.y - cheek + ragged) * smooth(84.0, 76.0, turn);
        let lip = smooth(0.031, 0.022, p.x.abs())
            * smooth(0.6835, 0.679, p.y + 0.25 * p.x.abs())
            * smooth(0.655, 0.668, p.y);
        (jaw.max(lip) * neck).clamp(0.0, 1.0)
    }
}

/// Whether a place is so near the front of the face that [`flush`], [`hollow`], freckles
/// and lips can be there.
pub(super) fn is_face(p: Vec3) -> bool {
    p.z > 0.02 && (0.58..0.84).contains(&p.y)
}

/// Where blood shows but for the ears: cheeks, nose, chin; 0 to 1. `q` is on the left side (x >= 0).
pub(super) fn flush(q: Vec3) -> f32 {
    let cheeks = blob(q, [0.041, 0.696, 0.128], [0.021, 0.017, 0.035]);
    let tip = blob(q, [0.0, 0.691, 0.165], [0.017, 0.013, 0.02]);
    let chin = blob(q, [0.0, 0.633, 0.15], [0.015, 0.010, 0.03]);
    let brows = blob(q, [0.0, 0.745, 0.152], [0.05, 0.012, 0.03]);
    (0.85 * cheeks + 0.9 * tip + 0.4 * chin + 0.25 * brows).min(1.0)
}

/// Thin, bluish skin around the eyes, 0 to 1. `q` as for [`flush`].
pub(super) fn hollow(q: Vec3) -> f32 {
    let inner = blob(q, [0.0185, 0.7255, 0.135], [0.007, 0.008, 0.02]);
    let under = blob(q, [0.029, 0.7150, 0.138], [0.015, 0.0055, 0.02]);
    let lid = blob(q, [0.031, 0.7385, 0.138], [0.017, 0.0055, 0.02]);
    (0.8 * inner + 0.75 * under + 0.6 * lid).min(1.0)
}

/// How much each kind of wrinkle there may be at a place, 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Folds {
    forehead: f32,
    feet: f32,
    frown: f32,
    under: f32,
    lips: f32,
    neck: f32,
    /// Whether any of these, or the fold beside the mouth, can be here.
    any: bool,
}

impl Folds {
    pub(super) fn at(p: Vec3) -> Self {
        let q = Vec3::new(p.x.abs(), p.y, p.z);
        if p.z < 0.02 || !(0.46..0.84).contains(&p.y) {
            return Self::default();
        }
        let kept = |weight: f32| if weight > 0.01 { weight } else { 0.0 };
        let neck = smooth(0.60, 0.585, p.y) * smooth(0.47, 0.53, p.y) * smooth(0.02, 0.05, p.z);
        Self {
            forehead: kept(blob(q, [0.0, 0.783, 0.14], [0.042, 0.016, 0.06])),
            feet: kept(blob(q, [0.059, 0.727, 0.115], [0.011, 0.017, 0.03])),
            frown: kept(blob(q, [0.006, 0.749, 0.153], [0.02, 0.010, 0.03])),
            under: kept(blob(q, [0.031, 0.711, 0.138], [0.015, 0.006, 0.02])),
            lips: kept(blob(q, [0.0, 0.674, 0.155], [0.022, 0.006, 0.03])),
            neck: kept(neck),
            any: true,
        }
    }
}

/// The wrinkles of age, asked place by place.
pub(super) struct Wrinkles {
    wander: [Noise; 2],
    forehead: Noise,
    feet: Noise,
    neck: Noise,
}

impl Wrinkles {
    pub(super) fn new() -> Self {
        Self {
            wander: [41, 42].map(Noise::new),
            forehead: Noise::new(43),
            feet: Noise::new(44),
            neck: Noise::new(45),
        }
    }

    /// Height in metres, below 0.
    pub(super) fn at(&mut self, p: Vec3, folds: &Folds) -> f32 {
        if !folds.any {
            return 0.0;
        }
        let x = p.x.abs();
        let wave = |phase: f32| (0.5 + 0.5 * phase.sin()).powi(4);
        let mut wandering = None;
        let [broad, narrow] = &mut self.wander;
        let mut wander =
            || *wandering.get_or_insert_with(|| broad.at(p * 60.0) + 0.4 * narrow.at(p * 170.0));
        let fade = |noise: &mut Noise| 0.35 + 0.65 * noise.at(p * 45.0);
        let mut sum = 0.0;
        if folds.forehead > 0.0 {
            let lines = wave((p.y + 9.0 * x * x) * 620.0 + 5.5 * wander());
            sum += folds.forehead * lines * fade(&mut self.forehead);
        }
        if folds.feet > 0.0 {
            let corner = Vec2::new(x - 0.0455, p.y - 0.7265);
            let turn = f32::atan2(corner.y, corner.x.max(1e-4));
            sum += 0.9 * folds.feet * wave(turn * 11.0 + 2.5 * wander()) * fade(&mut self.feet);
        }
        if (0.633..0.694).contains(&p.y) {
            let line =
                curve([(0.638, 0.030), (0.655, 0.0335), (0.672, 0.026), (0.688, 0.0185)], p.y);
            let fold = smooth(0.0045, 0.0, (x - line).abs());
            sum += 1.3
                * fold
                * smooth(0.633, 0.645, p.y)
                * smooth(0.694, 0.684, p.y)
                * smooth(0.10, 0.125, p.z);
        }
        if folds.frown > 0.0 {
            sum +=
                0.9 * folds.frown * smooth(0.0022, 0.0, (x - 0.0065 - 0.1 * (p.y - 0.745)).abs());
        }
        if folds.under > 0.0 {
            let lines = wave((p.y - 4.0 * (x - 0.03).powi(2)) * 1900.0 + 3.0 * wander());
            sum += 0.45 * folds.under * lines;
        }
        if folds.lips > 0.0 {
            sum += 0.5 * folds.lips * wave(p.x * 2600.0 + 2.0 * wander());
        }
        if folds.neck > 0.0 {
            sum += 0.8 * folds.neck * wave(p.y * 420.0 + 4.0 * wander()) * fade(&mut self.neck);
        }
        -0.00030 * sum
    }
}
