//! Eight primitives of one kind, laid out for rays to test at once.
//!
//! Every lane does the operations of the plain form of its test in the same order, so that both
//! give the same bits.

use glam::{Affine3A, Vec3, Vec3A};

use crate::rays::bvh::Aabb;
use crate::rays::shape::Shape;
use crate::rays::simd::{Eight, LANES, Simd};
use crate::rays::wide::LaneRay;

/// Lanes without a primitive hold this one.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Rows of the maps into eight frames, and whose they are.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(crate) struct FramePack {
    /// Columns x, y, z and translation of the map; in each, rows x, y, z.
    columns: [[Eight; 3]; 4],
    pub prims: [u32; LANES],
    pub shapes: [Shape; LANES],
}

/// Eight bodies or placed groups, and the boxes around them in their own frames.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(crate) struct BodyPack {
    frames: FramePack,
    low: [Eight; 3],
    high: [Eight; 3],
}

/// The lanes whose bodies the ray may meet, and the ray in their frames.
pub(crate) struct Met {
    pub lanes: u32,
    /// Where their boxes are entered and left.
    pub enter: Eight,
    pub leave: Eight,
    origin: [Eight; 3],
    dir: [Eight; 3],
}

impl Met {
    /// The ray in the frame of a lane.
    #[inline(always)]
    pub fn ray(&self, lane: usize) -> (Vec3, Vec3) {
        let at = |from: &[Eight; 3]| Vec3::new(from[0].0[lane], from[1].0[lane], from[2].0[lane]);
        (at(&self.origin), at(&self.dir))
    }

    /// Takes the lane whose box is entered first.
    #[inline(always)]
    pub fn pop_nearest(&mut self) -> usize {
        let mut others = self.lanes & (self.lanes - 1);
        let mut nearest = self.lanes.trailing_zeros() as usize;
        while others != 0 {
            let lane = others.trailing_zeros() as usize;
            others &= others - 1;
            if self.enter.0[lane] < self.enter.0[nearest] {
                nearest = lane;
            }
        }
        self.lanes &= !(1 << nearest);
        nearest
    }
}

impl FramePack {
    /// A map and a shape for each lane.
    pub fn new(bodies: impl Iterator<Item = (Affine3A, Shape, u32)>) -> Self {
        // Lanes without a map see every ray stand still outside of their box.
        let (zero, away) = ([Eight::splat(0.0); 3], [Eight::splat(2.0); 3]);
        let mut pack = Self {
            columns: [zero, zero, zero, away],
            prims: [NOBODY; LANES],
            shapes: [Shape::Cuboid; LANES],
        };
        for (lane, (map, shape, prim)) in bodies.take(LANES).enumerate() {
            let m = map.matrix3;
            for (column, from) in [m.x_axis, m.y_axis, m.z_axis, map.translation].iter().enumerate()
            {
                for row in 0..3 {
                    pack.columns[column][row].0[lane] = from[row];
                }
            }
            pack.prims[lane] = prim;
            pack.shapes[lane] = shape;
        }
        pack
    }

    /// Takes the shapes of its primitives anew.
    pub fn reshape(&mut self, shape_of: &impl Fn(u32) -> Option<Shape>) {
        for (shape, &prim) in self.shapes.iter_mut().zip(&self.prims) {
            if let Some(now) = shape_of(prim) {
                *shape = now;
            }
        }
    }

    /// One row of the maps times a vector.
    #[inline(always)]
    fn row<S: Simd>(&self, v: &[S::F; 3], row: usize) -> S::F {
        let [x, y, z, _] = &self.columns;
        let sum = S::add(S::mul(S::load(&x[row]), v[0]), S::mul(S::load(&y[row]), v[1]));
        S::add(sum, S::mul(S::load(&z[row]), v[2]))
    }

    /// The ray in all frames.
    #[inline(always)]
    fn transform<S: Simd>(&self, ray: &LaneRay<S>) -> ([S::F; 3], [S::F; 3]) {
        let [x, y, z] = &self.columns[3];
        let origin = [
            S::add(self.row::<S>(&ray.origin, 0), S::load(x)),
            S::add(self.row::<S>(&ray.origin, 1), S::load(y)),
            S::add(self.row::<S>(&ray.origin, 2), S::load(z)),
        ];
        let dir = &ray.dir;
        (origin, [self.row::<S>(dir, 0), self.row::<S>(dir, 1), self.row::<S>(dir, 2)])
    }

    /// Cards (-1..1 in x and y, z = 0) that the ray meets, and where: distance, x and y.
    #[inline(always)]
    pub fn cards<S: Simd>(&self, ray: &LaneRay<S>, t_min: f32, t_max: f32) -> (u32, [Eight; 3]) {
        let (origin, dir) = self.transform(ray);
        let minus_z = S::sub(S::splat(0.0), origin[2]);
        let t = S::div(minus_z, dir[2]);
        let x = S::add(origin[0], S::mul(t, dir[0]));
        let y = S::add(origin[1], S::mul(t, dir[1]));
        let within = S::and(S::lt(S::splat(t_min), t), S::lt(t, S::splat(t_max)));
        let one = S::splat(1.0);
        let inside = S::and(S::le(S::abs(x), one), S::le(S::abs(y), one));
        let lanes = S::bits(S::and(within, inside));
        (lanes, store::<S>(&[t, x, y]))
    }
}

impl BodyPack {
    /// A map, a shape and the box around it in its own frame for each lane.
    pub fn new(bodies: impl Iterator<Item = (Affine3A, Shape, u32, Aabb)>) -> Self {
        // A box without extent for lanes without a body: one that is inside out has its planes at
        // infinity, between which every ray is.
        let mut boxes = [Aabb { min: Vec3A::ZERO, max: Vec3A::ZERO }; LANES];
        let frames = FramePack::new(bodies.take(LANES).enumerate().map(|(lane, body)| {
            boxes[lane] = body.3;
            (body.0, body.1, body.2)
        }));
        let zero = [Eight::splat(0.0); 3];
        let mut pack = Self { frames, low: zero, high: zero };
        for (lane, bounds) in boxes.iter().enumerate() {
            // Rounding is not to cut off what touches its box; a cuboid is its box.
            let exact = pack.frames.shapes[lane] == Shape::Cuboid;
            let size = (bounds.max - bounds.min).max_element().max(0.0);
            let slack = if exact { 0.0 } else { size * 5e-5 };
            for axis in 0..3 {
                pack.low[axis].0[lane] = bounds.min[axis] - slack;
                pack.high[axis].0[lane] = bounds.max[axis] + slack;
            }
        }
        pack
    }

    /// Takes the shapes of its bodies anew; the boxes around them stay.
    pub fn reshape(&mut self, shape_of: &impl Fn(u32) -> Option<Shape>) {
        self.frames.reshape(shape_of);
    }

    pub fn prims(&self) -> &[u32; LANES] {
        &self.frames.prims
    }

    pub fn shapes(&self) -> &[Shape; LANES] {
        &self.frames.shapes
    }

    /// Bodies whose boxes the ray meets.
    #[inline(always)]
    pub fn meet<S: Simd>(&self, ray: &LaneRay<S>, t_min: f32, t_max: f32) -> Met {
        let (low, high) = (load::<S>(&self.low), load::<S>(&self.high));
        let (origin, dir) = self.frames.transform(ray);
        let (x, y, z) = (
            span::<S>(low[0], high[0], origin[0], dir[0]),
            span::<S>(low[1], high[1], origin[1], dir[1]),
            span::<S>(low[2], high[2], origin[2], dir[2]),
        );
        let enter = S::max(x.0, S::max(y.0, z.0));
        let leave = S::min(x.1, S::min(y.1, z.1));
        let within = S::and(S::lt(S::splat(t_min), leave), S::lt(enter, S::splat(t_max)));
        Met {
            lanes: S::bits(S::and(S::le(enter, leave), within)),
            enter: S::store(enter),
            leave: S::store(leave),
            origin: store::<S>(&origin),
            dir: store::<S>(&dir),
        }
    }
}

/// Eight triangles: a corner and two edges.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(crate) struct TrianglePack {
    corner: [Eight; 3],
    edges: [[Eight; 3]; 2],
    pub prims: [u32; LANES],
}

impl TrianglePack {
    /// A corner and the edges from there, for each lane.
    pub fn new(triangles: impl Iterator<Item = ([Vec3; 3], u32)>) -> Self {
        // Edges of no length are never met.
        let none = [Eight::splat(0.0); 3];
        let mut pack = Self { corner: none, edges: [none; 2], prims: [NOBODY; LANES] };
        for (lane, ([corner, ab, ac], prim)) in triangles.take(LANES).enumerate() {
            for axis in 0..3 {
                pack.corner[axis].0[lane] = corner[axis];
                pack.edges[0][axis].0[lane] = ab[axis];
                pack.edges[1][axis].0[lane] = ac[axis];
            }
            pack.prims[lane] = prim;
        }
        pack
    }

    /// Triangles that the ray meets, and how far away.
    #[inline(always)]
    pub fn meet<S: Simd>(&self, ray: &LaneRay<S>, t_min: f32, t_max: f32) -> (u32, Eight) {
        let (ab, ac) = (load::<S>(&self.edges[0]), load::<S>(&self.edges[1]));
        let corner = load::<S>(&self.corner);
        let p = cross::<S>(&ray.dir, &ac);
        let det = dot::<S>(&ab, &p);
        let inverse = S::div(S::splat(1.0), det);
        let o = &ray.origin;
        let s = [S::sub(o[0], corner[0]), S::sub(o[1], corner[1]), S::sub(o[2], corner[2])];
        let u = S::mul(dot::<S>(&s, &p), inverse);
        let q = cross::<S>(&s, &ab);
        let v = S::mul(dot::<S>(&ray.dir, &q), inverse);
        let t = S::mul(dot::<S>(&ac, &q), inverse);
        let (zero, one) = (S::splat(0.0), S::splat(1.0));
        let inside = S::and(
            S::and(S::le(zero, u), S::le(u, one)),
            S::and(S::le(zero, v), S::le(S::add(u, v), one)),
        );
        let within = S::and(S::lt(S::splat(t_min), t), S::lt(t, S::splat(t_max)));
        (S::bits(S::and(inside, within)), S::store(t))
    }
}

/// Where a ray is between two planes across an axis.
#[inline(always)]
fn span<S: Simd>(low: S::F, high: S::F, origin: S::F, dir: S::F) -> (S::F, S::F) {
    let inverse = S::div(S::splat(1.0), dir);
    let a = S::mul(S::sub(low, origin), inverse);
    let b = S::mul(S::sub(high, origin), inverse);
    (S::min(a, b), S::max(a, b))
}

#[inline(always)]
fn load<S: Simd>(v: &[Eight; 3]) -> [S::F; 3] {
    [S::load(&v[0]), S::load(&v[1]), S::load(&v[2])]
}

#[inline(always)]
fn store<S: Simd>(v: &[S::F; 3]) -> [Eight; 3] {
    [S::store(v[0]), S::store(v[1]), S::store(v[2])]
}

#[inline(always)]
fn cross<S: Simd>(a: &[S::F; 3], b: &[S::F; 3]) -> [S::F; 3] {
    [
        S::sub(S::mul(a[1], b[2]), S::mul(b[1], a[2])),
        S::sub(S::mul(a[2], b[0]), S::mul(b[2], a[0])),
        S::sub(S::mul(a[0], b[1]), S::mul(b[0], a[1])),
    ]
}

#[inline(always)]
fn dot<S: Simd>(a: &[S::F; 3], b: &[S::F; 3]) -> S::F {
    S::add(S::add(S::mul(a[0], b[0]), S::mul(a[1], b[1])), S::mul(a[2], b[2]))
}
