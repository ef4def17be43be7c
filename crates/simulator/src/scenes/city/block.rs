//! A block as a chunk: its ground and streets, its houses, and what stands on its pavements.

use std::f32::consts::{FRAC_PI_2, PI};
use std::sync::Arc;

use glam::{Quat, Vec2, Vec3};

use super::building::{Detail, Fittings, House, Lot};
use super::furniture::{LAMP_AT, LANTERN_AT};
use super::palette::{Palette, any_turn};
use super::park;
use super::plan::{
    Along, KERB_M, Plan, Profile, Rect, STOP_M, Segment, Style, Use, ZEBRA_FROM_M, ZEBRA_WIDE_M,
};
use super::site::Site;
use super::trees::StreetTree;
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::{Chunk, Lamp};

/// A block that is built.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub detail: Detail,
    pub chunk: Arc<Chunk>,
    /// Where one stands before its doors; empty far away.
    pub doors: Arc<[Vec3]>,
}

/// What building needs to know.
pub(super) struct Works<'a> {
    pub plan: &'a Plan,
    pub palette: &'a Palette,
    pub i: i32,
    pub j: i32,
    pub detail: Detail,
    pub group: Group,
    pub fittings: Fittings,
    next_instance: u32,
}

/// One of a block's four sides; its street lies towards +Z of the side's own frame.
pub(super) struct Side {
    pub origin: Vec3,
    pub turn: Quat,
    pub length: f32,
    pub segment: Segment,
    pub profile: &'static Profile,
    /// Middle of the street between its junctions, along this side.
    pub middle: f32,
}

impl<'a> Works<'a> {
    pub fn new(plan: &'a Plan, palette: &'a Palette, i: i32, j: i32, detail: Detail) -> Self {
        let group = Group::of(Class::Building);
        Self { plan, palette, i, j, detail, group, fittings: Fittings::default(), next_instance: 0 }
    }

    /// A number for the next object, alone within about 2000 blocks.
    pub fn instance(&mut self) -> u32 {
        self.next_instance = (self.next_instance + 1).min(255);
        ((self.i as u32 & 0x7ff) << 11 | (self.j as u32 & 0x7ff)) << 8 | self.next_instance
    }

    /// A tree as it is shown at this block's distance.
    pub fn tree(&self, tree: StreetTree) -> u32 {
        if self.detail == Detail::Near { tree.near } else { tree.far }
    }

    pub fn rng(&self, purpose: u32) -> Rng {
        self.plan.rng(self.i, self.j, purpose)
    }

    /// The four sides of a rectangle: south, east, north, west.
    pub fn sides(&self, rect: &Rect) -> [Side; 4] {
        let (i, j) = (self.i, self.j);
        let corner = |x: f32, z: f32| Vec3::new(x, KERB_M, z);
        let (min, max, size) = (rect.min, rect.max, rect.size());
        let segment = |along, i, j| Segment { along, i, j };
        [
            (corner(min.x, max.y), 0.0, size.x, segment(Along::X, i, j + 1)),
            (corner(max.x, max.y), FRAC_PI_2, size.y, segment(Along::Z, i + 1, j)),
            (corner(max.x, min.y), PI, size.x, segment(Along::X, i, j)),
            (corner(min.x, min.y), -FRAC_PI_2, size.y, segment(Along::Z, i, j)),
        ]
        .map(|(origin, yaw, length, segment)| {
            let turn = Quat::from_rotation_y(yaw);
            let (from, to) = self.plan.span(segment);
            let (across, along) = (self.plan.centre(segment), 0.5 * (from + to));
            let world = match segment.along {
                Along::X => Vec3::new(along, 0.0, across),
                Along::Z => Vec3::new(across, 0.0, along),
            };
            let middle = (turn.conjugate() * (world - origin)).x;
            Side { origin, turn, length, segment, profile: self.plan.profile_of(segment), middle }
        })
    }

    pub fn build(mut self, groups: &[Group]) -> Block {
        self.ground();
        match self.plan.land_use(self.i, self.j) {
            Use::Houses => self.houses(),
            Use::Park => park::park(&mut self),
            Use::Square => park::square(&mut self),
        }
        if self.detail != Detail::Far {
            self.pavements();
            self.signals();
        }
        self.group.finish(groups);
        let Fittings { lamps, doors } = self.fittings;
        let chunk = Arc::new(Chunk { group: self.group, lamps });
        Block { detail: self.detail, chunk, doors: doors.into() }
    }

    fn ground(&mut self) {
        let (i, j, p) = (self.i, self.j, self.palette);
        let flat = |g: &mut Group, rect: &Rect, top: f32, material: MaterialId| {
            let (c, s) = (rect.centre(), rect.size());
            let centre = Vec3::new(c.x, top - 0.25, c.y);
            g.cuboid(centre, Vec3::new(s.x, 0.5, s.y), material);
        };
        let near = self.detail == Detail::Near;
        self.group.label(Class::Road, 0);
        flat(&mut self.group, &self.plan.junction(i, j), 0.0, p.asphalt);
        for along in [Along::Z, Along::X] {
            let segment = Segment { along, i, j };
            let (from, to) = self.plan.span(segment);
            let profile = self.plan.profile_of(segment);
            let centre = self.plan.centre(segment);
            let turn = match along {
                Along::Z => Quat::IDENTITY,
                Along::X => Quat::from_rotation_y(FRAC_PI_2),
            };
            let at = |across: f32, y: f32, way: f32| match along {
                Along::Z => Vec3::new(centre + across, y, way),
                Along::X => Vec3::new(way, y, centre + across),
            };
            let zebra = ZEBRA_FROM_M + ZEBRA_WIDE_M;
            let kind = if profile.median > 0.0 { 2 } else { usize::from(profile.parking) };
            let mut slab = |class, low: f32, high: f32, material, top: f32| {
                self.group.label(class, 0);
                let half = Vec3::new(profile.half, 0.25, 0.5 * (high - low));
                let middle = at(0.0, top - 0.25, 0.5 * (low + high));
                self.group.add(Shape::Cuboid, middle, turn, half, material);
            };
            slab(Class::Road, from, from + ZEBRA_FROM_M, p.asphalt, 0.0);
            slab(Class::Crossing, from + ZEBRA_FROM_M, from + zebra, p.zebra, 0.0);
            slab(Class::Road, from + zebra, to - zebra, p.streets[kind], 0.0);
            slab(Class::Crossing, to - zebra, to - ZEBRA_FROM_M, p.zebra, 0.0);
            slab(Class::Road, to - ZEBRA_FROM_M, to, p.asphalt, 0.0);
            if near {
                // Lines to stop at, on the right-hand lane of each direction.
                self.group.label(Class::Road, 0);
                let right = match along {
                    Along::Z => -1.0,
                    Along::X => 1.0,
                };
                let inner = profile.median.max(0.1);
                let outer = profile.lane + 1.5;
                for (side, way) in [(right, to - STOP_M + 0.4), (-right, from + STOP_M - 0.4)] {
                    let half = Vec3::new(0.5 * (outer - inner), 0.004, 0.18);
                    let middle = at(side * 0.5 * (inner + outer), 0.0, way);
                    self.group.add(Shape::Cuboid, middle, turn, half, p.paint);
                }
            }
            if profile.median > 0.0 {
                self.median(segment, at, turn, (from + zebra + 2.0, to - zebra - 2.0));
            }
        }
        let block = self.plan.block(i, j);
        self.group.label(Class::Pavement, 0);
        let paving = p.paving[self.plan.style(i, j) as usize];
        flat(&mut self.group, &block, KERB_M - 0.004, p.kerb);
        flat(&mut self.group, &block.shrunk(0.22), KERB_M, paving);
    }

    fn median(
        &mut self,
        segment: Segment,
        at: impl Fn(f32, f32, f32) -> Vec3,
        turn: Quat,
        (from, to): (f32, f32),
    ) {
        let p = self.palette;
        let half = self.plan.profile_of(segment).median;
        let long = Vec3::new(half, 0.2, 0.5 * (to - from));
        let middle = at(0.0, KERB_M - 0.2, 0.5 * (from + to));
        self.group.label(Class::Pavement, 0);
        self.group.add(Shape::Cuboid, middle, turn, long, p.kerb);
        self.group.label(Class::Plant, 0);
        let bed = Vec3::new(half - 0.18, 0.2, long.z - 0.18);
        self.group.add(Shape::Cuboid, middle + Vec3::Y * 0.03, turn, bed, p.lawn);
        if self.detail == Detail::Far {
            return;
        }
        let mut rng = self.rng(0x3ed + segment.along as u32);
        let mut way = from + 4.0;
        while way < to - 3.0 {
            let instance = self.instance();
            self.group.label(Class::Tree, instance);
            let tree = self.tree(rng.pick(&p.trees));
            let scale = Vec3::splat(rng.range(0.7, 1.0));
            self.group.place(tree, at(0.0, KERB_M, way), any_turn(&mut rng), scale);
            way += rng.range(8.5, 12.0);
        }
    }

    /// Houses along the four sides around a court.
    fn houses(&mut self) {
        let p = self.palette;
        let lots = self.plan.lots(self.i, self.j);
        let size = lots.size();
        let depth = (0.42 * size.min_element()).clamp(5.0, 13.0);
        let style = self.plan.style(self.i, self.j);
        let mut rng = self.rng(0xb10c);
        let tall = rng.unit();
        let sides = self.sides(&lots);
        for (index, side) in sides.iter().enumerate() {
            // Two sides take the corners, the other two fill in between.
            let corners = index % 2 == 0;
            let (mut x, end) =
                if corners { (0.0, side.length) } else { (depth, side.length - depth) };
            let mean = match style {
                Style::Brick => 6.6,
                Style::Stone => 15.5,
                Style::Modern => 21.0,
                Style::OldTown => 8.0,
            };
            let count = ((end - x) / mean).round().max(1.0) as usize;
            let shares: Vec<f32> = (0..count).map(|_| rng.range(0.72, 1.3)).collect();
            let total: f32 = shares.iter().sum();
            for (k, share) in shares.iter().enumerate() {
                let width = (side.length - if corners { 0.0 } else { 2.0 * depth }) * share / total;
                let mut own = self.rng(0x40e5 + (index * 64 + k) as u32);
                let lot = Lot {
                    width,
                    depth,
                    open: [corners && k == 0, corners && k + 1 == count],
                    instance: self.instance(),
                };
                // Neighbours of another style stand here and there.
                let kind = match own.unit() {
                    u if u < 0.06 => Style::OldTown,
                    u if u < 0.12 => Style::Stone,
                    _ => style,
                };
                let house = House::decide(p, &mut own, kind, lot, tall);
                let origin = side.origin + side.turn * Vec3::new(x, 0.0, 0.0);
                let mut site = Site { group: &mut self.group, origin, turn: side.turn };
                house.build(&mut site, p, &mut own, self.detail, &mut self.fittings);
                x += width;
            }
        }
        self.group.label(Class::Ground, 0);
        let (c, s) = (lots.centre(), lots.size() - 2.0 * depth + 0.5);
        if s.min_element() > 0.0 {
            self.group.cuboid(Vec3::new(c.x, KERB_M - 0.1, c.y), Vec3::new(s.x, 0.24, s.y), p.lawn);
        }
    }

    /// Lamps, trees, parked cars and small things along the kerbs.
    fn pavements(&mut self) {
        let block = self.plan.block(self.i, self.j);
        let style = self.plan.style(self.i, self.j);
        for (index, side) in self.sides(&block).into_iter().enumerate() {
            let mut rng = self.rng(0x9a7e + index as u32);
            self.parked(&side, &mut rng);
            self.kerbside(&side, style, &mut rng);
        }
    }

    fn parked(&mut self, side: &Side, rng: &mut Rng) {
        if !side.profile.parking {
            return;
        }
        let p = self.palette;
        let full = self.plan.unit(self.i, self.j, side.segment.along as i32, 0x9a3c) * 0.45 + 0.35;
        let slots = (0.5 * side.length / 5.8) as i32 + 2;
        for k in -slots..slots {
            let x = side.middle + (k as f32 + 0.5) * 5.8;
            let (shift, turn) = (rng.range(-0.25, 0.25), rng.normal() * 0.012);
            let (z, there, car) = (rng.range(0.98, 1.14), rng.chance(full), rng.pick(&p.cars));
            // Nobody parks before a crossing.
            if !there || x < 11.0 || x > side.length - 11.0 {
                continue;
            }
            let instance = self.instance();
            self.group.label(Class::Car, instance);
            let at = side.origin + side.turn * Vec3::new(x + shift, -KERB_M, z);
            let turn = side.turn * Quat::from_rotation_y(PI + turn);
            self.group.place(car.parked, at, turn, Vec3::ONE);
        }
    }

    fn kerbside(&mut self, side: &Side, style: Style, rng: &mut Rng) {
        let p = self.palette;
        let near = self.detail == Detail::Near;
        let strip = -0.62;
        let old = matches!(style, Style::OldTown | Style::Stone);
        let at = |x: f32, z: f32| side.origin + side.turn * Vec3::new(x, 0.0, z);
        let treed = side.profile.pavement > 3.2
            && self.plan.unit(self.i, self.j, side.segment.along as i32, 0x7ee5) < 0.7;
        let mut x = 8.5 + rng.range(0.0, 3.0);
        let mut place = 0u32;
        while x < side.length - 8.0 {
            let (roll, pick, shift) = (rng.unit(), rng.unit(), rng.range(-0.4, 0.4));
            if place.is_multiple_of(3) {
                let instance = self.instance();
                self.group.label(Class::Lamp, instance);
                let (model, hangs, power) = if old {
                    (p.lantern, LANTERN_AT, Vec3::new(1.0, 0.70, 0.38) * 8.0)
                } else {
                    (p.lamp, LAMP_AT, Vec3::new(1.0, 0.78, 0.5) * 17.0)
                };
                // The arm reaches over the carriageway.
                let turn = side.turn * Quat::from_rotation_y(-FRAC_PI_2);
                let foot = at(x, strip);
                self.group.place(model, foot, turn, Vec3::ONE);
                self.fittings.lamps.push(Lamp {
                    position: foot + turn * (hangs - Vec3::Y * 0.12),
                    power,
                    clear_m: 0.45,
                    night_only: true,
                    radius: 0.12,
                    beam: None,
                });
            } else if treed && place % 3 == 1 {
                let instance = self.instance();
                self.group.label(Class::Tree, instance);
                let kinds = p.trees.len();
                let tree = self.tree(p.trees[(pick * kinds as f32) as usize % kinds]);
                let scale = Vec3::splat(0.82 + 0.25 * roll);
                let foot = at(x + shift, strip - 0.15);
                self.group.place(tree, foot, Quat::from_rotation_y(pick * 40.0), scale);
                self.group.label(Class::Ground, 0);
                self.group.cuboid(foot + Vec3::Y * 0.004, Vec3::new(1.0, 0.01, 1.0), p.soil);
            } else if near {
                let instance = self.instance();
                self.group.label(Class::Furniture, instance);
                let inwards = side.turn * Quat::from_rotation_y(PI);
                let (body, turn, z) = match (roll * 13.0) as u32 {
                    0 | 1 => (p.bin, side.turn, strip),
                    2 | 3 => (p.bench, inwards, strip - 0.1),
                    4 => (p.letter_box, inwards, strip),
                    5 if side.profile.pavement > 4.0 => (p.column, side.turn, strip - 0.4),
                    6 => (p.hydrant, side.turn, strip + 0.1),
                    7 | 8 => (
                        p.bicycles[(pick * 3.0) as usize % p.bicycles.len()],
                        side.turn * Quat::from_rotation_y(0.1 + shift),
                        strip,
                    ),
                    9 | 10 => (p.plant_tub, side.turn, strip),
                    _ => (p.bollard, side.turn, strip + 0.15),
                };
                self.group.place(body, at(x + shift, z), turn, Vec3::ONE);
            }
            place += 1;
            x += 4.4 + 1.6 * roll;
        }
        if near {
            self.corners(side);
        }
    }

    /// Bollards and dropped kerbs at the crossings of a side.
    fn corners(&mut self, side: &Side) {
        let p = self.palette;
        let half = 0.5 * self.plan.span(side.segment).1 - 0.5 * self.plan.span(side.segment).0;
        for end in [-1.0f32, 1.0] {
            let zebra = side.middle + end * (half - ZEBRA_FROM_M - 0.5 * ZEBRA_WIDE_M);
            if zebra < 0.8 || zebra > side.length - 0.8 {
                continue;
            }
            let at = |x: f32, y: f32, z: f32| side.origin + side.turn * Vec3::new(x, y, z);
            self.group.label(Class::Pavement, 0);
            let tactile = Vec3::new(0.5 * ZEBRA_WIDE_M, 0.004, 0.3);
            self.group.add(Shape::Cuboid, at(zebra, 0.0, -0.62), side.turn, tactile, p.tactile);
            let x = zebra - end * (0.5 * ZEBRA_WIDE_M + 0.5);
            let instance = self.instance();
            self.group.label(Class::Furniture, instance);
            self.group.place(p.bollard, at(x, 0.0, -0.4), side.turn, Vec3::ONE);
        }
    }

    /// The four posts of the junction at this block's lower corner.
    fn signals(&mut self) {
        for (foot, turn) in signal_posts(self.plan, self.i, self.j) {
            let instance = self.instance();
            self.group.label(Class::Sign, instance);
            self.group.place(self.palette.post, foot, turn, Vec3::ONE);
        }
    }
}

/// Foot and direction of a junction's signals: for traffic that comes towards +Z, -Z, +X, -X.
pub(super) fn signal_posts(plan: &Plan, i: i32, j: i32) -> [(Vec3, Quat); 4] {
    let post = |segment: Segment, high: bool| {
        let (from, to) = plan.span(segment);
        let profile = plan.profile_of(segment);
        let centre = plan.centre(segment);
        let way = if high { to - STOP_M + 0.4 } else { from + STOP_M - 0.4 };
        // Beside the right-hand lane, looking at those who come.
        match (segment.along, high) {
            (Along::Z, true) => (Vec2::new(centre - profile.half - 0.35, way), PI),
            (Along::Z, false) => (Vec2::new(centre + profile.half + 0.35, way), 0.0),
            (Along::X, true) => (Vec2::new(way, centre + profile.half + 0.35), -FRAC_PI_2),
            (Along::X, false) => (Vec2::new(way, centre - profile.half - 0.35), FRAC_PI_2),
        }
    };
    [
        post(Segment { along: Along::Z, i, j: j - 1 }, true),
        post(Segment { along: Along::Z, i, j }, false),
        post(Segment { along: Along::X, i: i - 1, j }, true),
        post(Segment { along: Along::X, i, j }, false),
    ]
    .map(|(at, yaw)| (Vec3::new(at.x, KERB_M, at.y), Quat::from_rotation_y(yaw)))
}
