//! Procedural patterns: what a material shows at one point.

use glam::{Vec2, Vec3};

use crate::rays::geometry::Hit;
use crate::surface::city::CityPattern;
use crate::surface::material::{Material, Surface};
use crate::surface::mountain::AlpineGround;
use crate::surface::noise::{cells2, fbm3, hash, hash_unit, smoothstep, value3};
use crate::surface::photo::Photo;
use crate::surface::warehouse::{Hall, Place};

/// How colours `a`, `b`, `c` are laid out; sizes in metres.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pattern {
    /// `a`, a little dirty.
    Plain,
    /// Clouds of `a` and `b`.
    Noise,
    /// Grains of `b` and `c` on `a`.
    Speckle,
    Brick {
        width: f32,
        height: f32,
    },
    Tiles {
        size: f32,
    },
    Planks {
        width: f32,
    },
    Wood,
    Stripes {
        width: f32,
        vertical: bool,
    },
    Checks {
        size: f32,
    },
    Marble,
    /// Meadow: `a` and `b` blades, `c` bare soil.
    Meadow,
    Gravel {
        size: f32,
    },
    Fabric {
        thread: f32,
    },
    /// Roof of rows.
    Shingles {
        size: f32,
    },
    /// Rows of windows; `base_y` is the local height of the lowest floor.
    Facade {
        floor: f32,
        bay: f32,
        base_y: f32,
        glass: f32,
        lit: f32,
    },
    /// A picture in a frame: random bands and blobs.
    Painting,
    /// Books in a row.
    Books,
    /// Foliage: `a`..`b` by leaf.
    Leaves,
    /// Of a warehouse.
    Hall(Hall),
    /// Surfaces of a town.
    City(CityPattern),
    /// Open country of the mountains; uses world coordinates.
    Alps {
        ground: AlpineGround,
    },
    /// Water: `a` where it is deep, `b` where it is shallow. Local Y is minus the depth.
    Lake,
    /// A photograph, so many metres wide.
    Photo {
        index: u16,
        size: f32,
    },
}

/// Plane coordinates by the dominant axis of the normal.
pub(crate) fn box_uv(p: Vec3, n: Vec3) -> Vec2 {
    let a = n.abs();
    if a.y > a.x && a.y > a.z {
        Vec2::new(p.x, p.z)
    } else if a.x > a.z {
        Vec2::new(p.z, p.y)
    } else {
        Vec2::new(p.x, p.y)
    }
}

fn grain(p: Vec3, footprint: f32, seed: u32) -> f32 {
    fbm3(p * Vec3::new(1.0, 9.0, 9.0), 4, footprint, seed)
}

/// Distance of `x` from the border of its cell, both in the unit of `width`.
pub(crate) fn from_edge(x: f32, width: f32) -> f32 {
    let f = (x / width).rem_euclid(1.0);
    f.min(1.0 - f) * width
}

impl Material {
    /// Evaluates at a hit; `footprint` is the size of a pixel there, metres.
    pub fn surface(
        &self,
        hit: &Hit,
        world: Vec3,
        footprint: f32,
        photos: &[Photo],
        night: bool,
    ) -> Surface {
        let seed = self.seed;
        let p = hit.local;
        let q = p / self.scale;
        let f = footprint / self.scale;
        let (mut mirror, mut gloss, mut emission) = (self.mirror, self.gloss, self.emission);
        let mut bump = self.bump;
        let mut relief = Vec3::ZERO;
        // Patterns dissolve into their mean where a pixel covers a whole repeat.
        let sharp = |size: f32| 1.0 - smoothstep(0.25 * size, 0.9 * size, footprint);
        let albedo = match self.pattern {
            Pattern::Plain => self.a * (0.86 + 0.28 * fbm3(q * 1.7, 4, f * 1.7, seed)),
            Pattern::Noise => {
                let n = fbm3(q, 6, f, seed);
                let fine = fbm3(q * 11.0, 3, f * 11.0, seed ^ 5);
                self.a.lerp(self.b, smoothstep(0.32, 0.68, n)) * (0.75 + 0.5 * fine)
            }
            Pattern::Speckle => {
                let n = fbm3(q * 6.0, 3, f * 6.0, seed);
                let m = fbm3(q * 13.0 + 5.0, 2, f * 13.0, seed ^ 9);
                self.a.lerp(self.b, smoothstep(0.55, 0.7, n)).lerp(self.c, smoothstep(0.6, 0.75, m))
            }
            Pattern::Brick { width, height } => {
                let uv = box_uv(p, hit.local_normal);
                let row = (uv.y / height).floor();
                let x = uv.x + if row as i32 & 1 == 0 { 0.0 } else { width * 0.5 };
                let column = (x / width).floor();
                let joint = from_edge(x, width).min(from_edge(uv.y, height));
                let mortar = 1.0 - smoothstep(0.04 * height, 0.09 * height + footprint, joint);
                let shade = hash_unit(column as i32, row as i32, 0, seed);
                let brick =
                    self.a.lerp(self.b, shade) * (0.8 + 0.4 * fbm3(q * 8.0, 3, f * 8.0, seed));
                let s = sharp(height);
                (self.a.lerp(self.b, 0.5))
                    .lerp(brick, s)
                    .lerp(self.c, (mortar * s).max(0.15 * (1.0 - s)))
                    * (0.85 + 0.3 * fbm3(q * 0.5, 3, f * 0.5, seed ^ 3))
            }
            Pattern::Tiles { size } => {
                let uv = box_uv(p, hit.local_normal);
                let joint = from_edge(uv.x, size).min(from_edge(uv.y, size));
                let grout =
                    (1.0 - smoothstep(0.012 * size, 0.03 * size + footprint, joint)) * sharp(size);
                let shade =
                    hash_unit((uv.x / size).floor() as i32, (uv.y / size).floor() as i32, 1, seed);
                gloss *= 1.0 - grout;
                mirror *= 1.0 - grout;
                let tile = self.a.lerp(self.b, shade * 0.6 + 0.4 * fbm3(q * 2.0, 4, f * 2.0, seed));
                tile.lerp(self.c, grout)
            }
            Pattern::Planks { width } => {
                let uv = box_uv(p, hit.local_normal);
                let row = (uv.y / width).floor();
                let length = width * 9.0;
                let x = uv.x + hash_unit(row as i32, 0, 2, seed) * length;
                let joint = from_edge(uv.y, width).min(from_edge(x, length));
                let gap = (1.0 - smoothstep(0.01 * width, 0.03 * width + footprint, joint))
                    * sharp(width);
                let board = hash_unit(row as i32, (x / length).floor() as i32, 3, seed);
                let g = grain(Vec3::new(x, uv.y, board * 37.0) * 2.0, footprint * 4.0, seed);
                self.a.lerp(self.b, (board * 0.5 + g * 0.7).clamp(0.0, 1.0)) * (1.0 - 0.75 * gap)
            }
            Pattern::Wood => {
                let g = grain(q * 3.0 + 0.6 * fbm3(q, 2, f, seed), f * 3.0, seed);
                self.a.lerp(self.b, smoothstep(0.3, 0.7, g))
            }
            Pattern::Stripes { width, vertical } => {
                let uv = box_uv(p, hit.local_normal);
                let x = if vertical { uv.x } else { uv.y };
                let t = smoothstep(
                    -footprint - 0.002,
                    footprint + 0.002,
                    from_edge(x, width) - width * 0.25,
                );
                self.a.lerp(self.b, 0.5 + (t - 0.5) * sharp(width))
                    * (0.9 + 0.2 * fbm3(q * 3.0, 3, f * 3.0, seed))
            }
            Pattern::Checks { size } => {
                let uv = box_uv(p, hit.local_normal);
                let parity = ((uv.x / size).floor() as i32 + (uv.y / size).floor() as i32) & 1;
                let t = 0.5 + (parity as f32 - 0.5) * sharp(size);
                self.a.lerp(self.b, t) * (0.85 + 0.3 * fbm3(q * 2.0, 4, f * 2.0, seed))
            }
            Pattern::Marble => {
                let warp = fbm3(q * 1.2, 5, f * 1.2, seed);
                let vein = 1.0 - ((q.x + q.y * 0.7 + q.z * 0.4 + warp * 4.0) * 2.2).sin().abs();
                self.a.lerp(self.b, vein.powi(4)) * (0.85 + 0.3 * warp)
            }
            Pattern::Meadow => {
                let patch = fbm3(q * 0.25, 5, f * 0.25, seed);
                let blades = fbm3(Vec3::new(q.x, q.y * 0.5, q.z) * 14.0, 4, f * 14.0, seed ^ 1);
                let grass = self.a.lerp(self.b, smoothstep(0.3, 0.7, patch * 0.5 + blades * 0.5));
                let soil = smoothstep(0.60, 0.74, fbm3(q * 0.6 + 3.0, 5, f * 0.6, seed ^ 2));
                grass.lerp(self.c, soil) * (0.15 + 1.7 * blades)
            }
            Pattern::Gravel { size } => {
                let uv = box_uv(p, hit.local_normal) / size;
                let (d, tone) = cells2(uv, seed);
                let s = sharp(size);
                let stone = self.a.lerp(self.b, tone) * (1.15 - 0.9 * d * d);
                self.a.lerp(self.b, 0.5).lerp(stone, s)
                    * (0.8 + 0.4 * fbm3(q * 0.7, 4, f * 0.7, seed))
            }
            Pattern::Fabric { thread } => {
                let uv = box_uv(p, hit.local_normal) / thread;
                let weave = (uv.x.sin() * uv.y.sin()) * 0.5 * sharp(thread * 3.0);
                self.a
                    .lerp(self.b, (fbm3(q * 2.0, 4, f * 2.0, seed) + 0.35 * weave).clamp(0.0, 1.0))
            }
            Pattern::Shingles { size } => {
                // Rows follow the height, so that they lie level on a pitched roof.
                let row = (p.y / (size * 0.5)).floor();
                let run =
                    if hit.local_normal.x.abs() > hit.local_normal.z.abs() { p.z } else { p.x };
                let x = run + (row as i32 & 1) as f32 * size * 0.5;
                let within = (p.y / (size * 0.5)).rem_euclid(1.0);
                let edge = from_edge(x, size) / size;
                let s = sharp(size * 0.5);
                let shade = hash_unit((x / size).floor() as i32, row as i32, 4, seed);
                let dark =
                    (0.55 + 0.45 * within.min(smoothstep(0.0, 0.12, edge))) * s + 0.75 * (1.0 - s);
                self.a.lerp(self.b, shade * s + 0.5 * (1.0 - s))
                    * dark
                    * (0.8 + 0.4 * fbm3(q, 4, f, seed))
            }
            Pattern::Facade { floor, bay, base_y, glass, lit } => {
                if hit.local_normal.y.abs() > 0.5 {
                    self.c * (0.7 + 0.5 * fbm3(q, 4, f, seed))
                } else {
                    let uv = box_uv(p, hit.local_normal) - Vec2::new(0.0, base_y);
                    let (cx, cy) = ((uv.x / bay).floor(), (uv.y / floor).floor());
                    let (x, y) = (uv.x / bay - cx - 0.5, uv.y / floor - cy - 0.5);
                    let soft = footprint / bay;
                    let (half_w, half_h) = (0.5 * glass, 0.5 * (0.45 * glass + 0.38));
                    let inside = (half_w - x.abs()).min((half_h - y.abs()) * floor / bay);
                    let pane = smoothstep(-soft, soft, inside);
                    let frame = smoothstep(0.055 + soft, 0.02, inside.min(x.abs() + 0.01));
                    let wall = {
                        let stain = fbm3(Vec3::new(q.x, q.y * 0.25, q.z), 5, f, seed);
                        let ledge = smoothstep(0.44, 0.47, y.abs()) * sharp(floor * 0.2);
                        // A hint of the reveal: darker right above and beside the pane.
                        let reveal = smoothstep(-0.05 - soft, 0.0, inside) * 0.25;
                        self.a.lerp(self.b, stain) * (1.0 + 0.12 * ledge - reveal)
                    };
                    let id = hash(
                        cx as i32,
                        cy as i32,
                        (hit.local_normal.x * 3.0) as i32,
                        seed ^ hit.tint,
                    );
                    let tone = (id & 0xff) as f32 / 255.0;
                    let behind = Vec3::new(0.05, 0.06, 0.07) * (0.4 + 1.6 * tone);
                    let curtain =
                        if id >> 8 & 3 == 0 && y > half_h * (0.9 - 1.6 * tone) { 0.5 } else { 0.0 };
                    let interior = behind.lerp(Vec3::new(0.55, 0.52, 0.47), curtain);
                    mirror = mirror.max(pane * (1.0 - frame) * 0.35 * (1.0 - curtain));
                    if night && ((id >> 16 & 0xff) as f32 / 255.0) < lit {
                        emission = Vec3::new(1.0, 0.75, 0.42)
                            * (0.25 + 0.7 * tone)
                            * pane
                            * (1.0 - frame * 0.8);
                    }
                    let window = interior.lerp(self.c, frame * sharp(bay * 0.3));
                    let s = sharp(bay * 0.8);
                    bump *= 1.0 - pane;
                    let far = wall.lerp(interior, glass * (0.45 * glass + 0.38));
                    far.lerp(wall.lerp(window, pane), s)
                }
            }
            Pattern::Alps { ground } => {
                let look = ground.look(self, hit, world, footprint);
                mirror = look.mirror;
                relief = look.tilt;
                look.albedo
            }
            Pattern::Lake => {
                let depth = (-p.y).max(0.0);
                self.b.lerp(self.a, 1.0 - (-depth * 0.35).exp())
            }
            Pattern::Painting => {
                let s = hit.tint ^ seed;
                let r = |i| hash_unit(i, 0, 0, s);
                let colour = |i: i32| Vec3::new(r(i), r(i + 1), r(i + 2)) * 0.7 + 0.03;
                let line = 0.5 * (r(40) - 0.5) + 0.1 * (fbm3(q * 3.0, 4, f * 3.0, s) - 0.5);
                let mut c = if p.y > line { colour(1) } else { colour(5) };
                for i in 0..4 {
                    let centre = Vec2::new(r(50 + i) - 0.5, r(60 + i) - 0.5) * 0.9;
                    if (Vec2::new(p.x, p.y) - centre).length() < 0.04 + 0.14 * r(70 + i) {
                        c = colour(10 + i * 4);
                    }
                }
                c * (0.7 + 0.6 * fbm3(q * 9.0, 4, f * 9.0, s))
            }
            Pattern::Books => {
                let uv = box_uv(p, hit.local_normal);
                let book = (uv.x / 0.035).floor();
                let id = hash(book as i32, (uv.y / 0.3).floor() as i32, 0, seed ^ hit.tint);
                let colour =
                    Vec3::new((id & 255) as f32, (id >> 8 & 255) as f32, (id >> 16 & 255) as f32)
                        / 255.0;
                colour * colour * 0.7 + 0.02
            }
            Pattern::Leaves => {
                let leaf = value3(p * 9.0, seed ^ hit.tint);
                // Every tree has a tone of its own.
                let tree = (hit.tint >> 11 & 0xff) as f32 / 255.0;
                self.a.lerp(self.b, leaf).lerp(self.c, 0.75 * tree * tree)
                    * (0.8 + 0.4 * value3(world * 0.8, seed))
            }
            Pattern::Hall(hall) => {
                let place = Place {
                    local: p,
                    normal: hit.local_normal,
                    world,
                    footprint,
                    tint: hit.tint,
                    seed,
                };
                let look = hall.look((self.a, self.b, self.c), &place);
                mirror *= look.polish;
                gloss = (gloss * look.polish).min(1.0);
                emission += look.emission;
                relief = look.tilt;
                look.albedo
            }
            Pattern::City(city) => {
                let look = city.look(self, hit, world, footprint, night);
                (mirror, gloss, emission) = (look.mirror, look.gloss, look.emission);
                bump = look.bump;
                look.albedo
            }
            Pattern::Photo { index, size } => match photos.get(index as usize) {
                Some(photo) => {
                    photo.sample(box_uv(p, hit.local_normal) / size, footprint / size) * self.a
                }
                None => self.a,
            },
        };
        // Bumps below the size of a pixel would only sparkle.
        bump *= 1.0 - smoothstep(0.08 * self.scale, 0.4 * self.scale, footprint);
        let normal = if relief != Vec3::ZERO {
            let turned = (hit.normal + relief).normalize_or(hit.normal);
            if turned.dot(hit.normal) > 0.1 { turned } else { hit.normal }
        } else if bump > 0.0 {
            let k = self.scale.recip() * 6.0;
            let n = |o: f32| fbm3(p * k + o, 3, footprint * k, seed ^ 0xb0) - 0.5;
            let tilt = Vec3::new(n(0.0), n(17.3), n(41.9)) * bump;
            let turned = (hit.normal + tilt).normalize_or(hit.normal);
            if turned.dot(hit.normal) > 0.1 { turned } else { hit.normal }
        } else {
            hit.normal
        };
        Surface {
            albedo: albedo.clamp(Vec3::splat(0.004), Vec3::splat(0.93)),
            mirror,
            blur: self.blur,
            gloss,
            emission,
            normal,
        }
    }
}
