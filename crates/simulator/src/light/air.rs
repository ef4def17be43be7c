//! What the air between the eye and a surface does: blue distance, haze and low mist.

use glam::Vec3;

/// Scattering of clean air per metre at the ground.
const MOLECULES: Vec3 = Vec3::new(5.8e-6, 13.6e-6, 33.1e-6);
/// Clean air and haze thin out over so many metres of height.
const HAZE_SCALE_M: f32 = 1600.0;

/// The air of a scene.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Air {
    /// Extinction by haze per metre at height 0.
    pub haze_per_m: f32,
    /// Extinction by mist or fog per metre at `mist_y`.
    pub mist_per_m: f32,
    pub mist_y: f32,
    /// Height over which mist thins out, metres.
    pub mist_scale_m: f32,
}

impl Air {
    /// Share of light that survives a way through the air.
    pub fn transmittance(&self, origin: Vec3, dir: Vec3, distance_m: f32) -> Vec3 {
        let middle = origin.y + 0.5 * dir.y * distance_m;
        let thin = (-middle.clamp(-500.0, 2e4) / HAZE_SCALE_M).exp() * distance_m;
        let grey = self.haze_per_m * thin + self.mist(origin, dir.y, distance_m);
        let clear = MOLECULES * thin;
        Vec3::new((-grey - clear.x).exp(), (-grey - clear.y).exp(), (-grey - clear.z).exp())
    }

    /// Optical depth of the mist along a way.
    fn mist(&self, origin: Vec3, rise: f32, distance_m: f32) -> f32 {
        if self.mist_per_m <= 0.0 {
            return 0.0;
        }
        let from = self.mist_at(origin.y);
        let climb = rise * distance_m / self.mist_scale_m;
        let mean = if climb.abs() < 1e-3 {
            1.0
        } else {
            // Below its floor the mist is no denser.
            (1.0 - (-climb.clamp(-20.0, 50.0)).exp()) / climb
        };
        (from * distance_m * mean).min(self.mist_per_m * distance_m)
    }

    /// Extinction by mist at a height, per metre.
    pub fn mist_at(&self, y: f32) -> f32 {
        self.mist_per_m * (-((y - self.mist_y) / self.mist_scale_m).clamp(0.0, 60.0)).exp()
    }

    /// Share of the sky's light that comes through the mist from a direction.
    pub fn sky_through_mist(&self, y: f32, up: f32) -> f32 {
        (-self.mist_at(y) * self.mist_scale_m / (up.max(0.0) + 0.01)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mist_along_a_way_is_the_sum_of_its_parts() {
        let air = Air { haze_per_m: 0.0, mist_per_m: 0.01, mist_y: 5.0, mist_scale_m: 30.0 };
        for (y, rise) in [(8.0, 0.2), (60.0, -0.4), (20.0, 0.0)] {
            let origin = Vec3::Y * y;
            let whole = air.mist(origin, rise, 100.0);
            let parts: f32 =
                (0..1000).map(|i| air.mist_at(y + rise * (i as f32 + 0.5) * 0.1) * 0.1).sum();
            assert!((whole / parts - 1.0).abs() < 0.01, "{whole} and {parts}");
        }
    }
}
