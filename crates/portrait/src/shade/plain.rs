//! Cloth, leather, lashes, the mouth, and whatever else there is.

use super::{Lit, Point, Shaded, bounced, gleam, gloss, head_on};
use glam::Vec3;
use reverie_body::Substance;

pub(super) fn shade(lit: &Lit, point: &Point) -> Shaded {
    let material = point.surface.material;
    let base = point.base.truncate();
    let scatter = Vec3::from(material.scatter);
    let mouth = material.substance == Substance::Mouth;
    let cloth = material.substance == Substance::Cloth;
    let roughness = (material.roughness * point.map.y).clamp(0.08, 1.0);
    let metal = point.map.z;
    let f0 = head_on(material.reflectance) * (1.0 - metal) + metal * base.max_element();
    let hollow = point.map.x;
    let mut light = bounced(point.ambient, point.open, base) * hollow;
    if mouth {
        // What comes in through the lips is thrown about by wet walls.
        light += lit.studio.ambient(point.view) * Vec3::new(0.80, 0.69, 0.62);
    }
    let mut shine = gloss(lit, point, roughness, f0);
    for (number, lamp) in lit.studio.lamps.iter().enumerate() {
        let lambert = point.normal.dot(lamp.toward);
        let wrap = 0.5 * scatter;
        let wrapped = ((Vec3::splat(lambert) + wrap) / (1.0 + wrap)).max(Vec3::ZERO);
        if wrapped == Vec3::ZERO {
            continue;
        }
        // Inside the mouth only what comes in straight through the lips counts.
        let seen = lit.seen(number, point) * if mouth { point.open.sqrt() } else { 1.0 };
        light += lamp.colour * wrapped * seen;
        shine +=
            lamp.colour * (gleam(point, point.normal, lamp.toward, roughness, f0) * seen * hollow);
    }
    let mut colour = base * light * (1.0 - metal) + shine;
    if cloth {
        // Fibres that stand off catch light at the edges.
        let edge = (1.0 - point.normal.dot(point.view).clamp(0.0, 1.0)).powi(3);
        colour += (base.max(Vec3::ZERO).powf(0.6) * 0.22 + 0.01) * light * edge;
    }
    Shaded { colour, ..Shaded::default() }
}
