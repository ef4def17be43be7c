//! How good a view is to begin a world with.

use reverie_simulator::{Class, GroundTruth, SceneKind};

/// Nearer than this is in the way, metres.
const IN_THE_WAY_M: f32 = 2.5;
/// Depths are sorted into so many steps of a factor of two from 1 m on.
const STEPS: usize = 10;
/// Of a wide country something is seen that is farther away than this, metres.
const FAR_M: f32 = 60.0;
/// What a view keeps of its score for everything that it lacks altogether.
const LACKING: f32 = 0.15;

/// How good a view is to begin a world with, 0 to 1: it shows what there is in its kind of place, and much of it.
///
/// It asks the scene itself what is seen, never a network: choosing by the one that judges would make its figures meaningless.
pub fn score(kind: SceneKind, view: &GroundTruth) -> f32 {
    interest(&view.rgb, &view.depth_m) * typical(kind, &view.class, &view.depth_m)
}

/// How much there is to see, 0 to 1: near and far, not all sky, nothing in the way, and light and dark.
fn interest(rgb: &[u8], depth_m: &[f32]) -> f32 {
    let count = depth_m.len().max(1) as f32;
    let mut steps = [0.0_f32; STEPS];
    let (mut near, mut sky) = (0.0_f32, 0.0_f32);
    for metres in depth_m {
        if !metres.is_finite() || *metres <= 0.0 {
            sky += 1.0 / count;
            continue;
        }
        if *metres < IN_THE_WAY_M {
            near += 1.0 / count;
        }
        let step = (metres.max(1.0).log2() as usize).min(STEPS - 1);
        steps[step] += 1.0 / count;
    }
    let entropy = |shares: &[f32]| -> f32 {
        shares.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum()
    };
    let range = entropy(&steps) / (STEPS as f32).ln();
    let mut tones = [0.0_f32; 16];
    let pixels = (rgb.len() / 3).max(1) as f32;
    for pixel in rgb.chunks_exact(3) {
        let grey: u32 = pixel.iter().map(|value| u32::from(*value)).sum::<u32>() / 3;
        tones[(grey / 16).min(15) as usize] += 1.0 / pixels;
    }
    let contrast = entropy(&tones) / (tones.len() as f32).ln();
    let open = 1.0 - (2.0 * near).min(1.0);
    let ground = 1.0 - ((sky - 0.55).max(0.0) / 0.45).min(1.0);
    (0.6 * range + 0.4 * contrast) * open * ground
}

/// Whether a view shows what its kind of place consists of, 0 to 1: terrain far and wide, houses along a street, racks on
/// a floor; and outside a piece of sky, which tells weather and hour.
fn typical(kind: SceneKind, class: &[u8], depth_m: &[f32]) -> f32 {
    let count = class.len().max(1) as f32;
    let mut shares = [0.0_f32; Class::ALL.len()];
    for number in class {
        if let Some(share) = shares.get_mut(usize::from(*number)) {
            *share += 1.0 / count;
        }
    }
    let of = |classes: &[Class]| classes.iter().map(|c| shares[usize::from(c.number())]).sum();
    let sky = shares[usize::from(Class::Sky.number())];
    let far = depth_m.iter().filter(|m| m.is_finite() && **m > FAR_M).count() as f32 / count;
    // What there should be, and the share of the picture that is enough of it.
    let wanted: &[(f32, f32)] = match kind {
        SceneKind::Mountain => {
            let wild = of(&[
                Class::Ground,
                Class::Trail,
                Class::Rock,
                Class::Water,
                Class::Plant,
                Class::Tree,
            ]);
            // A hut is welcome, a wall of it is not.
            let open = 1.0 - 2.0 * shares[usize::from(Class::Building.number())];
            &[(wild, 0.4), (far, 0.15), (sky, 0.2), (open, 0.8)]
        }
        SceneKind::City => {
            let houses = of(&[Class::Building, Class::Door, Class::Sign]);
            let street = of(&[Class::Road, Class::Pavement, Class::Crossing]);
            &[(houses, 0.3), (street, 0.15), (sky, 0.12)]
        }
        SceneKind::Warehouse => {
            let goods = of(&[Class::Rack, Class::Box, Class::Pallet, Class::Forklift]);
            let floor = of(&[Class::Floor, Class::Dock]);
            &[(goods, 0.25), (floor, 0.1), (1.0 - sky, 0.95)]
        }
        SceneKind::Room | SceneKind::Primitives => &[],
    };
    wanted
        .iter()
        .map(|(share, enough)| LACKING + (1.0 - LACKING) * (share / enough).clamp(0.0, 1.0))
        .product()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: usize = 32 * 18;

    fn score(colours: impl Fn(usize) -> u8, depths: impl Fn(usize) -> f32) -> f32 {
        let rgb: Vec<u8> = (0..COUNT * 3).map(|at| colours(at / 3)).collect();
        let depths: Vec<f32> = (0..COUNT).map(depths).collect();
        interest(&rgb, &depths)
    }

    #[test]
    fn walls_and_empty_skies_are_dull() {
        let varied = |at: usize| (at * 37 % 256) as u8;
        let wide = score(varied, |at| 2.6 * 1.012_f32.powi(at as i32));
        let wall = score(varied, |_| 1.0);
        let sky = score(varied, |_| f32::INFINITY);
        let dark = score(|_| 3, |at| 2.6 * 1.012_f32.powi(at as i32));
        assert!(wide > dark && dark > wall && wide > 0.4, "{wide} {dark} {wall}");
        assert!(wall < 1e-3 && sky < 1e-3, "{wall} {sky}");
    }

    #[test]
    fn a_street_looks_like_a_city_and_a_meadow_like_mountains() {
        // A third each: sky, what stands, what one stands on.
        let view = |stands: Class, ground: Class| -> Vec<u8> {
            (0..COUNT).map(|at| [Class::Sky, stands, ground][at * 3 / COUNT].number()).collect()
        };
        let depth_m: Vec<f32> =
            (0..COUNT).map(|at| [f32::INFINITY, 200.0, 5.0][at * 3 / COUNT]).collect();
        let typical = |kind, stands, ground| super::typical(kind, &view(stands, ground), &depth_m);
        let street = typical(SceneKind::City, Class::Building, Class::Road);
        let park = typical(SceneKind::City, Class::Tree, Class::Plant);
        let meadow = typical(SceneKind::Mountain, Class::Rock, Class::Plant);
        let hut = typical(SceneKind::Mountain, Class::Building, Class::Pavement);
        let yard = typical(SceneKind::Warehouse, Class::Building, Class::Road);
        assert!(street > 0.99 && meadow > 0.99, "{street} {meadow}");
        assert!(park < 0.1 && hut < 0.2 && yard < 0.1, "{park} {hut} {yard}");
    }
}
