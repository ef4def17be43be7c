//! Skin: light enters it, scatters and leaves elsewhere; its oil gleams twice, broadly and narrowly.

use super::{Lit, Point, Shaded, bounced, gleam, gloss, head_on};
use crate::studio::KEY;
use glam::Vec3;

/// How far red, green and blue light get through flesh, metres.
const REACH: Vec3 = Vec3::new(0.0036, 0.0014, 0.0008);

pub(super) fn shade(lit: &Lit, point: &Point) -> Shaded {
    let material = point.surface.material;
    let soft = point.map.w;
    let roughness = (material.roughness * point.map.y).clamp(0.08, 1.0);
    let f0 = head_on(material.reflectance);
    let hollow = point.map.x;
    let albedo = point.base.truncate();
    let mut entering = bounced(point.ambient, point.open, albedo) * (0.35 + 0.65 * hollow);
    let mut colour = gloss(lit, point, roughness, f0);
    for (number, lamp) in lit.studio.lamps.iter().enumerate() {
        let seen = lit.seen(number, point);
        let lambert = point.normal.dot(lamp.toward);
        let smooth = point.smooth.dot(lamp.toward);
        // Red light has come round the edge of the shadow a little; pores hardly show in it.
        let around = Vec3::new(0.16, 0.05, 0.02) * soft;
        let mixed = Vec3::new(smooth, 0.5 * (smooth + lambert), lambert);
        let wrapped = ((mixed + around) / (1.0 + around)).max(Vec3::ZERO);
        entering += lamp.colour * wrapped * seen * (0.5 + 0.5 * hollow);
        if let Some(map) = lit.maps[number].as_ref().filter(|_| smooth < 0.3 && soft > 0.2) {
            let deep = map.thickness(point.place, point.smooth);
            let through = Vec3::new(
                (-deep / REACH.x).exp(),
                (-deep / REACH.y).exp(),
                (-deep / REACH.z).exp(),
            );
            entering += lamp.colour * through * (0.55 * soft * (0.3 - smooth).clamp(0.0, 1.0));
        }
        if seen > 0.0 {
            let lobe = |r: f32| gleam(point, point.normal, lamp.toward, r, f0);
            // A lamp that is large blurs its own gleam.
            let large = 0.35 * lamp.spread;
            let narrow = lobe((0.62 * roughness + large).min(1.0));
            let broad = lobe((1.15 * roughness + large).min(1.0));
            let rim = if number == KEY { 1.0 } else { 0.8 };
            colour += lamp.colour * ((0.30 * narrow + 0.70 * broad) * seen * rim * hollow);
        }
    }
    // Fine hair catches light at the edges.
    let edge = (1.0 - point.smooth.dot(point.view).clamp(0.0, 1.0)).powi(4);
    colour += entering * (0.045 * edge * soft);
    Shaded { colour, entering, albedo, skin: 1.0, ..Shaded::default() }
}
