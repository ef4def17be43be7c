//! Light of the sun or the moon in clear air: scattering on a round planet.
//!
//! Scattering and extinction after S. Hillaire, "A Scalable and Production Ready Sky and
//! Atmosphere Rendering Technique" (2020): exponential layers of molecules and dust, a layer of
//! ozone (which makes twilight blue), one order of scattering exactly and the others as light from
//! everywhere. Radiance is for an irradiance of 1 above the air.

use std::f32::consts::PI;
use std::sync::OnceLock;

use glam::{Vec2, Vec3};

const GROUND_KM: f32 = 6360.0;
const TOP_KM: f32 = 6450.0;
/// Height of the eye for which skies are made.
const EYE_KM: f32 = 0.4;
/// Scattering of molecules, extinction by dust and absorption of ozone, per kilometre.
const MOLECULES: Vec3 = Vec3::new(5.802e-3, 13.558e-3, 33.1e-3);
const DUST_SCATTERS: f32 = 3.996e-3;
const DUST_TAKES: f32 = 8.396e-3;
const OZONE: Vec3 = Vec3::new(0.650e-3, 1.881e-3, 0.085e-3);
/// Forward bias of dust.
const DUST_BIAS: f32 = 0.78;
/// Light that the ground throws back.
const GROUND_ALBEDO: f32 = 0.3;

/// Lowest signed root of the cosine of the zenith angle in the tables.
const LOWEST: f32 = -0.6;
const TABLE_TOP_KM: f32 = 60.0;

/// A table over height and the zenith angle of the sun.
struct Table {
    heights: usize,
    angles: usize,
    cells: Vec<Vec3>,
}

impl Table {
    fn build(heights: usize, angles: usize, f: impl Fn(f32, f32) -> Vec3) -> Self {
        let cell = |i: usize| {
            let root = i / angles;
            let height = (root as f32 / (heights - 1) as f32).powi(2) * TABLE_TOP_KM;
            let s = LOWEST + (1.0 - LOWEST) * (i % angles) as f32 / (angles - 1) as f32;
            f(height, s * s.abs())
        };
        Self { heights, angles, cells: (0..heights * angles).map(cell).collect() }
    }

    fn get(&self, height_km: f32, mu: f32) -> Vec3 {
        let y = (height_km.max(0.0) / TABLE_TOP_KM).sqrt().min(0.9999) * (self.heights - 1) as f32;
        let s = mu.abs().sqrt().copysign(mu);
        let x = ((s - LOWEST) / (1.0 - LOWEST)).clamp(0.0, 0.9999) * (self.angles - 1) as f32;
        let (r, c) = (y as usize, x as usize);
        let at = |r: usize, c: usize| self.cells[r * self.angles + c];
        let low = at(r, c).lerp(at(r, c + 1), x.fract());
        low.lerp(at(r + 1, c).lerp(at(r + 1, c + 1), x.fract()), y.fract())
    }
}

struct Tables {
    /// Kilometres of sea-level molecules, dust and ozone up to the end of the air.
    columns: Table,
    /// Light from everywhere that has been scattered more than once.
    many: Table,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let columns = Table::build(16, 96, column);
        let many = Table::build(8, 32, |height, mu| scattered_again(&columns, height, mu));
        Tables { columns, many }
    })
}

fn density(height_km: f32) -> Vec3 {
    let h = height_km.max(0.0);
    Vec3::new((-h / 8.0).exp(), (-h / 1.2).exp(), (1.0 - (h - 25.0).abs() / 15.0).max(0.0))
}

/// Distance from a height to a sphere along a direction, kilometres.
fn to_sphere(height_km: f32, mu: f32, radius_km: f32) -> Option<f32> {
    let r = GROUND_KM + height_km;
    let inside = radius_km * radius_km - r * r * (1.0 - mu * mu);
    if inside < 0.0 {
        return None;
    }
    let root = inside.sqrt();
    let (near, far) = (-r * mu - root, -r * mu + root);
    if near > 0.0 { Some(near) } else { (far > 0.0).then_some(far) }
}

/// Height and local zenith after a way from a height.
fn along(height_km: f32, mu: f32, way_km: f32) -> f32 {
    let r = GROUND_KM + height_km;
    (r * r + way_km * way_km + 2.0 * r * mu * way_km).max(0.0).sqrt() - GROUND_KM
}

fn column(height_km: f32, mu: f32) -> Vec3 {
    // Rays into the ground go on in air as dense as on it: a smooth shadow of the planet.
    let end = to_sphere(height_km, mu, TOP_KM).unwrap_or(0.0);
    let mut sum = Vec3::ZERO;
    let mut last = 0.0;
    for i in 1..=48 {
        let t = end * (i as f32 / 48.0).powi(2);
        sum += density(along(height_km, mu, 0.5 * (t + last))) * (t - last);
        last = t;
    }
    sum
}

fn through(columns: Vec3, dust: f32) -> Vec3 {
    let depth = MOLECULES * columns.x + DUST_TAKES * dust * columns.y + OZONE * columns.z;
    Vec3::new((-depth.x).exp(), (-depth.y).exp(), (-depth.z).exp())
}

fn scattered_again(columns: &Table, height_km: f32, sun_mu: f32) -> Vec3 {
    let sun = Vec2::new((1.0 - sun_mu * sun_mu).max(0.0).sqrt(), sun_mu);
    let (mut light, mut share) = (Vec3::ZERO, Vec3::ZERO);
    const DIRECTIONS: u32 = 48;
    for i in 0..DIRECTIONS {
        // Even over the sphere.
        let mu = 1.0 - (2.0 * i as f32 + 1.0) / DIRECTIONS as f32;
        let turn = (i as f32 * 2.399_963).cos();
        let flat = (1.0 - mu * mu).sqrt() * turn;
        let ground = to_sphere(height_km, mu, GROUND_KM).filter(|_| mu < 0.0);
        let end = ground.or_else(|| to_sphere(height_km, mu, TOP_KM)).unwrap_or(0.0);
        let (mut passed, mut last) = (Vec3::ONE, 0.0);
        for s in 1..=12 {
            let t = end * (s as f32 / 12.0).powi(2);
            let (middle, step) = (0.5 * (t + last), t - last);
            last = t;
            let h = along(height_km, mu, middle).max(0.0);
            let d = density(h);
            let r = GROUND_KM + h;
            let place = Vec2::new(flat * middle, GROUND_KM + height_km + mu * middle);
            let local_mu = place.dot(sun) / r;
            let scatters = MOLECULES * d.x + DUST_SCATTERS * d.y;
            share += passed * scatters * step;
            light += passed * scatters * through(columns.get(h, local_mu), 1.0) * step / (4.0 * PI);
            passed *= through(d * step, 1.0);
        }
        if ground.is_some() {
            let lit = through(columns.get(0.0, sun_mu), 1.0) * sun_mu.max(0.0);
            light += passed * lit * (GROUND_ALBEDO / PI);
        }
    }
    let (light, share) = (light / DIRECTIONS as f32, share / DIRECTIONS as f32);
    light / (Vec3::ONE - share).max(Vec3::splat(0.1))
}

/// Share of the light from a direction at a sine of elevation that comes down to a height; `dust`
/// is 1 in ordinary air.
pub(crate) fn transmittance(height_m: f32, sin_elevation: f32, dust: f32) -> Vec3 {
    through(tables().columns.get(height_m * 1e-3, sin_elevation), dust)
}

/// Light scattered by dust by the cosine to the sun, per steradian.
#[inline]
fn dust_phase(cos: f32) -> f32 {
    const G: f32 = DUST_BIAS;
    let base = 1.0 + G * G - 2.0 * G * cos;
    (1.0 - G * G) / (4.0 * PI) / (base * base.sqrt())
}

const ROWS: usize = 24;
const COLUMNS: usize = 10;

/// The clear sky around a sun, tabled: by the molecules, and by dust without its forward bias.
#[derive(Clone, Debug)]
pub(crate) struct ClearSky {
    sun: Vec3,
    sun_bearing: Vec2,
    cells: Vec<[Vec3; 2]>,
}

impl ClearSky {
    pub fn new(sun: Vec3, dust: f32) -> Self {
        let tables = tables();
        let sun_flat = Vec2::new(sun.x, sun.z);
        let level = sun_flat.length();
        let cell = |i: usize| {
            let (row, column) = (i / COLUMNS, i % COLUMNS);
            let sine = (row as f32 / (ROWS - 1) as f32).powi(2);
            let half = column as f32 / (COLUMNS - 1) as f32;
            let cos_bearing = 1.0 - 2.0 * half * half;
            let flat = (1.0 - sine * sine).max(0.0).sqrt();
            let toward = flat * level * cos_bearing + sine * sun.y;
            let molecules_phase = 3.0 / (16.0 * PI) * (1.0 + toward * toward);
            let end = to_sphere(EYE_KM, sine, TOP_KM).unwrap_or(0.0);
            let (mut passed, mut last, mut sums) = (Vec3::ONE, 0.0, [Vec3::ZERO; 2]);
            const STEPS: u32 = 18;
            for s in 1..=STEPS {
                let t = end * (s as f32 / STEPS as f32).powi(2);
                let (middle, step) = (0.5 * (t + last), t - last);
                last = t;
                let h = along(EYE_KM, sine, middle).max(0.0);
                let d = density(h);
                let mu = (toward * middle + (GROUND_KM + EYE_KM) * sun.y) / (GROUND_KM + h);
                let lit = passed * through(tables.columns.get(h, mu), dust) * step;
                let again = passed * tables.many.get(h, mu) * step;
                let (by_molecules, by_dust) = (MOLECULES * d.x, DUST_SCATTERS * dust * d.y);
                sums[0] += lit * by_molecules * molecules_phase + again * (by_molecules + by_dust);
                sums[1] += lit * by_dust;
                passed *= through(d * step, dust);
            }
            sums
        };
        let sun_bearing = sun_flat.try_normalize().unwrap_or(Vec2::X);
        Self { sun, sun_bearing, cells: (0..ROWS * COLUMNS).map(cell).collect() }
    }

    /// Radiance from a direction; below the horizon, that of the horizon. `glare` is the share of
    /// the dust's bright forward light that is wanted.
    pub fn radiance(&self, dir: Vec3, glare: f32) -> Vec3 {
        let y = dir.y.clamp(0.0, 0.9999).sqrt() * (ROWS - 1) as f32;
        let flat = Vec2::new(dir.x, dir.z);
        let cos = flat.dot(self.sun_bearing) / flat.length().max(1e-6);
        let x = (0.5 - 0.5 * cos).clamp(0.0, 0.9998).sqrt() * (COLUMNS - 1) as f32;
        let (r, c) = (y as usize, x as usize);
        let (u, v) = (x - c as f32, y - r as f32);
        let at = |k: usize| {
            let near = &self.cells[r * COLUMNS + c..];
            let low = near[0][k].lerp(near[1][k], u);
            low.lerp(near[COLUMNS][k].lerp(near[COLUMNS + 1][k], u), v)
        };
        let toward = dir.dot(self.sun);
        let phase = dust_phase(toward.min(1.0));
        let plain = phase.min(0.15);
        at(0) + at(1) * (plain + (phase - plain) * glare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skies_are_blue_at_noon_and_red_towards_the_low_sun() {
        let sky = |elevation: f32| {
            let e = elevation.to_radians();
            ClearSky::new(Vec3::new(e.cos(), e.sin(), 0.0), 1.0)
        };
        let noon = sky(60.0).radiance(Vec3::Y, 1.0);
        assert!(noon.z > 2.0 * noon.x && noon.x > 0.0, "{noon}");
        let (near, up) = (Vec3::new(0.9, 0.05, 0.43).normalize(), Vec3::Y);
        let low = sky(1.0);
        let (glow, zenith) = (low.radiance(near, 1.0), low.radiance(up, 1.0));
        assert!(glow.x > 1.5 * glow.z, "{glow}");
        assert!(zenith.z > zenith.x && zenith.z < noon.z, "{zenith}");
        // The sky fades through twilight and is never negative.
        let mut last = f32::INFINITY;
        for degrees in [30, 10, 0, -3, -6, -9, -12] {
            let seen = sky(degrees as f32).radiance(up, 1.0);
            assert!(seen.min_element() >= 0.0 && seen.z < last, "{degrees}: {seen}");
            last = seen.z;
        }
        assert!(last < 1e-4 * noon.z, "{last} left at -12 degrees");
    }

    #[test]
    fn the_low_sun_is_red_and_the_high_one_white() {
        let (high, low) = (transmittance(0.0, 1.0, 1.0), transmittance(0.0, 0.02, 1.0));
        assert!(high.x / high.z < 1.4 && high.x > 0.85, "{high}");
        assert!(low.x / low.z > 20.0 && low.x < 0.5 * high.x, "{low}");
        assert!(transmittance(0.0, -0.05, 1.0).max_element() < 1e-3);
    }
}
