//! One person's skin.

use super::maps::{SkinMap, Texel};
use crate::{
    AvatarSpec, HairStyle, Rgb,
    texture::{SrgbTable, Texture, byte, smooth},
};
use glam::Vec3;
use rayon::prelude::*;
use std::{iter::repeat_n, sync::Arc};

/// Skin by the amount of pigment, sRGB.
const TONES: [Rgb; 6] = [
    Rgb(240, 208, 190),
    Rgb(228, 184, 158),
    Rgb(204, 152, 120),
    Rgb(154, 112, 88),
    Rgb(100, 71, 57),
    Rgb(61, 44, 38),
];

/// What a person's skin looks like, worked out once for all texels.
struct Look<'a> {
    spec: &'a AvatarSpec,
    tone: Vec3,
    /// Skin with much blood in it.
    bloody: Vec3,
    lips: Vec3,
    lip_strength: f32,
    pigment: Vec3,
    hair: Vec3,
    brow_least: f32,
    /// How old the skin is, 0 to 1.
    aged: f32,
    stubble: f32,
    scalp: f32,
    /// How much hair hides between its strands.
    scalp_base: f32,
    /// How dark the scalp is below its hair.
    scalp_shade: f32,
    child: f32,
}

/// The hair's colour with its grey, linear.
pub(crate) fn hair_colour(spec: &AvatarSpec) -> Vec3 {
    let own = Vec3::from(spec.hair.colour.linear());
    own.lerp(Vec3::new(0.52, 0.51, 0.50), 0.9 * spec.hair.grey)
}

impl<'a> Look<'a> {
    fn new(spec: &'a AvatarSpec) -> Self {
        let at = spec.skin.tone * (TONES.len() - 1) as f32;
        let low = (at as usize).min(TONES.len() - 2);
        let [a, b] = [TONES[low], TONES[low + 1]].map(|rgb| Vec3::from(rgb.linear()));
        let warm =
            Vec3::new(1.0, 1.02, 0.90).lerp(Vec3::new(1.0, 0.95, 1.02), 1.0 - spec.skin.warmth);
        let tone = a.lerp(b, at - low as f32) * warm;
        let dark = spec.skin.tone;
        let bloody = tone * Vec3::new(1.02, 0.62, 0.58).lerp(Vec3::new(1.05, 0.80, 0.74), dark);
        let lips = match spec.skin.lips {
            Some(paint) => Vec3::from(paint.linear()),
            None => {
                let rosy =
                    tone * Vec3::new(0.86, 0.50, 0.50).lerp(Vec3::new(0.85, 0.62, 0.62), dark);
                rosy + Vec3::new(0.03, 0.0, 0.004)
            }
        };
        let female = 1.0 - spec.sex;
        let child = smooth(16.0, 10.0, spec.age);
        let bald = spec.hair.style == HairStyle::Bald;
        Self {
            spec,
            tone,
            bloody,
            lips,
            lip_strength: match spec.skin.lips {
                Some(_) => 0.9,
                None => 0.62 + 0.12 * female,
            },
            pigment: tone * Vec3::new(0.60, 0.48, 0.40),
            hair: hair_colour(spec).lerp(Vec3::from(spec.hair.colour.linear()), 0.35),
            brow_least: 0.60 - 0.52 * spec.hair.brows,
            aged: smooth(25.0, 80.0, spec.age),
            stubble: spec.hair.beard,
            scalp: if bald { 0.08 } else { 1.0 },
            scalp_base: match spec.hair.style {
                HairStyle::Bald | HairStyle::Buzz => 0.72,
                _ => 0.985,
            },
            scalp_shade: if spec.hair.style == HairStyle::Buzz { 0.55 } else { 0.30 },
            child,
        }
    }

    /// Linear colour, roughness, how much light scatters.
    fn texel(&self, t: &Texel) -> (Vec3, f32, f32) {
        let part = |value: u8| f32::from(value) / 255.0;
        let around = |value: u8| part(value) - 0.5;
        let (skin, lips, nail) = (&self.spec.skin, part(t.lips), part(t.nail));
        let uneven = 0.16 + 0.14 * self.aged - 0.06 * self.child;
        let mut colour = self.tone * (1.0 + uneven * around(t.pigment) + 0.07 * around(t.grain));
        let flush = (0.26 + 0.60 * skin.redness) * part(t.flush)
            + 0.55 * around(t.blood) * (0.35 + 0.5 * skin.redness);
        colour = colour.lerp(self.bloody, flush.clamp(-0.15, 0.9));
        if t.hollow > 0 {
            let tired = part(t.hollow) * (0.22 + 0.22 * self.aged - 0.1 * self.child);
            colour *= Vec3::ONE.lerp(Vec3::new(0.78, 0.66, 0.70), tired);
        }
        if t.freckle > 0 && skin.freckles > 0.0 {
            let most = 0.9 * skin.freckles;
            let freckles = smooth(0.95 - most, 1.30 - most, part(t.freckle) + 0.2);
            colour = colour.lerp(self.pigment, 0.55 * freckles * (1.0 - 0.6 * skin.tone));
        }
        if self.aged > 0.0 {
            let spots = self.aged * smooth(0.72, 0.9, part(t.pigment)) * 0.25;
            colour = colour.lerp(self.pigment, spots);
            colour *= 1.0 - 0.16 * self.aged * part(t.crease);
        }
        if t.mole > 0 {
            colour = colour.lerp(self.pigment * 0.6, 0.8 * part(t.mole) * skin.blemishes);
        }
        if t.lips > 0 {
            let faded = 0.35 * self.aged * (1.0 - part(t.pigment));
            let mouth = lips * self.lip_strength * (1.0 - faded);
            colour = colour.lerp(self.lips * (1.0 + 0.35 * around(t.blood)), mouth);
        }
        if t.nail > 0 {
            colour = colour.lerp(self.tone * Vec3::new(1.05, 0.92, 0.92) + 0.05, 0.8 * nail);
        }
        if t.rim > 0 {
            let rim = part(t.rim) * (0.35 + 0.25 * self.spec.eyes.lashes * (1.0 - self.child));
            colour = colour.lerp(colour * Vec3::new(0.55, 0.38, 0.36), rim);
        }
        // Hair, from its roots up.
        let beard = part(t.beard);
        if t.beard > 0 && self.stubble > 0.0 {
            let grown = smooth(0.3, 1.0, self.stubble);
            let shadow = beard * smooth(0.0, 0.3, self.stubble) * (0.30 + 0.5 * part(t.stubble));
            let shadow = (shadow * (0.75 + 0.25 * grown)).min(0.9);
            colour = colour.lerp(self.hair * 0.9 + 0.015, shadow);
        }
        let scalp = part(t.scalp) * self.scalp;
        if t.scalp > 0 {
            let cover = self.scalp_base + (1.0 - self.scalp_base) * part(t.stubble);
            colour = colour.lerp(self.hair * self.scalp_shade, scalp * cover);
        }
        let mut brow = 0.0;
        if t.brow_shade > 0 || t.brow > 0 {
            brow = smooth(self.brow_least, self.brow_least + 0.30, part(t.brow));
            let full = self.spec.hair.brows;
            let between = (self.hair * 0.5).lerp(self.tone * 0.55, 0.5);
            colour = colour.lerp(between, (0.2 + 0.4 * full) * part(t.brow_shade));
            colour = colour.lerp(self.hair * 0.55, (0.62 + 0.38 * full) * brow);
        }
        colour *= 0.4 + 0.6 * part(t.open);
        let oil = part(t.flush).min(0.6);
        let mut roughness = 0.54 - 0.09 * oil + 0.10 * around(t.grain) + 0.05 * self.aged;
        roughness = roughness + (0.43 - roughness) * lips.max(nail);
        roughness = roughness + (0.72 - roughness) * brow.max(scalp).max(beard * self.stubble);
        // The edges of the lids are wet.
        if t.rim > 0 {
            roughness = roughness + (0.16 - roughness) * smooth(0.45, 0.9, part(t.rim));
        }
        let scatter = (1.0 - brow.max(scalp)) * (1.0 - 0.5 * nail);
        (colour, roughness, scatter)
    }

    fn normal(&self, t: &Texel) -> [u8; 3] {
        let fine = 0.9 - 0.6 * self.child + 0.35 * self.aged;
        let slope = |axis: usize| {
            (fine * f32::from(t.fine[axis]) + self.aged * f32::from(t.aged[axis])) / 64.0
        };
        // Textures run down, the map's green up.
        let normal = Vec3::new(-slope(0), slope(1), 1.0).normalize();
        [normal.x, normal.y, normal.z].map(|c| byte(0.5 + 0.5 * c))
    }
}

/// Colour, normals and surface of one sheet's skin.
pub(crate) fn paint(map: &SkinMap, spec: &AvatarSpec, name: &str) -> [Texture; 3] {
    let look = Look::new(spec);
    let table = SrgbTable::new();
    let edge = map.edge;
    // Shared from the start, so that they need not be copied in the end.
    let blank = || repeat_n(0, 4 * edge * edge).collect::<Arc<[u8]>>();
    let (mut colours, mut normals, mut surfaces) = (blank(), blank(), blank());
    let row = 4 * edge;
    Arc::make_mut(&mut colours)
        .par_chunks_mut(row)
        .zip(Arc::make_mut(&mut normals).par_chunks_mut(row))
        .zip(Arc::make_mut(&mut surfaces).par_chunks_mut(row))
        .enumerate()
        .for_each(|(y, ((colours, normals), surfaces))| {
            let filled_by = &map.filled_by[y * edge..][..edge];
            for (x, from) in filled_by.iter().enumerate() {
                if x > 0 && filled_by[x - 1] == *from {
                    for pixels in [&mut *colours, &mut *normals, &mut *surfaces] {
                        pixels.copy_within(4 * x - 4..4 * x, 4 * x);
                    }
                    continue;
                }
                let texel = &map.texels[*from as usize];
                let (colour, roughness, scatter) = look.texel(texel);
                let [r, g, b] = colour.to_array().map(|c| table.encode(c));
                colours[4 * x..4 * x + 4].copy_from_slice(&[r, g, b, 255]);
                let [nx, ny, nz] = look.normal(texel);
                normals[4 * x..4 * x + 4].copy_from_slice(&[nx, ny, nz, 255]);
                let surface = [texel.open, byte(roughness), 0, byte(scatter)];
                surfaces[4 * x..4 * x + 4].copy_from_slice(&surface);
            }
        });
    let texture = |kind: &str, srgb: bool, pixels: Arc<[u8]>| Texture {
        name: format!("{name}_{kind}"),
        width: edge as u32,
        height: edge as u32,
        srgb,
        pixels,
    };
    [
        texture("colour", true, colours),
        texture("normal", false, normals),
        texture("surface", false, surfaces),
    ]
}
