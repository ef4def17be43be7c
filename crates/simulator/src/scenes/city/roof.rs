//! Roofs with what stands on them.

use glam::{Quat, Vec3};

use super::building::{Detail, House, Lot, Roof};
use super::palette::Palette;
use super::plan::Style;
use super::site::Site;
use crate::random::Rng;
use crate::rays::facade::{Bars, Openings};
use crate::rays::geometry::MaterialId;
use crate::rays::shape::Shape;

pub(super) fn build(house: &House, site: &mut Site, p: &Palette, rng: &mut Rng, detail: Detail) {
    let Lot { width: w, depth, open, .. } = house.lot;
    let (h, skin) = (house.height, house.roof_skin);
    let side = |i: usize, inset: f32| if open[i] { inset } else { 0.0 };
    match house.roof {
        Roof::Ridge => {
            let half = Vec3::new(w * 0.5, house.pitch * 0.5, depth * 0.5 + 0.3);
            let centre = Vec3::new(w * 0.5, h + half.y, -depth * 0.5);
            site.add(Shape::Gable, centre, Quat::IDENTITY, half, skin);
            if detail != Detail::Far {
                site.block(Vec3::new(0.0, h - 0.04, 0.18), Vec3::new(w, h + 0.07, 0.38), p.zinc);
            }
        }
        Roof::Gable => {
            let turn = Quat::from_rotation_y(std::f32::consts::FRAC_PI_2);
            let rise = house.pitch.max(w * 0.42);
            let half = Vec3::new(depth * 0.5 - 0.02, rise * 0.5, w * 0.5 + 0.2);
            let centre = Vec3::new(w * 0.5, h + half.y, -depth * 0.5 - 0.02);
            site.add(Shape::Gable, centre, turn, half, skin);
            let corners = [
                Vec3::new(0.0, h, 0.0),
                Vec3::new(w, h, 0.0),
                Vec3::new(w * 0.5, h + rise * w / (w + 0.4), 0.0),
            ]
            .map(|c| site.at(c));
            let normal = site.turn * Vec3::Z;
            site.group.triangle(corners, [normal; 3], house.wall.wall);
            if detail != Detail::Far {
                let y = h + rise * 0.25;
                let hole = Openings {
                    columns: 1,
                    rows: 1,
                    half_width: 100,
                    low: 20,
                    high: 235,
                    bars: Bars::Casement,
                };
                site.front(
                    Vec3::new(w * 0.5 - 0.5, y, 0.06),
                    Vec3::new(w * 0.5 + 0.5, y + 1.2, 0.06),
                    hole,
                    house.wall.wall,
                );
            }
        }
        Roof::Mansard => {
            let inset = [side(0, 0.9), side(1, 0.9), 0.9, 0.95];
            let (min, max) = (Vec3::new(0.0, h, -depth), Vec3::new(w, h + 2.5, -0.05));
            site.hip(min, max, inset, skin, p.zinc);
            if detail != Detail::Far {
                dormers(house, site, p, skin);
            }
        }
        Roof::Flat => {
            let rim = house.wall.wall;
            let top = h + 0.7;
            site.block(Vec3::new(0.0, h, -0.3), Vec3::new(w, top, 0.0), rim);
            site.block(Vec3::new(0.0, h, -depth), Vec3::new(w, top, 0.3 - depth), rim);
            site.block(Vec3::new(0.0, h, -depth), Vec3::new(0.25, top, 0.0), rim);
            site.block(Vec3::new(w - 0.25, h, -depth), Vec3::new(w, top, 0.0), rim);
            site.block(
                Vec3::new(-0.02, top, -0.34),
                Vec3::new(w + 0.02, top + 0.07, 0.06),
                house.wall.trim,
            );
            for _ in 0..1 + rng.below(3) {
                let size = Vec3::new(rng.range(1.0, 3.4), rng.range(0.8, 2.6), rng.range(1.0, 2.6));
                let at = Vec3::new(rng.range(0.15, 0.6) * w, h, -depth * rng.range(0.45, 0.7));
                site.block(at, at + size, p.zinc);
            }
        }
    }
    let chimneys = if house.style == Style::Modern { 0 } else { 1 + rng.below(2) };
    for i in 0..chimneys {
        let x = if i == 0 { 0.5 } else { w - 0.5 };
        let y = match house.roof {
            Roof::Mansard => h + 2.1,
            Roof::Flat => h,
            _ => h + house.pitch * 0.55,
        };
        let z = -depth * rng.range(0.35, 0.6);
        site.place(p.chimney, Vec3::new(x, y, z), 0.0, Vec3::ONE);
    }
    if detail != Detail::Far && rng.chance(0.6) {
        let y = h + if house.roof == Roof::Flat { 0.0 } else { house.pitch * 0.7 };
        let at = Vec3::new(w * rng.range(0.3, 0.7), y, -depth * 0.42);
        site.place(p.aerial, at, rng.range(0.0, 3.0), Vec3::ONE);
    }
}

fn dormers(house: &House, site: &mut Site, p: &Palette, skin: MaterialId) {
    let hole =
        Openings { columns: 1, rows: 1, half_width: 96, low: 24, high: 225, bars: Bars::Casement };
    for c in (0..u32::from(house.windows.columns)).step_by(2) {
        let x = (c as f32 + 0.5) * house.bay;
        let y = house.height + 0.35;
        site.front(
            Vec3::new(x - 0.65, y, -0.1),
            Vec3::new(x + 0.65, y + 1.55, -0.1),
            hole,
            house.wall.wall,
        );
        site.block(Vec3::new(x - 0.65, y, -1.2), Vec3::new(x + 0.65, y + 1.55, -0.4), skin);
        site.add(
            Shape::Gable,
            Vec3::new(x, y + 1.8, -0.58),
            Quat::from_rotation_y(std::f32::consts::FRAC_PI_2),
            Vec3::new(0.62, 0.27, 0.78),
            p.zinc,
        );
    }
}
