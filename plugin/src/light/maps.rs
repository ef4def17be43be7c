//! Cube maps for Bevy out of light around a point.

use bevy::{
    asset::RenderAssetUsages,
    image::{Image, ImageSampler},
    math::Vec3,
    render::render_resource::{
        Extent3d, TextureDimension, TextureFormat, TextureUsages, TextureViewDescriptor,
        TextureViewDimension,
    },
};
use reverie_spatial::light::LightCube;

/// A cube map without light yet, with as many levels as halving its edge gives.
pub(super) fn cube_map(size: u32, levels: u32) -> Image {
    let bytes: u32 = (0..levels).map(|level| 6 * 4 * (size >> level).max(1).pow(2)).sum();
    let mut image = Image::new_uninit(
        Extent3d { width: size, height: size, depth_or_array_layers: 6 },
        TextureDimension::D2,
        // Three channels of light of any brightness in four bytes, filtered everywhere.
        TextureFormat::Rgb9e5Ufloat,
        RenderAssetUsages::default(),
    );
    image.data = Some(vec![0; bytes as usize]);
    image.texture_descriptor.mip_level_count = levels;
    image.texture_descriptor.usage = TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST;
    image.texture_view_descriptor = Some(TextureViewDescriptor {
        dimension: Some(TextureViewDimension::Cube),
        ..Default::default()
    });
    image.sampler = ImageSampler::linear();
    image
}

/// Writes levels into a map made by [`cube_map`] for them.
pub(super) fn fill(image: &mut Image, levels: &[LightCube]) {
    let Some(data) = &mut image.data else { return };
    let mut texels = data.chunks_exact_mut(4);
    // Each face with all its levels, then the next one.
    for face in 0..6 {
        for level in levels {
            let area = level.size() * level.size();
            for light in &level.texels()[face * area..(face + 1) * area] {
                if let Some(texel) = texels.next() {
                    texel.copy_from_slice(&pack(*light).to_le_bytes());
                }
            }
        }
    }
}

/// Shared-exponent light: nine bits for each channel, five for the exponent.
fn pack(light: Vec3) -> u32 {
    const BIAS: i32 = 15;
    const BITS: i32 = 9;
    let light = light.clamp(Vec3::ZERO, Vec3::splat(65_000.0));
    let most = light.max_element();
    if most < 1e-7 {
        return 0;
    }
    let mut exponent = (most.log2().floor() as i32).max(-BIAS - 1) + 1 + BIAS;
    let unit = |exponent: i32| ((exponent - BIAS - BITS) as f32).exp2();
    if (most / unit(exponent)).round() >= 512.0 {
        exponent += 1;
    }
    let [r, g, b] =
        light.to_array().map(|c| ((c / unit(exponent)).round() as u32).min((1 << BITS) - 1));
    r | g << 9 | b << 18 | (exponent.clamp(0, 31) as u32) << 27
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(texel: u32) -> Vec3 {
        let unit = ((texel >> 27) as f32 - 24.0).exp2();
        let channel = |at: u32| (texel >> at & 511) as f32 * unit;
        Vec3::new(channel(0), channel(9), channel(18))
    }

    #[test]
    fn light_survives_packing() {
        for light in [
            Vec3::new(0.2, 0.5, 0.9),
            Vec3::new(13.0, 0.01, 2.0),
            Vec3::splat(0.999_9),
            Vec3::splat(1e-3),
            Vec3::ZERO,
        ] {
            let back = unpack(pack(light));
            assert!(back.abs_diff_eq(light, light.max_element() * 2e-3), "{light} became {back}");
        }
    }

    #[test]
    fn every_level_is_written() {
        let levels = [4, 2, 1].map(|size| LightCube::filled(size, Vec3::splat(size as f32)));
        let mut image = cube_map(4, 3);
        fill(&mut image, &levels);
        let data = image.data.expect("filled");
        assert_eq!(data.len(), 6 * 4 * (16 + 4 + 1));
        let texel = |at: usize| {
            unpack(u32::from_le_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]])).x
        };
        assert_eq!([texel(0), texel(4 * 16), texel(4 * 20), texel(4 * 21)], [4.0, 2.0, 1.0, 4.0]);
    }
}
