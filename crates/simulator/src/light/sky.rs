//! The sky that a scene stands under: light from outside, and what the air adds on the way.

use glam::Vec3;

use crate::light::air::Air;
use crate::light::atmosphere::ClearSky;
use crate::light::clouds::Clouds;
use crate::light::heavens::Heavens;
use crate::light::lighting::GREY;
use crate::surface::noise::smoothstep;

/// Light from outside the scene. Radiance is relative: a white wall in full noon sun is about 3.
#[derive(Clone, Debug)]
pub(crate) struct Sky {
    /// Unit vector towards what throws the shadows: the sun, or the moon at night.
    pub sun_dir: Vec3,
    /// Irradiance of a surface that faces it, without the shadows of single clouds.
    pub sun: Vec3,
    /// Softness of shadow edges: radius of the sun's disc as seen, radians.
    pub sun_radius: f32,
    pub clear: ClearSky,
    /// Multiplies `clear`.
    pub clear_scale: Vec3,
    /// Light of a moonless night, above and at the horizon.
    pub night: [Vec3; 2],
    /// Direction of the sun itself, also below the horizon.
    pub disc_dir: Vec3,
    /// Radiance of the sun's disc.
    pub disc: Vec3,
    pub heavens: Heavens,
    pub clouds: Clouds,
    pub air: Air,
    /// What the lower half of the dome sends up.
    pub ground: Vec3,
    /// What a camera in the open multiplies radiance by.
    pub gain: f32,
    /// How bright the hour is to look, 1 at noon.
    pub level: f32,
}

/// Angle of the sun's disc, radians.
const DISC_RADIUS: f32 = 0.0055;

impl Sky {
    /// Clear sky behind the clouds, without stars and discs.
    fn behind_clouds(&self, dir: Vec3, glare: f32) -> Vec3 {
        let up = dir.y.max(0.0);
        let [above, low] = self.night;
        self.clear.radiance(dir, glare) * self.clear_scale
            + above.lerp(low, (1.0 - up) * (1.0 - up) * (1.0 - up))
    }

    /// Radiance without detail and the sun's disc: for ambient light.
    pub fn soft(&self, dir: Vec3) -> Vec3 {
        if dir.y <= 0.0 {
            let level = Vec3::new(dir.x, 0.0, dir.z).normalize_or(Vec3::X);
            return self.ground.lerp(self.haze(level), (1.0 + dir.y * 4.0).clamp(0.0, 1.0));
        }
        let sky = self.behind_clouds(dir, 0.15).lerp(self.clouds.mean(dir.y), self.clouds.hidden());
        if self.air.mist_per_m > 0.0 {
            return sky.lerp(self.clouds.mean(0.0), 0.3);
        }
        sky
    }

    /// Colour of thick air in a direction.
    pub fn haze(&self, dir: Vec3) -> Vec3 {
        let level = Vec3::new(dir.x, dir.y.max(0.025), dir.z).normalize_or(Vec3::X);
        let open = self.behind_clouds(level, 0.5);
        let hidden = self.clouds.hidden();
        let mean =
            open.lerp(self.clouds.mean(0.05) * 1.08, (0.35 * hidden).max(self.clouds.closed));
        // Droplets scatter all colours alike.
        let droplets = 0.7 * smoothstep(0.0, 0.008, self.air.mist_per_m);
        mean.lerp(Vec3::new(0.99, 1.0, 1.02) * mean.dot(GREY), droplets)
    }

    /// Whether neither sun nor moon nor stars are seen in a direction or beside it.
    pub fn is_plain(&self, dir: Vec3, pixel_angle: f32) -> bool {
        let away = DISC_RADIUS.max(0.0075) + 3.0 * pixel_angle;
        self.heavens.stars <= 0.0
            && (dir - self.disc_dir).length() > away
            && (dir - self.heavens.moon_dir).length() > away
    }

    /// What is seen through air where nothing stands, from a place in a direction. `pixel_angle` in radians sizes stars;
    /// `steps` and `u` (0..1) are those through the clouds.
    pub fn radiance(
        &self,
        air: &Air,
        (eye, dir): (Vec3, Vec3),
        pixel_angle: f32,
        steps: u32,
        u: f32,
    ) -> Vec3 {
        let mut colour = self.behind_clouds(dir, 1.0);
        let open = 1.0 - self.clouds.closed;
        if open > 0.0 {
            colour = self.heavens.over(colour, dir, pixel_angle);
            let edge = 0.5 * pixel_angle;
            let away = (dir - self.disc_dir).length();
            if away < DISC_RADIUS + edge {
                let share = smoothstep(DISC_RADIUS + edge, DISC_RADIUS - edge, away)
                    * (DISC_RADIUS / edge).powi(2).min(1.0);
                colour += self.disc * share;
            }
        }
        colour = self.clouds.over(colour, eye, dir, steps, u);
        let haze = self.haze(dir);
        // Even clear air hides the line where the world ends.
        let seam = smoothstep(0.02, -0.01, dir.y);
        let through = air.sky_through_mist(eye.y, dir.y) * (1.0 - seam);
        haze.lerp(colour, through)
    }
}
