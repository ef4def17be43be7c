//! The ground floor: doors and steps, shop windows with goods, signs, awnings.

use glam::{Quat, Vec3};

use super::building::{Detail, Fittings, House};
use super::palette::Palette;
use super::plan::Style;
use super::site::{REVEAL_M, Site};
use crate::class::Class;
use crate::light::lamps::Beam;
use crate::random::Rng;
use crate::rays::facade::{Bars, Openings};
use crate::rays::shape::Shape;
use crate::scene::Lamp;
use crate::surface::lettering;

/// Depth of the room behind a shop window, metres.
const ROOM_M: f32 = 1.7;

pub(super) fn ground_floor(
    house: &House,
    site: &mut Site,
    p: &Palette,
    rng: &mut Rng,
    detail: Detail,
    fittings: &mut Fittings,
) {
    let (w, g) = (house.lot.width, house.ground);
    let door = 1.5f32.min(w * 0.4);
    let (door_x, from, to) = if house.door_left {
        (0.25, door + 0.35, w - 0.1)
    } else {
        (w - door - 0.25, 0.1, w - door - 0.35)
    };
    let walls = house.wall.wall;
    let inner = |side: usize| if house.lot.open[side] { REVEAL_M } else { 0.0 };
    let back = if house.shop.is_some() && detail == Detail::Near { ROOM_M } else { REVEAL_M };
    let (x0, x1) = (inner(0), w - inner(1));
    site.block(Vec3::new(x0, 0.0, -house.lot.depth), Vec3::new(x1, g, -back), walls);
    match house.shop {
        Some(word) => shop(house, site, p, rng, detail, fittings, word, (from, to)),
        None => {
            let columns = ((to - from) / 2.3).round().clamp(1.0, 20.0) as u8;
            let below = Openings {
                columns,
                rows: 1,
                half_width: 58,
                low: 88,
                high: 205,
                bars: Bars::Casement,
            };
            site.front(Vec3::new(from, 0.0, 0.0), Vec3::new(to, g, 0.0), below, walls);
        }
    }
    // Masonry beside the door and over it.
    let (a, b) = if house.door_left { (0.0, from) } else { (to, w) };
    let head = 2.75f32.min(g - 0.5);
    if back > REVEAL_M {
        site.block(Vec3::new(a, 0.0, -back), Vec3::new(b, g, -REVEAL_M), walls);
        let rest = if house.door_left { (to, w) } else { (0.0, from) };
        site.block(Vec3::new(rest.0, 0.0, -back), Vec3::new(rest.1, g, 0.0), walls);
    } else {
        let rest = if house.door_left { (to, w) } else { (0.0, from) };
        site.block(Vec3::new(rest.0, 0.0, -REVEAL_M), Vec3::new(rest.1, g, 0.0), walls);
    }
    site.block(Vec3::new(a, head, -REVEAL_M), Vec3::new(b, g, 0.0), walls);
    site.block(Vec3::new(a, 0.0, -REVEAL_M), Vec3::new(door_x, head, 0.0), walls);
    site.block(Vec3::new(door_x + door, 0.0, -REVEAL_M), Vec3::new(b, head, 0.0), walls);
    fittings.doors.push(site.at(Vec3::new(door_x + 0.5 * door, 0.0, 1.0)));
    site.group.label(Class::Door, house.lot.instance);
    let leaf =
        Openings { columns: 1, rows: 1, half_width: 108, low: 0, high: 250, bars: Bars::Door };
    site.front(Vec3::new(door_x, 0.0, 0.0), Vec3::new(door_x + door, head, 0.0), leaf, house.door);
    site.group.label(Class::Building, house.lot.instance);
    let sides = [door_x - 0.1, door_x + door - 0.06];
    if house.style != Style::Modern {
        for x in sides {
            site.block(Vec3::new(x, 0.0, 0.0), Vec3::new(x + 0.16, head, 0.09), house.wall.trim);
        }
        let over = Vec3::new(door_x - 0.22, head, 0.0);
        site.block(over, over + Vec3::new(door + 0.44, 0.16, 0.28), house.wall.trim);
    }
    let steps = if house.shop.is_some() { 1 } else { 2 };
    for i in 0..steps {
        let out = 0.3 * (steps - i) as f32;
        site.block(
            Vec3::new(door_x - 0.1, 0.0, 0.0),
            Vec3::new(door_x + door + 0.1, 0.14 * (i + 1) as f32, out),
            p.stone,
        );
    }
    if detail == Detail::Near && house.shop.is_none() {
        if rng.chance(0.5) {
            for x in [door_x - 0.4, door_x + door + 0.4] {
                site.place(p.plant_tub, Vec3::new(x, 0.0, 0.4), rng.range(0.0, 6.0), Vec3::ONE);
            }
        }
        // A lantern over the door and a number beside it.
        site.group.label(Class::Lamp, house.lot.instance);
        let bulb = Vec3::new(door_x + door * 0.5, head + 0.42, 0.22);
        site.add(Shape::Sphere, bulb, Quat::IDENTITY, Vec3::splat(0.1), p.glow);
        site.rod(bulb + Vec3::Y * 0.1, bulb + Vec3::new(0.0, 0.16, -0.22), 0.02, p.iron);
        fittings.lamps.push(Lamp {
            position: site.at(bulb + Vec3::Z * 0.05),
            power: Vec3::new(1.0, 0.72, 0.42) * 0.7,
            clear_m: 0.2,
            night_only: true,
            radius: 0.08,
            beam: None,
        });
    }
}

#[allow(clippy::too_many_arguments)]
fn shop(
    house: &House,
    site: &mut Site,
    p: &Palette,
    rng: &mut Rng,
    detail: Detail,
    fittings: &mut Fittings,
    word: u8,
    (from, to): (f32, f32),
) {
    let g = house.ground;
    let paint = p.shops[usize::from(word) % p.shops.len()];
    let (sill, head) = (0.55, g - 0.85);
    let panes = ((to - from) / 1.9).round().max(1.0);
    let step = (to - from) / panes;
    if detail == Detail::Near {
        // A real room: floor, lit back wall, goods.
        site.block(Vec3::new(from, 0.0, -ROOM_M), Vec3::new(to, sill - 0.05, -0.08), paint);
        let back = p.rooms[usize::from(word) % p.rooms.len()];
        site.block(Vec3::new(from, sill, -ROOM_M), Vec3::new(to, head, -ROOM_M + 0.05), back);
        site.block(Vec3::new(from, head, -ROOM_M), Vec3::new(to, g, -0.02), house.wall.wall);
        for i in 0..=panes as i32 {
            let x = from + step * i as f32;
            site.block(Vec3::new(x - 0.05, sill, -0.2), Vec3::new(x + 0.05, head, 0.02), paint);
        }
        site.block(Vec3::new(from, sill - 0.06, -0.2), Vec3::new(to, sill + 0.06, 0.05), paint);
        site.block(Vec3::new(from, head - 0.42, -0.13), Vec3::new(to, head - 0.36, -0.05), paint);
        let kind = usize::from(word) % p.goods.len();
        let mut x = from + 0.55;
        while x < to - 0.4 {
            let z = -0.62 - rng.range(0.0, 0.3);
            let goods = if rng.chance(0.75) { kind } else { rng.below(p.goods.len()) };
            let at = Vec3::new(x, sill - 0.05, z);
            site.place(p.goods[goods], at, rng.range(-0.2, 0.2), Vec3::ONE);
            x += 1.02 + rng.range(0.0, 0.4);
        }
        // Bulbs in a row under the ceiling.
        let mut x = from + 0.6;
        while x < to - 0.3 {
            let at = Vec3::new(x, head - 0.14, -0.6);
            site.add(Shape::Sphere, at, Quat::IDENTITY, Vec3::new(0.12, 0.05, 0.12), p.glow);
            x += 1.6;
        }
        // The panel below and pilasters at both ends.
        let mut x = from;
        while x < to - 0.3 {
            let end = (x + step).min(to);
            site.block(Vec3::new(x + 0.14, 0.12, -0.08), Vec3::new(end - 0.14, 0.42, -0.05), paint);
            x += step;
        }
    } else {
        let columns = panes as u8;
        let shown = Openings {
            columns,
            rows: 1,
            half_width: 120,
            low: (sill / g * 255.0) as u8,
            high: (head / g * 255.0) as u8,
            bars: Bars::Shop,
        };
        site.front(Vec3::new(from, 0.0, 0.0), Vec3::new(to, g, 0.0), shown, paint);
    }
    for x in [from - 0.12, to - 0.14] {
        site.block(Vec3::new(x, 0.0, -0.05), Vec3::new(x + 0.26, head + 0.05, 0.13), paint);
    }
    // The name over the window.
    site.group.label(Class::Sign, house.lot.instance);
    let sign = p.signs[usize::from(word)];
    let middle = 0.5 * (from + to);
    let wide = (to - from).min(lettering::width_m(word, 0.3) + 1.2).max(1.0);
    site.block(
        Vec3::new(from - 0.1, head + 0.08, -0.02),
        Vec3::new(to + 0.1, g - 0.22, 0.1),
        paint,
    );
    site.block(
        Vec3::new(middle - 0.5 * wide, head + 0.11, 0.0),
        Vec3::new(middle + 0.5 * wide, g - 0.26, 0.14),
        sign,
    );
    site.group.label(Class::Building, house.lot.instance);
    site.block(Vec3::new(from - 0.16, g - 0.24, 0.0), Vec3::new(to + 0.16, g - 0.14, 0.24), paint);
    if rng.chance(0.4) {
        site.group.label(Class::Sign, house.lot.instance);
        let blade = p.blades[usize::from(word)];
        let half = Vec3::new(0.5 * lettering::width_m(word, 0.13) + 0.1, 0.16, 0.03);
        let at = Vec3::new(to, head + 0.55, 0.3 + half.x);
        site.add(
            Shape::Cuboid,
            at,
            Quat::from_rotation_y(std::f32::consts::FRAC_PI_2),
            half,
            blade,
        );
        site.rod(
            at + Vec3::new(0.0, 0.2, -half.x - 0.3),
            at + Vec3::new(0.0, 0.2, half.x),
            0.015,
            p.iron,
        );
    }
    site.group.label(Class::Building, house.lot.instance);
    if rng.chance(0.55) {
        let cloth = rng.pick(&p.awnings);
        let (tilt, out) = (0.42f32, 1.35f32);
        let at =
            Vec3::new(middle, head - 0.02 - 0.5 * out * tilt.sin(), 0.1 + 0.5 * out * tilt.cos());
        let half = Vec3::new(0.5 * (to - from) - 0.05, 0.012, 0.5 * out);
        site.add(Shape::Cuboid, at, Quat::from_rotation_x(tilt), half, cloth);
        let edge = Vec3::new(middle, head - 0.02 - out * tilt.sin(), 0.1 + out * tilt.cos());
        site.block(
            edge - Vec3::new(half.x, 0.2, 0.01),
            edge + Vec3::new(half.x, 0.01, 0.01),
            cloth,
        );
        for x in [from + 0.1, to - 0.1] {
            let reach = Vec3::new(x, edge.y, edge.z - 0.05);
            site.rod(Vec3::new(x, head - 0.75, 0.05), reach, 0.015, p.iron);
        }
    }
    if rng.chance(0.8) {
        fittings.lamps.push(Lamp {
            position: site.at(Vec3::new(middle, head - 0.3, 0.25)),
            power: Vec3::new(1.0, 0.78, 0.5) * 4.5,
            clear_m: 0.35,
            night_only: true,
            radius: 0.3,
            beam: Some(Beam { dir: site.turn * Vec3::new(0.0, -0.5, 0.87), cos_edge: 0.1 }),
        });
    }
}
