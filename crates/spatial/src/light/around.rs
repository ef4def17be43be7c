//! The light on a thing that is put at a place in a remembered world.

use super::{
    DiffuseLight, FoundSun, LightCube, haze::Haze, luminance, mirror_levels, scene_from_display,
    tone::scene_from_pixel,
};
use crate::{Frame, Memory, Renderer, SpatialError};
use glam::{Quat, Vec3};
use reverie_world_model::{CARD_ALBEDO, Intrinsics, Pose, SceneLight, SceneSun, SpatialQuery};
use std::f32::consts::PI;

/// Texels along an edge of the cube that mirrors show.
const CUBE: usize = 32;
/// Texels along an edge of the cube that matt surfaces are lit by.
const DIFFUSE_CUBE: usize = 8;
/// Albedo that the ground is believed to have where nobody tells the light: grass and soil have
/// about this, snow much more.
const GROUND_ALBEDO: f32 = 0.2;
/// Most that the light from all around is scaled by to suit the ground.
const MOST_SCALE: f32 = 8.0;
/// Ground farther than this tells nothing about the light here, metres.
const GROUND_REACH_M: f32 = 14.0;
/// A found sun lights with at most this many times the light from all around.
const MOST_RATIO: f32 = 5.0;
/// A sun less likely than this lights nothing.
const LEAST_SUNNY: f32 = 0.3;
/// Told light holds about as far away as this, metres.
const TOLD_REACH_M: f32 = 25.0;
/// Angular radius of a sun that was found, radians.
const SUN_RADIUS: f32 = 0.008;
/// Ground that would have less than the first albedo in the sun lies in the shade, with more than
/// the second in the sun.
const SHADED_ALBEDO: [f32; 2] = [0.035, 0.08];
/// Side of the picture of the ground below a thing, pixels.
const BELOW: u32 = 24;
/// How far away something may stand in the sun's way, metres.
const SHADE_REACH_M: f32 = 400.0;

/// The sun (or the moon) as it lights things in a world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sunlight {
    /// Unit vector towards it, world space.
    pub direction: Vec3,
    /// What a white matt surface that faces it throws back of its light alone (irradiance over pi),
    /// in the units of [`scene_from_display`].
    pub light: Vec3,
    /// Its radius as seen, radians: how soft the edges of shadows are.
    pub radius_rad: f32,
    /// 0 (a guess) to 1 (told by the model).
    pub confidence: f32,
}

impl Sunlight {
    /// Of a sun that the model told.
    #[must_use]
    pub fn told(sun: &SceneSun) -> Self {
        let light = |card: Vec3| scene_from_display(card) / CARD_ALBEDO;
        Self {
            direction: sun.direction,
            light: (light(sun.card_lit) - light(sun.card_shaded)).max(Vec3::ZERO),
            radius_rad: sun.radius_rad,
            confidence: 1.0,
        }
    }

    /// Of a sun that was found in pictures, given the light from all around. What is not sure is
    /// lit more softly.
    #[must_use]
    pub fn found(sun: &FoundSun, around: &DiffuseLight) -> Self {
        let grey = luminance(around.towards(sun.direction));
        let ratio = (sun.ratio * sun.sunny * sun.confidence.sqrt()).min(MOST_RATIO);
        Self {
            direction: sun.direction,
            // A little warmer than the sky that it stands in.
            light: Vec3::new(1.06, 1.0, 0.9) * (grey * ratio),
            radius_rad: SUN_RADIUS + 0.25 * (1.0 - sun.confidence * sun.sunny),
            confidence: sun.confidence * sun.sunny,
        }
    }

    /// Share of it, 0 to 1, that a memory lets through to a point, within `spread_m` of it.
    fn open_share(&self, memory: &Memory, point: Vec3, spread_m: f32) -> f32 {
        let (right, ahead) = self.direction.any_orthonormal_pair();
        let around = [Vec3::ZERO, right, -right, ahead, -ahead];
        let open = around.iter().filter(|offset| {
            // Off what the thing itself stands on.
            let from = point + **offset * spread_m + self.direction * (0.5 * spread_m);
            memory.ray_cast(from, self.direction, SHADE_REACH_M).is_none()
        });
        open.count() as f32 / around.len() as f32
    }
}

/// The light around a point.
#[derive(Debug, Clone, PartialEq)]
pub struct LightAround {
    /// What mirrors of growing roughness show, see [`mirror_levels`]; in the units of
    /// [`scene_from_display`].
    pub mirrors: Vec<LightCube>,
    /// What white matt surfaces throw back of the light from all around, by their normal.
    pub matt: LightCube,
    /// The same in nine numbers for each colour.
    pub diffuse: DiffuseLight,
    /// Sun or moon, if anything throws shadows.
    pub sun: Option<Sunlight>,
    /// What the air adds with the distance.
    pub haze: Haze,
}

/// Estimates light; keeps its buffers.
#[derive(Debug, Default)]
pub struct LightEstimator {
    renderer: Renderer,
    frame: Frame,
    inverse_distance: Vec<f32>,
}

impl LightEstimator {
    /// An estimator without buffers yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks for the sun in what was really seen of a world. Needed once for a world whose model
    /// does not tell its light.
    ///
    /// # Errors
    /// When the memory cannot be drawn.
    pub fn find_sun(&mut self, memory: &Memory) -> Result<Option<FoundSun>, SpatialError> {
        super::find_sun(memory, &mut self.renderer)
    }

    /// The light around a point, with what is known of the sun.
    ///
    /// # Errors
    /// When the memory cannot be drawn from there.
    pub fn estimate(
        &mut self,
        memory: &Memory,
        eye: Vec3,
        told: Option<&SceneLight>,
        found: Option<&FoundSun>,
    ) -> Result<LightAround, SpatialError> {
        let Self { renderer, frame, inverse_distance } = self;
        let mut cube = LightCube::of_memory(memory, eye, CUBE, renderer, frame, inverse_distance)?;
        // Lamps that nobody saw are small: spread over all that is unknown, their light would lie like a
        // veil on whatever mirrors it. So mirrors show there what is like the rest.
        let mut mirrored = cube.clone();
        let mut diffuse = DiffuseLight::of(&cube);
        let mut sun = match told {
            Some(told) => told.sun.as_ref().map(Sunlight::told),
            None => found
                .filter(|found| found.sunny > LEAST_SUNNY)
                .map(|found| Sunlight::found(found, &diffuse)),
        };
        match told {
            Some(told) => {
                let known = told.cards.map(|card| scene_from_display(card) / CARD_ALBEDO);
                let away_m = eye.distance(told.place);
                let share = (-0.5 * (away_m / TOLD_REACH_M).powi(2)).exp();
                let mean = known.iter().sum::<Vec3>() / 6.0;
                let by = unknown_scale(&cube, inverse_distance, luminance(mean));
                // What was never seen is of the colour of the light that is known.
                let tint = mean / luminance(mean).max(1e-4);
                cube.change_where(
                    |at| inverse_distance[at] < 0.0,
                    |c| c.lerp(tint * (luminance(c) * by), share),
                );
                diffuse = DiffuseLight::of(&cube).corrected(known, share);
            }
            None => {
                let from_above = luminance(diffuse.towards(Vec3::Y));
                let by_sun = sun.map_or(0.0, |sun| luminance(sun.light) * sun.direction.y);
                if let Some(scale) = ground_scale(&cube, inverse_distance, from_above + by_sun) {
                    cube.change_where(
                        |at| scale < 1.0 || inverse_distance[at] < 0.0,
                        |c| c * scale,
                    );
                    mirrored.change_where(|_| true, |c| c * scale.min(1.0));
                    diffuse = diffuse.scaled(scale);
                    if let Some(sun) = &mut sun {
                        sun.light *= scale;
                    }
                }
            }
        }
        let haze = match told {
            Some(told) => Haze::told(told),
            None => Haze::found(&cube, inverse_distance),
        };
        let matt = LightCube::from_fn(DIFFUSE_CUBE, |normal| diffuse.towards(normal));
        Ok(LightAround { mirrors: mirror_levels(&mirrored), matt, diffuse, sun, haze })
    }
}

impl LightEstimator {
    /// Share of the sun, 0 to 1, that reaches a thing at a point, `spread_m` to its sides: what the
    /// memory has in the way counts, and how bright the ground below is, since what throws a shadow
    /// may never have been seen.
    ///
    /// # Errors
    /// When the memory cannot be drawn.
    pub fn sun_share(
        &mut self,
        memory: &Memory,
        light: &LightAround,
        point: Vec3,
        spread_m: f32,
    ) -> Result<f32, SpatialError> {
        let Some(sun) = &light.sun else { return Ok(0.0) };
        let open = sun.open_share(memory, point, spread_m);
        if open <= 0.0 {
            return Ok(0.0);
        }
        let camera = Intrinsics::from_horizontal_fov(BELOW, BELOW, 0.5 * PI);
        let down = Quat::from_rotation_x(-0.5 * PI);
        let pose = Pose { position: point + Vec3::Y * 0.5, rotation: down };
        self.renderer.render(memory, &pose, &camera, &mut self.frame)?;
        let pixels = self.frame.rgba8().chunks_exact(4).zip(self.frame.inverse_depth());
        let mut ground: Vec<f32> = pixels
            .filter(|(pixel, w)| pixel[3] != 0 && **w > 0.2)
            .map(|(pixel, _)| luminance(scene_from_pixel([pixel[0], pixel[1], pixel[2]])))
            .collect();
        if ground.len() < 32 {
            return Ok(open);
        }
        ground.sort_unstable_by(f32::total_cmp);
        let around = luminance(light.diffuse.towards(Vec3::Y));
        let by_sun = luminance(sun.light) * sun.direction.y.max(0.0);
        let albedo = ground[ground.len() / 2] / (around + by_sun).max(1e-4);
        let [dark, bright] = SHADED_ALBEDO;
        let lit = ((albedo - dark) / (bright - dark)).clamp(0.0, 1.0);
        Ok(open * lit)
    }
}

/// How much brighter what is not known around a point has to be for the mean over all directions to
/// be this.
fn unknown_scale(cube: &LightCube, inverse_distance: &[f32], mean: f32) -> f32 {
    let (mut known, mut unknown, mut whole) = (0.0, 0.0, 0.0);
    for (at, radiance) in cube.texels().iter().enumerate() {
        let angle = cube.solid_angle(at);
        let light = luminance(*radiance) * angle;
        *(if inverse_distance[at] < 0.0 { &mut unknown } else { &mut known }) += light;
        whole += angle;
    }
    ((mean * whole - known) / f32::max(unknown, 1e-4)).clamp(0.1, 12.0)
}

/// How much brighter the light from all around has to be for the ground to have an albedo that
/// ground has: lamps outside of the picture and clipped skies are not as bright as they show.
fn ground_scale(cube: &LightCube, inverse_distance: &[f32], from_above: f32) -> Option<f32> {
    let mut ground: Vec<f32> = (0..cube.texels().len())
        .filter(|at| cube.direction(*at).y < -0.12 && inverse_distance[*at] > 1.0 / GROUND_REACH_M)
        .map(|at| luminance(cube.texels()[at]))
        .collect();
    if ground.len() < 16 || from_above <= 0.0 {
        return None;
    }
    ground.sort_unstable_by(f32::total_cmp);
    let middle = ground[ground.len() / 2];
    Some((middle / GROUND_ALBEDO / from_above).clamp(1.0 / MOST_SCALE, MOST_SCALE))
}
