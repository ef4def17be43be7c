//! Materials: a pattern, its colours, and how it takes the light.

use glam::Vec3;

use crate::surface::pattern::Pattern;
use crate::surface::season::Growth;

/// Takes a share of the saturation out.
pub(crate) fn muted(colour: Vec3, share: f32) -> Vec3 {
    colour.lerp(Vec3::splat(colour.dot(Vec3::new(0.3, 0.5, 0.2))), share)
}

/// sRGB 0..255 to linear light.
pub(crate) fn srgb(r: u8, g: u8, b: u8) -> Vec3 {
    let channel = |v: u8| {
        let v = f32::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    Vec3::new(channel(r), channel(g), channel(b))
}

/// Surface recipe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Material {
    pub pattern: Pattern,
    pub a: Vec3,
    pub b: Vec3,
    pub c: Vec3,
    /// Size of noise features, metres.
    pub scale: f32,
    /// Mirror-like share at normal incidence, 0..1.
    pub mirror: f32,
    /// Spread of the mirror image, radians.
    pub blur: f32,
    /// Strength of highlights, 0..1.
    pub gloss: f32,
    /// How far noise tilts the normal.
    pub bump: f32,
    /// Light sent out, relative like the sky's radiance.
    pub emission: Vec3,
    /// The emission is switched on in the dark only.
    pub night_only: bool,
    /// Water: no snow lies on it.
    pub liquid: bool,
    /// Leaves and cloth: lit from behind too.
    pub thin: bool,
    pub seed: u32,
    /// How it changes with the season, and its colours in summer.
    pub growth: Growth,
    pub summer: [Vec3; 3],
}

impl Material {
    pub fn new(pattern: Pattern, a: Vec3, b: Vec3, c: Vec3) -> Self {
        Self {
            pattern,
            a,
            b,
            c,
            scale: 1.0,
            mirror: 0.0,
            blur: 0.0,
            gloss: 0.0,
            bump: 0.0,
            emission: Vec3::ZERO,
            night_only: false,
            liquid: false,
            thin: false,
            seed: 1,
            growth: Growth::None,
            summer: [a, b, c],
        }
    }

    pub fn plain(colour: Vec3) -> Self {
        Self::new(Pattern::Plain, colour, colour * 0.7, colour)
    }

    pub fn scale(self, scale: f32) -> Self {
        Self { scale, ..self }
    }

    pub fn gloss(self, gloss: f32) -> Self {
        Self { gloss, ..self }
    }

    pub fn mirror(self, mirror: f32) -> Self {
        Self { mirror, gloss: self.gloss.max(0.5), ..self }
    }

    /// A mirror that is not polished.
    pub fn satin(self, mirror: f32, blur: f32) -> Self {
        Self { blur, ..self.mirror(mirror) }
    }

    pub fn bump(self, bump: f32) -> Self {
        Self { bump, ..self }
    }

    pub fn seed(self, seed: u32) -> Self {
        Self { seed, ..self }
    }

    pub fn thin(self) -> Self {
        Self { thin: true, ..self }
    }

    pub fn glow(self, emission: Vec3) -> Self {
        Self { emission, ..self }
    }

    /// Colour for indirect light, where detail does not show.
    pub fn mean(&self, world_normal: Vec3) -> Vec3 {
        match self.pattern {
            Pattern::Plain => self.a,
            Pattern::Alps { .. } if world_normal.y < 0.75 => self.b,
            Pattern::Photo { .. } => Vec3::splat(0.25),
            Pattern::Hall(hall) => hall.mean(self.a, self.b, self.c),
            Pattern::Noise | Pattern::Meadow | Pattern::Leaves => (self.a + self.b) * 0.5,
            _ => self.a * 0.7 + self.b * 0.3,
        }
    }
}

impl Material {
    /// Mean light that a pattern sends out besides `emission`: lit windows.
    pub fn mean_emission(&self, night: bool) -> Vec3 {
        match self.pattern {
            Pattern::Facade { glass, lit, .. } if night => {
                Vec3::new(1.0, 0.75, 0.42) * (0.5 * lit * glass * (0.45 * glass + 0.38))
            }
            _ => Vec3::ZERO,
        }
    }
}

/// A material at one point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surface {
    pub albedo: Vec3,
    pub mirror: f32,
    pub blur: f32,
    pub gloss: f32,
    pub emission: Vec3,
    pub normal: Vec3,
}
