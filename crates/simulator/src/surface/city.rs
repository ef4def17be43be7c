//! What the surfaces of a town look like: asphalt with its marks and wear, paving, masonry,
//! windows with what is behind them, lettering.

use glam::{Vec2, Vec3};

use crate::rays::geometry::Hit;
use crate::surface::lettering;
use crate::surface::material::{Material, muted};
use crate::surface::noise::{fbm3, hash, hash_unit, smoothstep, value3};
use crate::surface::pattern::{box_uv, from_edge};

/// The patterns of [`Pattern::City`](crate::surface::pattern::Pattern::City); sizes in metres.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CityPattern {
    /// Asphalt along local Z with the marks of a street; `a` fresh, `b` worn, `c` paint.
    /// `median` is half the strip in the middle, 0 for none.
    Street { half: f32, lane: f32, median: f32, parking: bool },
    /// Asphalt without marks.
    Asphalt,
    /// Asphalt with the bars of a crossing along local Z.
    Zebra,
    /// Flagstones in rows.
    Slabs { size: f32 },
    /// Small stones laid by hand.
    Setts { size: f32 },
    /// Cut stone with open joints.
    Ashlar { width: f32, height: f32 },
    /// Bricks in a wall that has seen weather.
    Bricks,
    /// Plaster with stains; `c` shows where it has come off.
    Stucco,
    /// Large panels with joints.
    Panels { width: f32, height: f32 },
    /// A pane and the room behind: `a` room, `b` curtain; that share is lit at night.
    Window { lit: f32 },
    /// A shop's pane and its goods.
    Display,
    /// Shelves along a wall, with goods.
    Shelves,
    /// A door's leaf.
    Leaf,
    /// A word of strokes in `b` on `a`.
    Text { word: u8, height: f32 },
    /// Slats with gaps.
    Slats { width: f32 },
}

/// What a pattern decides.
pub(crate) struct Look {
    pub albedo: Vec3,
    pub mirror: f32,
    pub gloss: f32,
    pub emission: Vec3,
    pub bump: f32,
}

/// 1 where a repeat of this size is wider than a pixel, 0 where it drowns.
fn sharp(size: f32, footprint: f32) -> f32 {
    1.0 - smoothstep(0.25 * size, 0.9 * size, footprint)
}

/// 1 within `half` of 0.
fn band(distance: f32, half: f32, footprint: f32) -> f32 {
    let soft = 0.5 * footprint + 0.004;
    1.0 - smoothstep(half - soft, half + soft, distance.abs())
}

impl CityPattern {
    pub fn look(self, m: &Material, hit: &Hit, world: Vec3, footprint: f32, night: bool) -> Look {
        let mut look = Look {
            albedo: m.a,
            mirror: m.mirror,
            gloss: m.gloss,
            emission: Vec3::ZERO,
            bump: m.bump,
        };
        let p = hit.local;
        look.albedo = match self {
            Self::Street { half, lane, median, parking } => {
                let ground = asphalt(m, world, footprint, half - p.x.abs(), hit.tint, p);
                let marks = street_marks(p, half, lane, median, parking, footprint);
                // Wheels polish two tracks in every lane; oil drips between them.
                let off = (p.x.abs() - lane).abs();
                let track = smoothstep(0.32, 0.1, (off - 0.72).abs());
                let oil = smoothstep(0.3, 0.0, off) * 0.12;
                painted(m, ground * (1.0 - 0.13 * track - oil), marks, world, footprint)
            }
            Self::Asphalt => asphalt(m, world, footprint, 9.0, hit.tint, p),
            Self::Zebra => {
                let ground = asphalt(m, world, footprint, 9.0, hit.tint, p);
                let bars =
                    band(from_edge(p.x, 1.0) - 0.5, 0.26, footprint) * sharp(1.0, footprint * 0.6);
                let far = 0.5 * (1.0 - sharp(1.0, footprint * 0.6));
                painted(m, ground, bars.max(far), world, footprint)
            }
            Self::Slabs { size } => slabs(m, p, size, footprint, hit.local_normal),
            Self::Setts { size } => setts(m, p, size, footprint),
            Self::Ashlar { width, height } => masonry(m, hit, width, height, 0.012, footprint),
            Self::Bricks => masonry(m, hit, 0.23, 0.078, 0.006, footprint),
            Self::Panels { width, height } => panels(m, hit, width, height, footprint),
            Self::Stucco => stucco(m, hit, footprint),
            Self::Window { lit } => window(m, hit, lit, footprint, night, &mut look),
            Self::Display => display(m, hit, night, &mut look),
            Self::Shelves => shelves(m, hit, footprint, night, &mut look),
            Self::Leaf => leaf(m, p, footprint),
            Self::Text { word, height } => {
                let uv = box_uv(p, hit.local_normal);
                let flip = hit.local_normal.x > 0.5 || hit.local_normal.z < -0.5;
                let x = if flip { -uv.x } else { uv.x };
                let stroke = lettering::coverage(word, Vec2::new(x, uv.y), height, footprint);
                let rim = if hit.local_normal.y.abs() < 0.5 { stroke } else { 0.0 };
                let stain = 0.85 + 0.3 * value3(p * 3.0, m.seed);
                if night {
                    look.emission = m.b * rim * 0.9 + m.a * 0.12;
                }
                (m.a * stain).lerp(m.b, rim)
            }
            Self::Slats { width } => {
                let uv = box_uv(p, hit.local_normal);
                let row = (uv.y / width).floor();
                let gap =
                    band(from_edge(uv.y, width), 0.08 * width, footprint) * sharp(width, footprint);
                let tone = hash_unit(row as i32, 0, 3, m.seed);
                m.a.lerp(m.b, tone * 0.6) * (1.0 - 0.7 * gap)
            }
        };
        look
    }
}

fn painted(m: &Material, ground: Vec3, share: f32, world: Vec3, footprint: f32) -> Vec3 {
    if share <= 0.0 {
        return ground;
    }
    let wear = fbm3(world * 2.3, 3, footprint * 2.3, 77);
    ground.lerp(m.c, share * smoothstep(0.78, 0.42, wear) * 0.9)
}

fn street_marks(p: Vec3, half: f32, lane: f32, median: f32, parking: bool, footprint: f32) -> f32 {
    let x = p.x.abs();
    let mut marks: f32 = 0.0;
    if median > 0.0 {
        marks = marks.max(band(x - median - 0.25, 0.06, footprint));
    } else {
        let dash = smoothstep(0.0, 0.04, from_edge(p.z + 1.5, 6.0) - 1.5);
        marks = marks.max(band(x, 0.06, footprint) * dash);
    }
    if parking {
        let edge = lane + 1.6;
        marks = marks.max(band(x - edge, 0.05, footprint));
        if x > edge && x < half - 0.1 {
            marks = marks.max(band(from_edge(p.z, 5.8), 0.05, footprint));
        }
    }
    marks * sharp(0.5, footprint)
}

/// Asphalt; `kerb` is the distance to the kerb.
fn asphalt(m: &Material, world: Vec3, footprint: f32, kerb: f32, tint: u32, p: Vec3) -> Vec3 {
    let worn = fbm3(world * 0.23, 3, footprint * 0.23, m.seed);
    let grain = fbm3(world * 21.0, 2, footprint * 21.0, m.seed ^ 1);
    let mut colour = m.a.lerp(m.b, smoothstep(0.25, 0.75, worn)) * (0.62 + 0.76 * grain);
    // Trenches were dug and closed with a darker mix.
    let cell = Vec2::new((p.x / 3.1).floor(), (p.z / 7.0).floor());
    let bits = hash(cell.x as i32, cell.y as i32, 9, tint);
    if bits & 7 < 2 {
        let within = Vec2::new(p.x / 3.1, p.z / 7.0) - cell - 0.5;
        let size = Vec2::new(
            0.16 + (bits >> 8 & 15) as f32 * 0.018,
            0.1 + (bits >> 12 & 15) as f32 * 0.024,
        );
        let inside = ((size.x - within.x.abs()) * 3.1).min((size.y - within.y.abs()) * 7.0);
        let patch = smoothstep(-0.5 * footprint, 0.5 * footprint + 0.01, inside);
        let seal = band(inside, 0.025, footprint) * 0.5;
        colour *= (1.0 - 0.3 * patch) * (1.0 - seal);
    } else if bits & 63 < 18 {
        // A lid of cast iron.
        let centre = Vec2::new((bits >> 8 & 63) as f32, (bits >> 14 & 63) as f32) / 63.0 * 0.5;
        let to = (Vec2::new(p.x / 3.1, p.z / 7.0) - cell - 0.25 - centre) * Vec2::new(3.1, 7.0);
        let r = to.length();
        if r < 0.42 {
            let studs = (to.x * 46.0).sin() * (to.y * 46.0).sin() * sharp(0.1, footprint);
            let iron = Vec3::new(0.055, 0.05, 0.047) * (1.0 + 0.6 * studs);
            let rim = band(r - 0.33, 0.025, footprint) * 0.6;
            colour = colour.lerp(iron * (1.0 - rim), band(r, 0.36, footprint));
        }
    }
    if footprint < 0.06 {
        let crack = (fbm3(world * 0.9, 3, footprint, 0xc4ac) - 0.5).abs();
        let where_ = smoothstep(0.5, 0.62, worn);
        colour *= 1.0 - 0.34 * where_ * smoothstep(0.008, 0.002, crack);
    }
    // Dust and leaves gather along the kerb, where a gutter runs.
    if kerb < 1.4 {
        let dust = smoothstep(1.2, 0.1, kerb) * (0.25 + 0.5 * grain);
        colour = colour.lerp(Vec3::new(0.17, 0.15, 0.12), dust * 0.55);
        colour = colour.lerp(
            Vec3::new(0.23, 0.22, 0.205) * (0.7 + 0.6 * grain),
            smoothstep(0.32 + footprint, 0.3, kerb),
        );
    }
    colour
}

fn slabs(m: &Material, p: Vec3, size: f32, footprint: f32, normal: Vec3) -> Vec3 {
    let uv = box_uv(p, normal);
    let row = (uv.y / size).floor();
    let x = uv.x + (row as i32 & 1) as f32 * 0.5 * size * 1.5;
    let column = (x / (size * 1.5)).floor();
    let joint = from_edge(x, size * 1.5).min(from_edge(uv.y, size));
    let s = sharp(size, footprint);
    let gap = (1.0 - smoothstep(0.004, 0.011 + footprint * 0.7, joint)) * s;
    let id = hash(column as i32, row as i32, 1, m.seed);
    let tone = (id & 255) as f32 / 255.0;
    let stain = fbm3(p * 0.9, 3, footprint * 0.9, m.seed ^ 2);
    let grain = fbm3(p * 17.0, 2, footprint * 17.0, m.seed ^ 3);
    // A few slabs were replaced, gum and drops spot the rest.
    let fresh = if id >> 8 & 31 == 0 { 1.14 } else { 1.0 };
    let gum = smoothstep(0.80, 0.84, value3(p * 5.3, m.seed ^ 4)) * sharp(0.2, footprint);
    m.a.lerp(m.b, 0.5 + (tone - 0.5) * 0.8 * s)
        * ((0.74 + 0.34 * stain + 0.26 * (grain - 0.5)) * fresh * (1.0 - 0.32 * gum))
        * (1.0 - 0.55 * gap)
}

fn setts(m: &Material, p: Vec3, size: f32, footprint: f32) -> Vec3 {
    let row = (p.z / size).floor();
    let x = p.x + hash_unit(row as i32, 0, 8, m.seed) * size + 0.03 * (p.z * 0.7).sin();
    let width = size * 1.35;
    let column = (x / width).floor();
    let s = sharp(size, footprint);
    let joint = from_edge(x, width).min(from_edge(p.z, size));
    let gap = (1.0 - smoothstep(0.004, 0.02 + footprint, joint)) * s;
    let tone = hash_unit(column as i32, row as i32, 2, m.seed);
    let stain = fbm3(p * 0.5, 3, footprint * 0.5, m.seed ^ 2);
    m.a.lerp(m.b, 0.5 + (tone - 0.5) * s)
        * (0.7 + 0.5 * stain)
        * (1.0 - 0.65 * gap)
        * (0.9 + 0.25 * smoothstep(0.0, 0.4 * size, joint) * s)
}

/// Rain streaks, soot under ledges and the damp foot of a wall, as one factor.
fn weather_on_wall(p: Vec3, uv: Vec2, footprint: f32, seed: u32) -> f32 {
    let wide = fbm3(p * 0.33, 2, footprint * 0.33, seed ^ 3);
    let streak = value3(Vec3::new(uv.x * 2.7, uv.y * 0.21, 3.0), seed ^ 5);
    0.82 + 0.26 * wide - 0.14 * smoothstep(0.55, 0.95, streak)
}

fn masonry(
    m: &Material,
    hit: &Hit,
    width: f32,
    height: f32,
    joint_half: f32,
    footprint: f32,
) -> Vec3 {
    let p = hit.local;
    let uv = box_uv(p, hit.local_normal);
    let row = (uv.y / height).floor();
    let x = uv.x + (row as i32 & 1) as f32 * width * 0.5;
    let column = (x / width).floor();
    let s = sharp(height, footprint);
    let joint = from_edge(x, width).min(from_edge(uv.y, height));
    let gap = (1.0 - smoothstep(joint_half * 0.6, joint_half + footprint * 0.6, joint)) * s;
    let tone = hash_unit(column as i32, row as i32, 0, m.seed);
    let grain = fbm3(p * 6.0, 2, footprint * 6.0, m.seed ^ 7);
    let face = m.a.lerp(m.b, 0.5 + (tone - 0.5) * s) * (0.84 + 0.32 * grain);
    let seam = m.c.lerp(face, 0.25);
    face.lerp(seam, gap.max(0.14 * (1.0 - s))) * weather_on_wall(p, uv, footprint, m.seed)
}

fn panels(m: &Material, hit: &Hit, width: f32, height: f32, footprint: f32) -> Vec3 {
    let p = hit.local;
    let uv = box_uv(p, hit.local_normal);
    let joint = from_edge(uv.x, width).min(from_edge(uv.y, height));
    let gap = (1.0 - smoothstep(0.008, 0.016 + footprint * 0.6, joint)) * sharp(width, footprint);
    let tone = hash_unit((uv.x / width).floor() as i32, (uv.y / height).floor() as i32, 0, m.seed);
    m.a.lerp(m.b, tone)
        * weather_on_wall(p, uv, footprint, m.seed)
        * (0.94 + 0.12 * fbm3(p * 4.0, 2, footprint * 4.0, m.seed))
        * (1.0 - 0.6 * gap)
}

fn stucco(m: &Material, hit: &Hit, footprint: f32) -> Vec3 {
    let p = hit.local;
    let uv = box_uv(p, hit.local_normal);
    let shift = Vec3::splat((hit.tint & 255) as f32);
    let broad = fbm3((p + shift) * 0.55, 4, footprint * 0.55, m.seed);
    let grain = fbm3(p * 13.0, 2, footprint * 13.0, m.seed ^ 2);
    let colour = m.a.lerp(m.b, smoothstep(0.3, 0.75, broad)) * (0.9 + 0.2 * grain);
    let bare = smoothstep(0.70, 0.725, broad + 0.04 * (grain - 0.5));
    colour.lerp(m.c * (0.8 + 0.4 * grain), bare) * weather_on_wall(p, uv, footprint, m.seed)
}

fn window(m: &Material, hit: &Hit, lit: f32, footprint: f32, night: bool, look: &mut Look) -> Vec3 {
    // Across the window: -1 to 1, half its width in z.
    let (x, y, half) = (hit.local.x, hit.local.y, hit.local.z.max(0.1));
    let bits = hit.tint;
    let share = |shift: u32| (bits >> shift & 63) as f32 / 63.0;
    let soft = 0.03 + footprint / half;
    let (kind, amount) = (bits >> 26 & 7, share(20));
    let mut veil: f32 = 0.0;
    let mut cloth = m.b;
    match kind {
        // Curtains at both sides, in folds.
        0..=2 => {
            let open = 0.45 + 0.4 * amount;
            let folds = 0.8 + 0.2 * (x * 26.0).sin() * sharp(0.1, footprint);
            veil = smoothstep(open - soft, open + soft, x.abs() + 0.05 * (y * 3.0).sin()) * folds;
        }
        // A blind that is partly down.
        3 => {
            veil = smoothstep(-soft, soft, y - (0.7 - 1.3 * amount));
            cloth *= 0.86 + 0.14 * (y * 40.0).sin() * sharp(0.06, footprint);
        }
        // A net in the lower half.
        4 => veil = smoothstep(soft, -soft, y + 0.1 * amount) * 0.72,
        _ => {}
    }
    // Behind it: a lighter ceiling, a darker back wall with something on it.
    let ceiling = smoothstep(0.45, 0.8, y);
    let thing = if (x - share(2) + 0.5).abs() < 0.3 && (y + 0.3).abs() < 0.35 { 0.6 } else { 1.0 };
    let room = m.a * (0.5 + 1.1 * share(8)) * (1.0 + 1.2 * ceiling) * thing;
    look.mirror *= 1.0 - 0.75 * veil;
    if night && share(14) < lit {
        let warm = Vec3::new(1.0, 0.66, 0.33).lerp(Vec3::new(1.0, 0.88, 0.7), share(5));
        let warm = if bits >> 29 == 0 { Vec3::new(0.5, 0.65, 1.0) } else { warm };
        let glow = 0.35 + 0.65 * smoothstep(-1.0, 0.8, y);
        let shade = Vec3::ONE.lerp(cloth * 1.1, veil);
        look.emission = warm * shade * (glow * thing * (0.22 + 0.75 * share(8)));
        look.mirror *= 0.4;
    }
    room.lerp(cloth * (0.75 + 0.25 * y), veil)
}

fn display(m: &Material, hit: &Hit, night: bool, look: &mut Look) -> Vec3 {
    let (x, y) = (hit.local.x, hit.local.y);
    let column = ((x + 1.0) * 6.0).floor();
    let row = ((y + 1.0) * 2.0).floor();
    let bits = hash(column as i32, row as i32, 2, hit.tint);
    let share = |shift: u32| (bits >> shift & 63) as f32 / 63.0;
    let (u, v) = (((x + 1.0) * 6.0).fract(), ((y + 1.0) * 2.0).fract());
    let there = u > 0.12 && u < 0.88 && v < 0.3 + 0.55 * share(0) && v > 0.06;
    let goods = if there && row < 3.0 {
        m.b.lerp(Vec3::new(share(6), share(12), share(18)).powf(1.6), 0.6)
    } else {
        m.a * (0.6 + 0.5 * (y + 1.0))
    };
    if night {
        look.emission = goods * Vec3::new(1.2, 0.95, 0.66);
        look.mirror *= 0.35;
    }
    goods * 0.45
}

fn shelves(m: &Material, hit: &Hit, footprint: f32, night: bool, look: &mut Look) -> Vec3 {
    let uv = box_uv(hit.local, hit.local_normal);
    let rise = 0.46;
    let row = (uv.y / rise).floor();
    let v = uv.y / rise - row;
    // Goods of one kind stand together.
    let kind = hash((uv.x / 0.9).floor() as i32, row as i32, 1, m.seed);
    let width = 0.08 + 0.02 * (kind & 7) as f32;
    let column = (uv.x / width).floor();
    let bits = hash(column as i32, row as i32, 2, m.seed);
    let share = |shift: u32| (bits >> shift & 63) as f32 / 63.0;
    let family =
        Vec3::new((kind >> 8 & 63) as f32, (kind >> 14 & 63) as f32, (kind >> 20 & 63) as f32)
            / 63.0;
    let tone = muted(family.lerp(Vec3::new(share(0), share(6), share(12)), 0.35).powf(1.5), 0.35);
    let u = from_edge(uv.x, width) / width;
    let there = u > 0.06 && v > 0.08 && v < 0.5 + 0.3 * (kind >> 26 & 1) as f32 + 0.1 * share(18);
    let board = v < 0.08;
    let goods = if board {
        m.b
    } else if there && bits & 31 > 2 {
        tone * 0.8 + 0.03
    } else {
        m.a * (0.5 + 0.3 * v)
    };
    let s = sharp(width, footprint);
    let colour = (m.a * 0.3 + muted(family, 0.5).powf(1.5) * 0.3).lerp(goods, s);
    if night {
        look.emission = colour * Vec3::new(1.0, 0.8, 0.55) * 0.8;
    }
    colour
}

fn leaf(m: &Material, p: Vec3, footprint: f32) -> Vec3 {
    // Two panels one above the other, and a knob.
    let (x, y) = (p.x.abs(), p.y);
    let panel = |low: f32, high: f32| (0.62 - x).min(y - low).min(high - y);
    let edge = panel(-0.85, -0.2).max(panel(-0.1, 0.5));
    let groove = smoothstep(0.07 + footprint, 0.03, edge.abs());
    let knob = ((p.x - 0.78).powi(2) + (y + 0.12).powi(2)).sqrt();
    let brass = smoothstep(0.09, 0.06, knob);
    (m.a * (1.0 - 0.45 * groove) * (if edge > 0.0 { 0.9 } else { 1.05 }))
        .lerp(Vec3::new(0.7, 0.5, 0.2), brass)
}
