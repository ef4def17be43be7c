//! The hierarchy that rays walk through: eight children to a node, tested at once.

use std::mem::MaybeUninit;

use glam::Vec3;

use crate::rays::bvh::{Bvh, MAX_DEPTH};
use crate::rays::simd::{Eight, LANES, Simd};

const KIND_SHIFT: u32 = 29;
/// The kind of child that is another node.
const INNER: u32 = 0;

/// A child by kind (1..8, the caller's to choose) and index (below 2^29).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Child(u32);

impl Child {
    pub fn new(kind: u32, index: usize) -> Self {
        Self(kind << KIND_SHIFT | index as u32)
    }

    #[inline(always)]
    pub fn kind(self) -> u32 {
        self.0 >> KIND_SHIFT
    }

    #[inline(always)]
    pub fn index(self) -> usize {
        (self.0 & ((1 << KIND_SHIFT) - 1)) as usize
    }
}

#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
struct Node {
    /// Low x, y, z and high x, y, z of the children; children that are not there are inside out.
    bounds: [Eight; 6],
    children: [Child; LANES],
}

const VACANT: Node = Node {
    bounds: [
        Eight::splat(f32::INFINITY),
        Eight::splat(f32::INFINITY),
        Eight::splat(f32::INFINITY),
        Eight::splat(f32::NEG_INFINITY),
        Eight::splat(f32::NEG_INFINITY),
        Eight::splat(f32::NEG_INFINITY),
    ],
    children: [Child(0); LANES],
};

/// A ray with every number in all lanes.
pub(crate) struct LaneRay<S: Simd> {
    pub origin: [S::F; 3],
    pub dir: [S::F; 3],
    inverse: [S::F; 3],
    /// Where in [`Node::bounds`] the faces lie that the ray meets first.
    near: [usize; 3],
    far: [usize; 3],
}

impl<S: Simd> LaneRay<S> {
    #[inline(always)]
    pub fn new(origin: Vec3, dir: Vec3) -> Self {
        let inverse = dir.recip();
        let near = [
            if inverse.x < 0.0 { 3 } else { 0 },
            if inverse.y < 0.0 { 4 } else { 1 },
            if inverse.z < 0.0 { 5 } else { 2 },
        ];
        Self {
            origin: [S::splat(origin.x), S::splat(origin.y), S::splat(origin.z)],
            dir: [S::splat(dir.x), S::splat(dir.y), S::splat(dir.z)],
            inverse: [S::splat(inverse.x), S::splat(inverse.y), S::splat(inverse.z)],
            near,
            far: [3 - near[0], 5 - near[1], 7 - near[2]],
        }
    }
}

/// Eight-way hierarchy over anything with a box.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wide {
    nodes: Vec<Node>,
    /// A node, or the only leaf.
    root: Option<Child>,
}

/// Enough for the deepest hierarchy: a level leaves at most seven children waiting.
const STACK: usize = (MAX_DEPTH as usize + 1) * (LANES - 1) + LANES;

impl Wide {
    /// Folds a hierarchy of two children to a node into one of eight. `leaf` turns the items of a
    /// leaf into a child.
    pub fn fold(&mut self, from: &Bvh, mut leaf: impl FnMut(&[u32]) -> Child) {
        self.nodes.clear();
        self.root = from.root().map(|root| match from.items(root) {
            Some(items) => leaf(items),
            None => Child::new(INNER, self.fold_node(root, from, &mut leaf) as usize),
        });
    }

    fn fold_node(&mut self, root: u32, from: &Bvh, leaf: &mut impl FnMut(&[u32]) -> Child) -> u32 {
        let at = self.nodes.len();
        self.nodes.push(VACANT);
        // The largest inner node is opened until eight are there.
        let mut open = [root; LANES];
        let mut count = 1;
        while count < LANES {
            let largest = (0..count)
                .filter(|&k| from.children(open[k]).is_some())
                .max_by(|&a, &b| from.half_area(open[a]).total_cmp(&from.half_area(open[b])));
            let Some(k) = largest else { break };
            let Some([left, right]) = from.children(open[k]) else { break };
            open[k] = left;
            open[count] = right;
            count += 1;
        }
        for (slot, &node) in open[..count].iter().enumerate() {
            let child = match from.items(node) {
                Some(items) => leaf(items),
                None => Child::new(INNER, self.fold_node(node, from, leaf) as usize),
            };
            let bounds = from.bounds_of(node);
            let into = &mut self.nodes[at];
            for axis in 0..3 {
                into.bounds[axis].0[slot] = bounds.min[axis];
                into.bounds[axis + 3].0[slot] = bounds.max[axis];
            }
            into.children[slot] = child;
        }
        at as u32
    }

    /// Begins a walk to the leaves whose boxes a ray meets.
    #[inline(always)]
    pub fn walk(&self) -> Walk<'_> {
        let mut stack = [const { MaybeUninit::uninit() }; STACK];
        let waiting = match self.root {
            Some(root) => {
                stack[0] = MaybeUninit::new((root, 0.0));
                1
            }
            None => 0,
        };
        Walk { nodes: &self.nodes, stack, waiting }
    }
}

/// A ray on its way. There are no closures here: their code would not be compiled for the lanes.
pub(crate) struct Walk<'a> {
    nodes: &'a [Node],
    /// Children and how far away the ray meets them.
    stack: [MaybeUninit<(Child, f32)>; STACK],
    /// How many of the stack are there.
    waiting: usize,
}

impl Walk<'_> {
    /// The next leaf that the ray meets before `t_max`, near ones first unless any will do.
    #[inline(always)]
    pub fn next<S: Simd, const ANY: bool>(
        &mut self,
        ray: &LaneRay<S>,
        t_max: f32,
    ) -> Option<Child> {
        'next: while self.waiting > 0 {
            self.waiting -= 1;
            let (mut child, entered) = self.waiting_at(self.waiting);
            if entered > t_max {
                continue;
            }
            while child.kind() == INNER {
                let node = &self.nodes[child.index()];
                // A ray within a face gives NaN, which the second operand displaces.
                let mut enter = S::splat(0.0);
                let mut leave = S::splat(t_max);
                for axis in 0..3 {
                    let (origin, inverse) = (ray.origin[axis], ray.inverse[axis]);
                    let near = S::load(&node.bounds[ray.near[axis]]);
                    let far = S::load(&node.bounds[ray.far[axis]]);
                    enter = S::max(S::mul(S::sub(near, origin), inverse), enter);
                    leave = S::min(S::mul(S::sub(far, origin), inverse), leave);
                }
                let mut met = S::bits(S::le(enter, leave));
                if met == 0 {
                    continue 'next;
                }
                // Most often there is one child, or two: the nearest goes on, the others wait.
                let enter = S::store(enter);
                let mut lane = met.trailing_zeros() as usize;
                let (first, mut nearest) = (self.waiting, enter.0[lane]);
                child = node.children[lane];
                met &= met - 1;
                while met != 0 {
                    lane = met.trailing_zeros() as usize;
                    met &= met - 1;
                    let (other, at) = (node.children[lane], enter.0[lane]);
                    if !ANY && at < nearest {
                        self.wait::<ANY>(first, (child, nearest));
                        (child, nearest) = (other, at);
                    } else {
                        self.wait::<ANY>(first, (other, at));
                    }
                }
            }
            return Some(child);
        }
        None
    }

    #[inline(always)]
    fn waiting_at(&self, place: usize) -> (Child, f32) {
        debug_assert!(place < STACK);
        // SAFETY: `place` is below a number that `waiting` has reached, so it is within the stack
        // and has been written.
        unsafe { self.stack.get_unchecked(place).assume_init() }
    }

    /// Puts a child on the stack; of those from `first` on the far ones further down.
    #[inline(always)]
    fn wait<const ANY: bool>(&mut self, first: usize, child: (Child, f32)) {
        let mut at = self.waiting;
        self.waiting += 1;
        debug_assert!(self.waiting <= STACK);
        while !ANY && at > first {
            let below = self.waiting_at(at - 1);
            if below.1 >= child.1 {
                break;
            }
            // SAFETY: as below, and `at` only falls.
            unsafe { *self.stack.get_unchecked_mut(at) = MaybeUninit::new(below) };
            at -= 1;
        }
        // SAFETY: a walk down leaves at most seven children of each level waiting, and the stack
        // has room for that on as many levels as a hierarchy can have.
        unsafe { *self.stack.get_unchecked_mut(at) = MaybeUninit::new(child) };
    }
}
