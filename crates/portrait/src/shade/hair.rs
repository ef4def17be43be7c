//! Hair: every strand is a clear, coloured fibre. It mirrors on its surface (towards the root), lets
//! light through, and sends light back from inside (towards the tip), after Marschner and others
//! (2003); what strands pass on to one another makes the soft rest.

use super::{Lit, Point, Shaded};
use glam::Vec3;
use std::f32::consts::PI;

/// Width of the mirror's lobe along the strand, radians.
const WIDTH: f32 = 0.16;
/// By how much scales on the strand tilt it, radians.
const TILT: f32 = 0.055;
/// Metres in which light fades among strands.
const FADE: f32 = 0.011;

fn bell(width: f32, x: f32) -> f32 {
    (-0.5 * (x / width).powi(2)).exp() / (width * (2.0 * PI).sqrt())
}

/// Fresnel's reflectance of a hair (index 1.55), after Schlick.
fn mirrors(cos: f32) -> f32 {
    0.0465 + 0.9535 * (1.0 - cos.clamp(0.0, 1.0)).powi(5)
}

/// What a strand sends to the camera of a lamp whose light it gets.
fn fibre(strand: Vec3, view: Vec3, toward: Vec3, colour: Vec3, behind: f32, shift: f32) -> Vec3 {
    let (sin_l, sin_v) = (strand.dot(toward).clamp(-1.0, 1.0), strand.dot(view).clamp(-1.0, 1.0));
    let sum = sin_l + sin_v;
    let cos_d = (0.5 * (sin_v.asin() - sin_l.asin())).cos().max(0.05);
    let (flat_l, flat_v) = (toward - strand * sin_l, view - strand * sin_v);
    let cos_phi = flat_l.dot(flat_v) / (flat_l.length() * flat_v.length()).max(1e-4);
    let cos_half = (0.5 + 0.5 * cos_phi).clamp(0.0, 1.0).sqrt();
    let power = |c: Vec3, p: f32| c.max(Vec3::splat(1e-4)).powf(p);
    let surface = bell(WIDTH, sum + 2.0 * (TILT + shift))
        * 0.19
        * cos_half
        * mirrors((0.5 + 0.5 * view.dot(toward)).clamp(0.0, 1.0).sqrt());
    let through = bell(0.5 * WIDTH, sum - TILT) * behind;
    let entered = (1.0 - mirrors(0.7 * cos_d)).powi(2);
    let through = power(colour, 0.5 / cos_d) * (through * entered * (-3.65 * cos_phi - 3.98).exp());
    let f = mirrors(0.5 * cos_d);
    let inner = bell(2.0 * WIDTH, sum - 4.0 * TILT + shift) * (1.0 - f).powi(2) * f;
    let inner = power(colour, 0.8 / cos_d) * (inner * (17.0 * cos_phi - 16.78).exp().min(1.5));
    (Vec3::splat(surface) + through + 2.2 * inner) * PI
}

pub(super) fn shade(lit: &Lit, point: &Point) -> Shaded {
    let colour = point.base.truncate();
    // Strands run along v.
    let strand = -point.along_v;
    let view = point.view;
    // Neighbouring strands are not quite parallel.
    let uneven = crate::texture::unit(crate::texture::hash(
        (point.uv.x * 512.0) as u32,
        point.surface.mesh.positions.len() as u32,
    )) - 0.5;
    let shift = 0.10 * uneven;
    // What strands pass on comes as if from a surface across them.
    let across = (view - strand * strand.dot(view)).normalize_or(point.smooth);
    let body = point.smooth.lerp(across, 0.35).normalize_or(point.smooth);
    let root = colour.max(Vec3::splat(1e-4)).powf(0.72);
    let mut sum = point.ambient * colour * 1.35;
    for (number, lamp) in lit.studio.lamps.iter().enumerate() {
        let open = match &lit.maps[number] {
            Some(map) => map.through(point.place, 0.004, FADE, point.chance),
            None => point.open,
        };
        if open < 0.003 {
            continue;
        }
        let facing = ((body.dot(lamp.toward) + 0.35) / 1.35).max(0.0);
        let behind = if number >= 2 { 0.8 } else { 0.2 };
        // The deep inside of a head of hair has no gleam.
        let gleam = fibre(strand, view, lamp.toward, colour, behind, shift)
            * crate::texture::smooth(-0.25, 0.25, point.smooth.dot(lamp.toward));
        let passed = root * colour.max_element().sqrt().min(1.0) * (0.62 * facing * open.sqrt());
        sum += lamp.colour * (passed.min(colour * 1.6 + 0.02) + gleam * (0.9 * open));
    }
    Shaded { colour: sum, ..Shaded::default() }
}
