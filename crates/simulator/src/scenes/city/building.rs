//! Houses in four styles. A house is decided first and built afterwards, so that it is the same
//! house at every distance.

use glam::{Quat, Vec3};

use super::palette::{Palette, Wall};
use super::plan::Style;
use super::roof;
use super::shopfront;
use super::site::{REVEAL_M, Site};
use crate::class::Class;
use crate::random::Rng;
use crate::rays::facade::{Bars, Openings};
use crate::rays::geometry::MaterialId;
use crate::rays::shape::Shape;
use crate::scene::Lamp;

/// How much of a block is built, by its distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Detail {
    /// Masses alone.
    Far,
    /// Everything that has a silhouette.
    Middle,
    /// Everything.
    Near,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roof {
    /// Ridge along the street.
    Ridge,
    /// Gable towards the street.
    Gable,
    Mansard,
    Flat,
}

/// Where a house stands in its row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lot {
    pub width: f32,
    pub depth: f32,
    /// The side walls stand at streets too.
    pub open: [bool; 2],
    pub instance: u32,
}

/// What houses give to their block besides walls.
#[derive(Debug, Default)]
pub(super) struct Fittings {
    pub lamps: Vec<Lamp>,
    /// Where one stands before each door, on the pavement.
    pub doors: Vec<Vec3>,
}

/// A house, decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct House {
    pub style: Style,
    pub lot: Lot,
    pub wall: Wall,
    pub ground: f32,
    pub height: f32,
    floor: f32,
    floors: u32,
    pub bay: f32,
    pub windows: Openings,
    pub roof: Roof,
    pub roof_skin: MaterialId,
    pub pitch: f32,
    /// One per this many columns; 0 is none.
    balconies: u32,
    pub shop: Option<u8>,
    pub door: MaterialId,
    pub door_left: bool,
    shutters: Option<MaterialId>,
}

impl House {
    pub fn decide(p: &Palette, rng: &mut Rng, style: Style, lot: Lot, tall: f32) -> Self {
        let share = |v: f32| (v * 255.0) as u8;
        let (floors, floor, bay) = match style {
            Style::Brick => (2 + rng.below(3) as u32, rng.range(2.9, 3.2), rng.range(2.0, 2.6)),
            Style::Stone => (4 + rng.below(3) as u32, rng.range(3.2, 3.7), rng.range(2.1, 2.7)),
            Style::Modern => {
                let top = if tall > 0.8 { 16.0 } else { 8.0 };
                (4 + rng.range(0.0, top) as u32, rng.range(3.0, 3.5), rng.range(1.4, 3.2))
            }
            Style::OldTown => (1 + rng.below(3) as u32, rng.range(2.7, 3.1), rng.range(2.0, 2.7)),
        };
        let wide = match style {
            Style::Brick => rng.range(0.21, 0.26),
            Style::Stone => rng.range(0.2, 0.25),
            Style::Modern => rng.range(0.32, 0.455),
            Style::OldTown => rng.range(0.19, 0.23),
        };
        let (low, high) = match style {
            Style::Stone => (0.12, 0.82),
            Style::Modern => (rng.range(0.06, 0.3), rng.range(0.84, 0.95)),
            _ => (0.27, 0.8),
        };
        let bars = match style {
            Style::Brick => rng.pick(&[Bars::Sash, Bars::Sash, Bars::Grid]),
            Style::Stone => Bars::Casement,
            Style::Modern => Bars::Single,
            Style::OldTown => rng.pick(&[Bars::Casement, Bars::Grid]),
        };
        let columns = (lot.width / bay).round().clamp(1.0, 30.0);
        let ground = match style {
            Style::Stone => rng.range(3.9, 4.4),
            Style::Modern => rng.range(3.8, 4.6),
            _ => rng.range(3.1, 3.6),
        };
        let shop = match style {
            Style::Brick => rng.chance(0.45),
            Style::Stone => rng.chance(0.65),
            Style::Modern => rng.chance(0.55),
            Style::OldTown => rng.chance(0.6),
        };
        let word = rng.below(p.signs.len()) as u8;
        let roof = match style {
            Style::Brick => rng.pick(&[Roof::Ridge, Roof::Ridge, Roof::Flat]),
            Style::Stone => Roof::Mansard,
            Style::Modern => Roof::Flat,
            Style::OldTown => rng.pick(&[Roof::Ridge, Roof::Ridge, Roof::Gable]),
        };
        let balconies = match style {
            Style::Stone if rng.chance(0.75) => 1 + rng.below(2) as u32,
            Style::Modern if bay > 2.2 && rng.chance(0.5) => 1 + rng.below(2) as u32,
            Style::OldTown if rng.chance(0.2) => 2,
            _ => 0,
        };
        let door = rng.pick(&p.doors);
        Self {
            style,
            lot,
            wall: rng.pick(&p.walls[style as usize]),
            ground,
            height: ground + floors as f32 * floor,
            floor,
            floors,
            bay: lot.width / columns,
            windows: Openings {
                columns: columns as u8,
                rows: floors as u8,
                half_width: share(wide),
                low: share(low),
                high: share(high),
                bars,
            },
            roof,
            roof_skin: rng.pick(&p.roofs[style as usize]),
            pitch: match style {
                Style::OldTown => rng.range(2.6, 4.2),
                _ => rng.range(2.0, 2.8),
            },
            balconies,
            shop: shop.then_some(word),
            door,
            door_left: rng.chance(0.5),
            shutters: (style == Style::OldTown && rng.chance(0.55))
                .then(|| p.doors[rng.below(p.doors.len())] + 1),
        }
    }

    /// Builds it; its front is the plane z = 0 from x = 0.
    pub fn build(
        &self,
        site: &mut Site,
        p: &Palette,
        rng: &mut Rng,
        detail: Detail,
        fittings: &mut Fittings,
    ) {
        let Lot { width: w, depth, open, instance } = self.lot;
        site.group.label(Class::Building, instance);
        let (g, h) = (self.ground, self.height);
        let inner = |side: usize| if open[side] { REVEAL_M } else { 0.0 };
        let (x0, x1) = (inner(0), w - inner(1));
        site.block(Vec3::new(x0, g, -depth), Vec3::new(x1, h, -REVEAL_M), self.wall.wall);
        site.front(Vec3::new(0.0, g, 0.0), Vec3::new(w, h, 0.0), self.windows, self.wall.wall);
        let columns = ((depth - REVEAL_M) / self.bay).round().clamp(1.0, 30.0);
        let sides = Openings { columns: columns as u8, ..self.windows };
        let street = Openings { rows: 1, low: 80, high: 210, ..sides };
        for (side, x) in [0.0, w].into_iter().enumerate() {
            if open[side] {
                let (wall, along) = (self.wall.wall, (-depth, -REVEAL_M));
                site.side(x, side == 1, along, (g, h), sides, wall);
                site.side(x, side == 1, along, (0.0, g), street, wall);
            }
        }
        roof::build(self, site, p, rng, detail);
        if detail == Detail::Far {
            let shown = Openings {
                columns: 3,
                rows: 1,
                half_width: 115,
                low: 30,
                high: 200,
                bars: Bars::Shop,
            };
            let material = p.shops[usize::from(self.shop.unwrap_or(0)) % p.shops.len()];
            if self.shop.is_some() {
                site.front(Vec3::ZERO, Vec3::new(w, g, 0.0), shown, material);
            } else {
                let below = Openings { rows: 1, ..self.windows };
                site.front(Vec3::ZERO, Vec3::new(w, g, 0.0), below, self.wall.wall);
            }
            site.block(Vec3::new(x0, 0.0, -depth), Vec3::new(x1, g, -REVEAL_M), self.wall.wall);
            return;
        }
        shopfront::ground_floor(self, site, p, rng, detail, fittings);
        site.group.label(Class::Building, instance);
        self.ledges(site, p, detail);
        if self.balconies > 0 {
            self.hang_balconies(site, p, detail);
        }
        if detail == Detail::Near {
            self.dress_windows(site, p, rng);
            let pipe = w - 0.14;
            site.rod(Vec3::new(pipe, 0.1, 0.07), Vec3::new(pipe, h - 0.2, 0.07), 0.05, p.zinc);
            for i in 0..(h / 2.8) as i32 {
                let y = 0.9 + 2.8 * i as f32;
                site.block(
                    Vec3::new(pipe - 0.08, y, 0.0),
                    Vec3::new(pipe + 0.08, y + 0.05, 0.1),
                    p.zinc,
                );
            }
        }
    }

    /// What runs along the front: plinth, courses, cornice, quoins.
    fn ledges(&self, site: &mut Site, p: &Palette, detail: Detail) {
        let Lot { width: w, depth, open, .. } = self.lot;
        let (g, h, trim) = (self.ground, self.height, self.wall.trim);
        let mut band = |low: f32, high: f32, out: f32, material: MaterialId| {
            let x0 = if open[0] { -out } else { 0.0 };
            let x1 = if open[1] { w + out } else { w };
            site.block(Vec3::new(x0, low, -0.05), Vec3::new(x1, high, out), material);
            if open[0] {
                site.block(Vec3::new(-out, low, -depth), Vec3::new(0.05, high, 0.0), material);
            }
            if open[1] {
                site.block(
                    Vec3::new(w - 0.05, low, -depth),
                    Vec3::new(w + out, high, 0.0),
                    material,
                );
            }
        };
        match self.style {
            Style::Stone => {
                band(g - 0.16, g + 0.06, 0.2, trim);
                band(h - 0.72, h - 0.52, 0.08, trim);
                band(h - 0.24, h - 0.1, 0.26, trim);
                band(h - 0.1, h + 0.05, 0.42, trim);
                if detail == Detail::Near {
                    for f in 1..self.floors {
                        let y = g + f as f32 * self.floor;
                        band(y - 0.05, y + 0.07, 0.07, trim);
                    }
                }
            }
            Style::Brick => {
                band(g - 0.1, g + 0.05, 0.07, trim);
                band(h - 0.3, h - 0.12, 0.1, trim);
                band(h - 0.12, h + 0.02, 0.2, trim);
            }
            Style::OldTown => {
                band(h - 0.22, h - 0.1, 0.1, trim);
                band(h - 0.1, h, 0.24, trim);
            }
            Style::Modern => {
                for f in 0..=self.floors {
                    let y = g + f as f32 * self.floor;
                    if f % 2 == 0 || self.floors < 7 {
                        band(y - 0.12, y + 0.1, 0.05, self.wall.trim);
                    }
                }
            }
        }
        if self.style == Style::Stone && detail == Detail::Near {
            let mut y = g + 0.2;
            let mut long = true;
            while y + 0.42 < h - 0.75 {
                let reach = if long { 0.52 } else { 0.34 };
                for x in [0.0, w - reach] {
                    site.block(Vec3::new(x, y, -0.02), Vec3::new(x + reach, y + 0.38, 0.05), trim);
                }
                y += 0.44;
                long = !long;
            }
        }
        if self.shop.is_none() {
            site.block(Vec3::new(0.0, 0.0, -0.05), Vec3::new(w, 0.45, 0.06), p.stone);
        }
    }

    fn hang_balconies(&self, site: &mut Site, p: &Palette, detail: Detail) {
        let low = self.ground + f32::from(self.windows.low) / 255.0 * self.floor;
        let wide = (f32::from(self.windows.half_width) / 127.5 * self.bay + 0.5) / 2.0;
        for f in 0..self.floors {
            // The noble floor has them all; higher up they alternate.
            if detail == Detail::Middle && f > 4 {
                break;
            }
            for c in 0..u32::from(self.windows.columns) {
                let every = if f == 0 { 1 } else { self.balconies };
                if (c + f) % every != 0 || (self.style != Style::Modern && f % 2 == 1) {
                    continue;
                }
                let x = (c as f32 + 0.5) * self.bay;
                let y = low + f as f32 * self.floor - 0.02;
                site.place(p.railing, Vec3::new(x, y, 0.0), 0.0, Vec3::new(wide, 1.0, 1.0));
            }
        }
    }

    /// Sills, lintels, shutters and flower boxes.
    fn dress_windows(&self, site: &mut Site, p: &Palette, rng: &mut Rng) {
        if self.style == Style::Modern {
            return;
        }
        let share = |v: u8| f32::from(v) / 255.0;
        let half = share(self.windows.half_width) * self.bay;
        for f in 0..self.floors {
            let y = self.ground + f as f32 * self.floor;
            let (low, high) = (
                y + share(self.windows.low) * self.floor,
                y + share(self.windows.high) * self.floor,
            );
            for c in 0..u32::from(self.windows.columns) {
                let x = (c as f32 + 0.5) * self.bay;
                let trim = self.wall.trim;
                site.block(
                    Vec3::new(x - half - 0.09, low - 0.1, -0.1),
                    Vec3::new(x + half + 0.09, low, 0.1),
                    trim,
                );
                match self.style {
                    Style::Stone => {
                        // A moulded frame; the first floor wears little roofs.
                        for side in [-1.0, 1.0] {
                            let edge = x + side * (half + 0.08);
                            site.block(
                                Vec3::new(edge - 0.08, low, 0.0),
                                Vec3::new(edge + 0.08, high + 0.12, 0.055),
                                trim,
                            );
                        }
                        site.block(
                            Vec3::new(x - half, high, 0.0),
                            Vec3::new(x + half, high + 0.14, 0.06),
                            trim,
                        );
                        if f == 0 {
                            site.block(
                                Vec3::new(x - half - 0.22, high + 0.28, 0.0),
                                Vec3::new(x + half + 0.22, high + 0.38, 0.22),
                                trim,
                            );
                        }
                        site.block(
                            Vec3::new(x - 0.1, high - 0.02, 0.0),
                            Vec3::new(x + 0.1, high + 0.26, 0.11),
                            trim,
                        );
                    }
                    Style::Brick => {
                        site.block(
                            Vec3::new(x - half - 0.12, high, -0.02),
                            Vec3::new(x + half + 0.12, high + 0.22, 0.03),
                            trim,
                        );
                    }
                    _ => {}
                }
                if let Some(shutter) = self.shutters {
                    for side in [-1.0, 1.0] {
                        let edge = x + side * (half * 1.5 + 0.03);
                        site.block(
                            Vec3::new(edge - half * 0.5, low + 0.02, 0.0),
                            Vec3::new(edge + half * 0.5, high, 0.05),
                            shutter,
                        );
                    }
                }
                if self.balconies == 0 && rng.chance(0.14) {
                    let wide = Vec3::new(half * 0.9, 0.0, 0.0);
                    site.block(
                        Vec3::new(x, low, 0.02) - wide,
                        Vec3::new(x, low + 0.17, 0.24) + wide,
                        p.timber,
                    );
                    for i in 0..5 {
                        let at = Vec3::new(x + half * (0.36 * i as f32 - 0.72), low + 0.22, 0.13);
                        let size = Vec3::splat(rng.range(0.08, 0.13));
                        let leaf = if rng.chance(0.5) { p.hedge } else { p.awnings[i % 4] };
                        site.add(Shape::Sphere, at, Quat::IDENTITY, size, leaf);
                    }
                }
            }
        }
    }
}
