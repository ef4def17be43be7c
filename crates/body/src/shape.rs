//! From a spec to the shape of a naked body in MakeHuman's pose.

use crate::{AvatarSpec, Pack, SpecError};
use glam::Vec3;

const AGES: [(&str, f32); 4] = [("baby", 1.0), ("child", 10.0), ("young", 25.0), ("old", 90.0)];
const BUILD: [(&str, f32); 3] = [("min", 0.0), ("average", 0.5), ("max", 1.0)];

/// The base mesh looks stern; people at ease do not, and their eyes are open.
const AT_EASE: &[(&str, f32)] = &[
    ("slider/mouth_angles_up+", 0.35),
    ("slider/eye_height1+", 0.25),
    ("slider/eye_height2+", 0.35),
    ("slider/eye_height3+", 0.25),
];

/// Shares of the anchors on both sides of a value.
fn between<const N: usize>(anchors: [(&str, f32); N], value: f32) -> Vec<(&str, f32)> {
    let mut shares: Vec<(&str, f32)> = Vec::with_capacity(2);
    for pair in anchors.windows(2) {
        let [(low, from), (high, to)] = [pair[0], pair[1]];
        if value >= from && value <= to {
            let part = (value - from) / (to - from);
            shares.extend([(low, 1.0 - part), (high, part)]);
            break;
        }
    }
    shares.retain(|(_, share)| *share > 0.0);
    shares
}

/// From bottom to top, metres.
fn height(pack: &Pack, positions: &[Vec3]) -> f32 {
    let skin = positions[..pack.topology.skin_vertices].iter();
    let (low, high) =
        skin.fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(p.y), high.max(p.y)));
    high - low
}

/// Positions of all vertices of the pack in metres. The height is only about right.
pub(crate) fn shaped(pack: &Pack, spec: &AvatarSpec) -> Result<Vec<Vec3>, SpecError> {
    let mut positions = pack.vertices.clone();
    let add = |positions: &mut [Vec3], name: &str, weight: f32| {
        if let Some(target) = pack.target(name).filter(|_| weight != 0.0) {
            target.add_to(positions, weight);
        }
    };
    let a = spec.ancestry;
    let whole = a.african + a.asian + a.european;
    let sexes = [("female", 1.0 - spec.sex), ("male", spec.sex)];
    let sexes = || sexes.into_iter().filter(|(_, share)| *share > 0.0);
    let ages = between(AGES, spec.age);
    let (muscles, weights) = (between(BUILD, spec.muscle), between(BUILD, spec.weight));
    let proportions = 2.0 * spec.proportions - 1.0;
    let bust = 2.0 * spec.bust - 1.0;
    for (sex, sex_share) in sexes() {
        for (age, age_share) in &ages {
            let share = sex_share * age_share;
            for (people, part) in
                [("african", a.african), ("asian", a.asian), ("caucasian", a.european)]
            {
                let name = format!("macro/{people}-{sex}-{age}");
                add(&mut positions, &name, share * part / whole);
            }
            for (muscle, part) in &muscles {
                for (weight, other) in &weights {
                    let name = format!("macro/universal-{sex}-{age}-{muscle}muscle-{weight}weight");
                    add(&mut positions, &name, share * part * other);
                }
            }
            let average = format!("macro/{sex}-{age}-averagemuscle-averageweight");
            let kind = if proportions < 0.0 { "uncommon" } else { "ideal" };
            let name = format!("{average}-{kind}proportions");
            add(&mut positions, &name, share * proportions.abs());
            let kind = if bust < 0.0 { "min" } else { "max" };
            let name = format!("{average}-{kind}cup-averagefirmness");
            add(&mut positions, &name, share * bust.abs());
        }
    }
    for (name, weight) in AT_EASE {
        add(&mut positions, name, *weight);
    }
    for (name, value) in &spec.face {
        if pack.target(&format!("slider/{name}+")).is_none() {
            let nearest = pack.sliders().min_by_key(|known| distance(known, name));
            return Err(SpecError::Slider {
                name: name.clone(),
                nearest: nearest.map(str::to_owned),
            });
        }
        let sign = if *value < 0.0 { '-' } else { '+' };
        add(&mut positions, &format!("slider/{name}{sign}"), value.abs());
    }
    close_lips(pack, &mut positions);
    // Tall and short people are not enlargements of one another: as far as the targets for height
    // reach, they do it; a scale does the rest.
    let now = height(pack, &positions);
    let kind = if spec.height_m < now { "min" } else { "max" };
    let mut other = positions.clone();
    for (sex, sex_share) in sexes() {
        for (age, age_share) in &ages {
            let name = format!("macro/{sex}-{age}-averagemuscle-averageweight-{kind}height");
            add(&mut other, &name, sex_share * age_share);
        }
    }
    let reach = height(pack, &other) - now;
    if reach.abs() > 1e-3 {
        let part = ((spec.height_m - now) / reach).clamp(0.0, 1.0);
        for (position, other) in positions.iter_mut().zip(other) {
            *position += part * (other - *position);
        }
    }
    Ok(positions)
}

/// Lips that targets and sliders pulled apart meet again.
fn close_lips(pack: &Pack, positions: &mut [Vec3]) {
    let pairs = &pack.topology.lips;
    let apart: f32 = pairs
        .iter()
        .map(|pair| {
            let gap = |of: &[Vec3]| of[usize::from(pair[1])].y - of[usize::from(pair[0])].y;
            gap(positions) - gap(&pack.vertices)
        })
        .sum::<f32>()
        / pairs.len().max(1) as f32;
    let gap = apart.clamp(0.0, 0.006) + 0.0009;
    for (position, base) in positions.iter_mut().zip(&pack.vertices) {
        let (x, y) = (base.x / 0.026, (base.y - 0.6608) / 0.008);
        if x.abs() > 2.0 || y.abs() > 2.5 || base.z < 0.12 {
            continue;
        }
        let near = (-x.powi(4) - y * y).exp();
        // Only the lips: teeth and tongue lie behind them.
        let front = crate::texture::smooth(0.128, 0.14, base.z + 20.0 * base.x * base.x);
        position.y += gap * near * front * if base.y < 0.6611 { 0.62 } else { -0.38 };
    }
}

/// How many letters two names differ by (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let best = (row[j] + 1).min(row[j + 1] + 1).min(corner + usize::from(x != y));
            corner = row[j + 1];
            row[j + 1] = best;
        }
    }
    row[b.len()]
}
