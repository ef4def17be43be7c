//! Rain and snow on their way down: drops and flakes at places in the world, hidden by what stands before them.
//!
//! Cubes around the eye of three sizes hold them; what leaves a cube on one side comes in again on the other, so that
//! moving one's head moves past them. `shaders/air.wgsl` does the same on a GPU.

use crate::{Air, Frame, air::over};
use glam::{Vec2, Vec3};
use reverie_world_model::{Intrinsics, Pose};

/// Half sides of the cubes, metres.
pub const CUBES_M: [f32; 3] = [3.0, 9.0, 26.0];
/// Time after which what falls begins anew, seconds: numbers stay small.
const PERIOD_SECS: f64 = 512.0;
/// Time that a picture is exposed, seconds.
const SHUTTER_SECS: f32 = 1.0 / 70.0;
/// Largest radius on a screen, pixels.
const MOST_PX: f32 = 40.0;

/// What falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Falling {
    /// How many in each cube at full strength.
    pub counts: [u32; 3],
    /// Metres.
    pub radius_m: f32,
    /// Metres per second.
    pub fall_mps: f32,
    /// How far it sways, metres.
    pub sway_m: f32,
    /// Share of what is behind that it hides.
    pub alpha: f32,
    /// Least radius on a screen, pixels.
    pub least_px: f32,
    /// Nearest that it is seen, metres.
    pub nearest_m: f32,
    /// Times the colour of thick air that it shows.
    pub bright: f32,
}

/// Drops.
pub const RAIN: Falling = Falling {
    counts: [300, 1500, 4200],
    radius_m: 0.0011,
    fall_mps: 8.0,
    sway_m: 0.0,
    alpha: 0.55,
    least_px: 0.17,
    nearest_m: 0.8,
    bright: 1.25,
};
/// Flakes.
pub const SNOW: Falling = Falling {
    counts: [420, 1600, 3600],
    radius_m: 0.0042,
    fall_mps: 1.3,
    sway_m: 0.2,
    alpha: 0.8,
    least_px: 0.28,
    nearest_m: 0.8,
    bright: 1.45,
};

/// A drop or flake on a screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Streak {
    /// From where to where it is drawn, pixels.
    pub ends: [Vec2; 2],
    /// Pixels.
    pub radius: f32,
    /// Metres along the view axis.
    pub depth_m: f32,
    /// Share of what is behind that it hides.
    pub alpha: f32,
}

/// Random bits of a particle (PCG, M. O'Neill 2014, in its form for shaders, M. Jarzynski 2020).
fn bits(index: u32, cube: u32, what: u32) -> u32 {
    let seed = index.wrapping_mul(16).wrapping_add(what).wrapping_mul(4).wrapping_add(cube);
    let state = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    (word >> 22) ^ word
}

fn unit(index: u32, cube: u32, what: u32) -> f32 {
    (bits(index, cube, what) >> 8) as f32 / 16_777_216.0
}

/// The time that goes into places, seconds.
#[must_use]
pub fn phase_secs(secs: f64) -> f32 {
    secs.rem_euclid(PERIOD_SECS) as f32
}

impl Falling {
    /// One of what is in a cube; `None` when it is not seen.
    #[must_use]
    pub fn streak(
        &self,
        (index, cube): (u32, usize),
        wind_mps: Vec2,
        phase_secs: f32,
        pose: &Pose,
        camera: &Intrinsics,
    ) -> Option<Streak> {
        let half = CUBES_M[cube];
        let side = Vec3::splat(2.0 * half);
        let low = pose.position - half;
        let random = |what| unit(index, cube as u32, what);
        let pace = 0.75 + 0.5 * random(3);
        let velocity = Vec3::new(wind_mps.x, -self.fall_mps * pace, wind_mps.y);
        let home = Vec3::new(random(0), random(1), random(2)) * side;
        let wrapped = |v: Vec3| v - (v / side).floor() * side;
        let gone = wrapped(velocity * phase_secs);
        let mut place = low + wrapped(home + gone - low);
        let turn =
            std::f32::consts::TAU * (random(4) + (0.35 + 0.3 * random(5)) * phase_secs).fract();
        place += Vec3::new(turn.sin(), 0.0, turn.cos()) * (self.sway_m * (0.6 + random(6)));
        let view_from_world = pose.rotation.conjugate();
        let project = |p: Vec3| camera.project(view_from_world * (p - pose.position));
        let (from, depth_m) = project(place)?;
        // What is nearer than the smaller cube's reach belongs to that.
        let nearest_m = if cube == 0 { self.nearest_m } else { 0.7 * CUBES_M[cube - 1] };
        if depth_m < nearest_m {
            return None;
        }
        let (to, _) = project(place - velocity * SHUTTER_SECS)?;
        let focal = camera.fx.min(camera.fy);
        let radius = self.radius_m * (0.6 + 0.8 * random(7)) * focal / depth_m;
        let far = (depth_m / CUBES_M[2]).min(1.0);
        let radius = radius.clamp(self.least_px, MOST_PX);
        Some(Streak { ends: [from, to], radius, depth_m, alpha: self.alpha * (1.0 - 0.6 * far) })
    }
}

impl Air {
    /// What falls in it, how hard, and its colour, linear.
    pub fn falling(&self) -> impl Iterator<Item = (Falling, f32, Vec3)> + use<> {
        let colour = self.colour;
        [(RAIN, self.rain), (SNOW, self.snow)]
            .into_iter()
            .filter(|(_, strength)| *strength > 0.0)
            .map(move |(kind, strength)| (kind, strength, (colour * kind.bright).min(Vec3::ONE)))
    }

    pub(crate) fn draw_falling(
        &self,
        frame: &mut Frame,
        pose: &Pose,
        camera: &Intrinsics,
        secs: f64,
    ) {
        let phase_secs = phase_secs(secs);
        for (kind, strength, colour) in self.falling() {
            for (cube, count) in kind.counts.iter().enumerate() {
                for index in 0..(*count as f32 * strength) as u32 {
                    let which = (index, cube);
                    if let Some(streak) =
                        kind.streak(which, self.wind_mps, phase_secs, pose, camera)
                    {
                        draw(frame, &streak, colour);
                    }
                }
            }
        }
    }
}

/// A line with round ends, before everything farther away.
fn draw(frame: &mut Frame, streak: &Streak, colour: Vec3) {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let [from, to] = streak.ends;
    // Thinner than a pixel is fainter.
    let drawn = streak.radius.max(0.5);
    let alpha = streak.alpha * (streak.radius / drawn).min(1.0);
    let reach = drawn + 0.5;
    let (low, high) = (from.min(to) - reach, from.max(to) + reach);
    let outside = high.x < 0.0 || high.y < 0.0 || low.x >= width as f32 || low.y >= height as f32;
    if outside || !(low.is_finite() && high.is_finite()) {
        return;
    }
    let columns = low.x.max(0.0) as usize..(high.x as usize + 1).min(width);
    let rows = low.y.max(0.0) as usize..(high.y as usize + 1).min(height);
    let along = to - from;
    let per_length = 1.0 / along.length_squared().max(1e-6);
    let nearness = 1.0 / streak.depth_m;
    let (rgba, inverse_depth) = frame.buffers_mut();
    for y in rows {
        for x in columns.clone() {
            let at = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) - from;
            let away = (at - along * (at.dot(along) * per_length).clamp(0.0, 1.0)).length();
            let share = alpha * (reach - away).clamp(0.0, 1.0);
            let k = y * width + x;
            if share > 0.0 && inverse_depth[k] < nearness {
                rgba[k] = over(rgba[k], colour, share);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reverie_world_model::{Conditions, Weather};

    fn picture(inverse_depth: f32, pose: &Pose, secs: f64) -> Vec<u8> {
        let camera = Intrinsics::from_horizontal_fov(160, 90, 1.3);
        let mut frame = Frame::new();
        frame.resize(160, 90);
        let (rgba, depths) = frame.buffers_mut();
        rgba.fill(0xff20_2020);
        depths.fill(inverse_depth);
        let snow = Conditions::new(Weather::Snow, 12.0);
        let mut air = Air::under(&snow, Vec3::splat(0.6), 0.0, Vec2::X);
        (air.extinction_per_m, air.dark_per_m) = (0.0, 0.0);
        air.fill(&mut frame, pose, &camera, secs);
        frame.rgba8().to_vec()
    }

    fn changed(picture: &[u8]) -> usize {
        picture.chunks_exact(4).filter(|pixel| pixel[0] > 0x22).count()
    }

    #[test]
    fn flakes_are_hidden_by_what_stands_before_them() {
        let pose = Pose::IDENTITY;
        let [open, wall, lens] = [0.0, 0.5, 8.0].map(|w| changed(&picture(w, &pose, 3.0)));
        assert!(open > 400 && wall < open / 2 && wall > 0 && lens == 0, "{open} {wall} {lens}");
    }

    #[test]
    fn flakes_fall_and_the_same_moment_is_the_same_picture() {
        let pose = Pose::IDENTITY;
        assert_eq!(picture(0.0, &pose, 3.0), picture(0.0, &pose, 3.0));
        assert_ne!(picture(0.0, &pose, 3.0), picture(0.0, &pose, 3.04));
        // For ever, from anywhere.
        let far = Pose { position: Vec3::new(900.0, 80.0, -400.0), ..pose };
        let later = changed(&picture(0.0, &far, 1e7 + 0.3));
        let open = changed(&picture(0.0, &pose, 3.0));
        assert!(later.abs_diff(open) < open / 3, "{later} {open}");
    }

    #[test]
    fn whoever_moves_passes_them() {
        let camera = Intrinsics::from_horizontal_fov(160, 90, 1.3);
        let seen =
            |index: u32, pose: &Pose| SNOW.streak((index, 1), Vec2::ZERO, 2.0, pose, &camera);
        let nearer = Pose { position: Vec3::new(0.0, 0.0, -0.2), ..Pose::IDENTITY };
        // Away from where a smaller cube begins and this one ends.
        let between = |streak: &Streak| (3.0..8.0).contains(&streak.depth_m);
        let both: Vec<(Streak, Streak)> = (0..400)
            .filter_map(|index| Some((seen(index, &Pose::IDENTITY)?, seen(index, &nearer)?)))
            .filter(|(one, _)| between(one))
            .collect();
        let passed =
            |(one, other): &&(Streak, Streak)| (other.depth_m - (one.depth_m - 0.2)).abs() < 1e-3;
        assert!(both.len() > 20);
        assert_eq!(both.iter().filter(passed).count(), both.len());
    }
}
