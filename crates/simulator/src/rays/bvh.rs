//! Bounding volume hierarchy over axis-aligned boxes: two children to a node.

use glam::{Vec3, Vec3A};

/// A box; empty when `min > max`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aabb {
    pub min: Vec3A,
    pub max: Vec3A,
}

impl Aabb {
    pub const EMPTY: Self =
        Self { min: Vec3A::splat(f32::INFINITY), max: Vec3A::splat(f32::NEG_INFINITY) };

    pub fn grow(&mut self, point: Vec3) {
        self.min = self.min.min(point.into());
        self.max = self.max.max(point.into());
    }

    pub fn union(&self, other: &Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    pub fn half_area(&self) -> f32 {
        let e = (self.max - self.min).max(Vec3A::ZERO);
        e.x * e.y + e.y * e.z + e.z * e.x
    }

    /// Distance along the ray at which the box is entered, infinity when it is missed.
    #[inline]
    fn enter(&self, origin: Vec3A, inverse: Vec3A, t_max: f32) -> f32 {
        let a = (self.min - origin) * inverse;
        let b = (self.max - origin) * inverse;
        let near = a.min(b).max_element().max(0.0);
        let far = a.max(b).min_element().min(t_max);
        if near <= far { near } else { f32::INFINITY }
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    bounds: Aabb,
    /// First item of a leaf, or index of the left child (the right one follows it).
    first: u32,
    /// Items of a leaf; 0 marks an inner node.
    count: u32,
}

/// The hierarchy; `order` maps its leaves to the caller's items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bvh {
    nodes: Vec<Node>,
    order: Vec<u32>,
}

const BINS: usize = 12;
/// Levels that are cut where it is best; below them the halves have equal counts.
const BEST_DEPTH: u32 = 32;
/// No hierarchy is deeper: 32 levels of halves hold any number of items, and a leaf of several
/// kinds is parted a few times more.
pub(crate) const MAX_DEPTH: u32 = BEST_DEPTH + 32 + 8;

impl Bvh {
    /// A hierarchy whose leaves have at most `leaf` items, all of one kind; without `kinds`, all
    /// are.
    pub fn build(boxes: &[Aabb], kinds: &[u8], leaf: usize) -> Self {
        let mut order: Vec<u32> = (0..boxes.len() as u32).collect();
        let mut nodes = Vec::with_capacity(boxes.len().max(1));
        if !boxes.is_empty() {
            let centres: Vec<Vec3A> = boxes.iter().map(|b| (b.min + b.max) * 0.5).collect();
            nodes.push(Node { bounds: Aabb::EMPTY, first: 0, count: 0 });
            let from = Items { boxes, kinds, centres: &centres, leaf: leaf.max(1) };
            split(&mut nodes, 0, &mut order, 0, &from, 0);
        }
        Self { nodes, order }
    }

    pub fn bounds(&self) -> Aabb {
        self.nodes.first().map_or(Aabb::EMPTY, |n| n.bounds)
    }

    pub fn root(&self) -> Option<u32> {
        (!self.nodes.is_empty()).then_some(0)
    }

    pub fn bounds_of(&self, node: u32) -> Aabb {
        self.nodes[node as usize].bounds
    }

    pub fn half_area(&self, node: u32) -> f32 {
        self.nodes[node as usize].bounds.half_area()
    }

    /// The two children of an inner node.
    pub fn children(&self, node: u32) -> Option<[u32; 2]> {
        let Node { first, count, .. } = self.nodes[node as usize];
        (count == 0).then_some([first, first + 1])
    }

    /// The items of a leaf.
    pub fn items(&self, node: u32) -> Option<&[u32]> {
        let Node { first, count, .. } = self.nodes[node as usize];
        (count > 0).then(|| &self.order[first as usize..(first + count) as usize])
    }

    /// Visits items whose boxes the ray meets, near boxes first. `visit` gets an item and
    /// the current end of the ray and returns the new end; a negative one stops the walk.
    #[inline]
    pub fn walk(
        &self,
        origin: Vec3,
        dir: Vec3,
        mut t_max: f32,
        mut visit: impl FnMut(usize, f32) -> f32,
    ) {
        if self.nodes.is_empty() {
            return;
        }
        let origin = Vec3A::from(origin);
        let inverse = Vec3A::from(dir).recip();
        let mut stack = [(0u32, 0.0f32); MAX_DEPTH as usize + 2];
        let mut depth = 1usize;
        if self.nodes[0].bounds.enter(origin, inverse, t_max) == f32::INFINITY {
            return;
        }
        while depth > 0 {
            depth -= 1;
            let (index, entered) = stack[depth];
            if entered > t_max {
                continue;
            }
            let node = &self.nodes[index as usize];
            if node.count > 0 {
                for &item in &self.order[node.first as usize..(node.first + node.count) as usize] {
                    t_max = visit(item as usize, t_max);
                    if t_max < 0.0 {
                        return;
                    }
                }
                continue;
            }
            let left = self.nodes[node.first as usize].bounds.enter(origin, inverse, t_max);
            let right = self.nodes[node.first as usize + 1].bounds.enter(origin, inverse, t_max);
            let (near, far) = if left <= right {
                ((node.first, left), (node.first + 1, right))
            } else {
                ((node.first + 1, right), (node.first, left))
            };
            // Depth is bounded by the builder, so the fixed stack cannot overflow.
            if far.1 < f32::INFINITY {
                stack[depth] = far;
                depth += 1;
            }
            if near.1 < f32::INFINITY {
                stack[depth] = near;
                depth += 1;
            }
        }
    }
}

struct Items<'a> {
    boxes: &'a [Aabb],
    kinds: &'a [u8],
    centres: &'a [Vec3A],
    leaf: usize,
}

fn split(
    nodes: &mut Vec<Node>,
    at: usize,
    order: &mut [u32],
    offset: usize,
    from: &Items<'_>,
    depth: u32,
) {
    let Items { boxes, kinds, centres, .. } = *from;
    let mut bounds = Aabb::EMPTY;
    let mut centre_bounds = Aabb::EMPTY;
    for &i in order.iter() {
        bounds = bounds.union(&boxes[i as usize]);
        centre_bounds.min = centre_bounds.min.min(centres[i as usize]);
        centre_bounds.max = centre_bounds.max.max(centres[i as usize]);
    }
    nodes[at].bounds = bounds;
    let extent = centre_bounds.max - centre_bounds.min;
    let kind = |i: u32| kinds.get(i as usize).copied().unwrap_or(0);
    let middle = if order.len() <= from.leaf {
        let first = kind(order[0]);
        let middle = partition(order, |i| kind(i) == first);
        if middle == order.len() {
            nodes[at].first = offset as u32;
            nodes[at].count = order.len() as u32;
            return;
        }
        middle
    } else if depth >= BEST_DEPTH || extent.max_element() <= 1e-9 {
        order.len() / 2
    } else {
        best_cut(order, from, centre_bounds)
    };
    let child = nodes.len();
    let empty = Node { bounds: Aabb::EMPTY, first: 0, count: 0 };
    nodes.push(empty);
    nodes.push(empty);
    nodes[at].first = child as u32;
    let (a, b) = order.split_at_mut(middle);
    split(nodes, child, a, offset, from, depth + 1);
    split(nodes, child + 1, b, offset + middle, from, depth + 1);
}

/// Brings items that are `wanted` to the front and counts them.
fn partition(order: &mut [u32], wanted: impl Fn(u32) -> bool) -> usize {
    let mut middle = 0;
    for i in 0..order.len() {
        if wanted(order[i]) {
            order.swap(i, middle);
            middle += 1;
        }
    }
    middle
}

/// Parts the items where rays will have to look at least into both halves.
fn best_cut(order: &mut [u32], from: &Items<'_>, centre_bounds: Aabb) -> usize {
    let Items { boxes, centres, leaf, .. } = *from;
    let extent = centre_bounds.max - centre_bounds.min;
    // A leaf costs the same whether it is full or not.
    let leaves = |count: usize| count.div_ceil(leaf) as f32;
    let bin_on = |axis: usize, i: u32| {
        let at = (centres[i as usize][axis] - centre_bounds.min[axis]) / extent[axis];
        ((at * BINS as f32) as usize).min(BINS - 1)
    };
    let mut best = (f32::INFINITY, 0, 0);
    for axis in 0..3 {
        if extent[axis] <= 1e-9 {
            continue;
        }
        let mut bins = [(Aabb::EMPTY, 0usize); BINS];
        for &i in order.iter() {
            let bin = &mut bins[bin_on(axis, i)];
            bin.0 = bin.0.union(&boxes[i as usize]);
            bin.1 += 1;
        }
        let mut right_cost = [0.0f32; BINS];
        let (mut right, mut count) = (Aabb::EMPTY, 0);
        for b in (1..BINS).rev() {
            right = right.union(&bins[b].0);
            count += bins[b].1;
            right_cost[b] = if count == 0 { 0.0 } else { right.half_area() * leaves(count) };
        }
        let (mut left, mut count) = (Aabb::EMPTY, 0);
        for b in 0..BINS - 1 {
            left = left.union(&bins[b].0);
            count += bins[b].1;
            if count > 0 && count < order.len() {
                let cost = left.half_area() * leaves(count) + right_cost[b + 1];
                if cost < best.0 {
                    best = (cost, axis, b + 1);
                }
            }
        }
    }
    let (_, axis, border) = best;
    if border == 0 { order.len() / 2 } else { partition(order, |i| bin_on(axis, i) < border) }
}
