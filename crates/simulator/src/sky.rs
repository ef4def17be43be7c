//! Sun, sky dome, clouds and haze.

use glam::{Vec2, Vec3};

use crate::noise::{fbm2, smoothstep};

/// Light from outside the scene. Radiance is relative: a white wall in full noon sun is about 3.
#[derive(Clone, Debug)]
pub(crate) struct Sky {
    /// Unit vector towards the sun (or the moon at night).
    pub sun_dir: Vec3,
    /// Irradiance of a surface that faces the sun.
    pub sun: Vec3,
    /// Softness of shadow edges: radius of the sun's disc as seen, radians.
    pub sun_radius: f32,
    pub zenith: Vec3,
    pub horizon: Vec3,
    /// What the lower half of the dome sends up.
    pub ground: Vec3,
    /// 0 cloudless .. 1 closed.
    pub cloud_cover: f32,
    pub cloud_scale: f32,
    pub cloud_light: Vec3,
    pub cloud_shade: Vec3,
    pub seed: u32,
    /// Extinction per metre.
    pub haze_per_m: f32,
    pub haze: Vec3,
}

impl Sky {
    /// Radiance without clouds' detail and the sun's disc: for ambient light.
    pub fn soft(&self, dir: Vec3) -> Vec3 {
        let up = dir.y;
        if up <= 0.0 {
            return self.ground.lerp(self.horizon, (1.0 + up * 4.0).clamp(0.0, 1.0));
        }
        let clear = self.horizon.lerp(self.zenith, up.sqrt());
        let cloud = self.cloud_light.lerp(self.cloud_shade, 0.5);
        clear.lerp(cloud, self.cloud_cover * 0.85)
    }

    /// What the camera sees where nothing stands.
    pub fn radiance(&self, dir: Vec3) -> Vec3 {
        let up = dir.y.max(0.0);
        let mut colour = self.horizon.lerp(self.zenith, up.powf(0.55));
        let toward = dir.dot(self.sun_dir).max(0.0);
        let open = 1.0 - 0.8 * self.cloud_cover;
        colour += self.sun * open * (0.05 * toward.powf(6.0) + 0.25 * toward.powf(90.0));
        if toward > 0.99985 && self.cloud_cover < 0.85 {
            colour += self.sun * 8.0;
        }
        if self.cloud_cover > 0.0 && dir.y > 0.005 {
            let p = Vec2::new(dir.x, dir.z) / (dir.y + 0.09) * self.cloud_scale;
            let bend = Vec2::new(fbm2(p * 0.7, 3, self.seed), fbm2(p * 0.7 + 9.0, 3, self.seed));
            let density = 0.5 + 0.62 * fbm2(p + bend * 0.6, 6, self.seed ^ 0x77);
            let edge = 1.0 - self.cloud_cover;
            let cover = smoothstep(edge - 0.10, edge + 0.28, density);
            // Thick parts are darker below; a second look towards the sun lights the edges.
            let toward_sun = Vec2::new(self.sun_dir.x, self.sun_dir.z) * 0.35;
            let ahead = 0.5 + 0.62 * fbm2(p + bend * 0.6 + toward_sun, 4, self.seed ^ 0x77);
            let shade = (smoothstep(edge, edge + 0.55, density) * 0.55
                + (ahead - density).max(0.0) * 1.6)
                .min(1.0);
            let cloud = self.cloud_light.lerp(self.cloud_shade, shade);
            let fade = smoothstep(0.0, 0.16, dir.y);
            colour = colour.lerp(cloud, cover * fade);
        }
        let dust = smoothstep(0.22, 0.0, dir.y.abs()) * (self.haze_per_m * 3000.0).min(1.0);
        colour.lerp(self.haze, dust)
    }

    /// Share of light that survives `distance_m` of haze.
    pub fn transmittance(&self, distance_m: f32) -> f32 {
        (-self.haze_per_m * distance_m).exp()
    }
}
