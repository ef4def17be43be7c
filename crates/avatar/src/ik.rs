//! Two bones that reach for a point: arms and legs.

use glam::{Mat3, Quat, Vec3};

/// A limb at rest: where its two bones begin and end in model space, and the axis about which its
/// joint in the middle bends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limb {
    upper: Vec3,
    lower: Vec3,
    hinge: Vec3,
}

/// Rotations of normalised bones in model space, and where the limb got to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// Of the upper bone.
    pub upper: Quat,
    /// Of the lower bone.
    pub lower: Quat,
    /// Where the joint in the middle is, in model space.
    pub middle: Vec3,
    /// Where the end is, in model space.
    pub end: Vec3,
}

impl Limb {
    /// The least angle between the bones, radians: an elbow or knee bends no further.
    pub const MIN_FOLD: f32 = 0.55;

    /// A limb whose joints rest at these places. It bends about `hinge` (right-handed: from the upper
    /// bone's direction to the lower one's).
    pub fn new(root: Vec3, middle: Vec3, end: Vec3, hinge: Vec3) -> Self {
        Self { upper: middle - root, lower: end - middle, hinge }
    }

    /// The length of both bones, metres.
    pub fn length(&self) -> f32 {
        self.upper.length() + self.lower.length()
    }

    /// The least distance between its ends, metres.
    pub fn shortest(&self) -> f32 {
        let (a, b) = (self.upper.length(), self.lower.length());
        (a * a + b * b - 2.0 * a * b * Self::MIN_FOLD.cos()).max(0.0).sqrt()
    }

    /// Rotations in model space that lay the bones along two directions, bent about `hinge`.
    pub(crate) fn lay(&self, upper: Vec3, lower: Vec3, hinge: Vec3) -> (Quat, Quat) {
        (turn(self.upper, self.hinge, upper, hinge), turn(self.lower, self.hinge, lower, hinge))
    }

    /// Reaches from `root` for `target` with the middle joint towards `pole` (a direction). A target
    /// out of reach is met as nearly as the limb allows. Never gives anything that is not finite for
    /// finite input.
    pub fn reach(&self, root: Vec3, target: Vec3, pole: Vec3) -> Reached {
        let (a, b) = (self.upper.length(), self.lower.length());
        let to = target - root;
        let along = to.try_normalize().unwrap_or(Vec3::NEG_Y);
        let far = to.length().clamp(self.shortest(), (a + b) * 0.9999);
        let side = (pole - along * pole.dot(along))
            .try_normalize()
            .unwrap_or_else(|| along.any_orthonormal_vector());
        let cosine = ((a * a + far * far - b * b) / (2.0 * a * far)).clamp(-1.0, 1.0);
        let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
        let middle = root + a * (along * cosine + side * sine);
        let end = root + along * far;
        // The joint lies towards `side`, so the limb bends back from there to its line.
        let hinge = side.cross(along);
        Reached {
            upper: turn(self.upper, self.hinge, middle - root, hinge),
            lower: turn(self.lower, self.hinge, end - middle, hinge),
            middle,
            end,
        }
    }
}

/// The rotation that takes one direction to another and, as nearly as possible, one axis to another.
fn turn(from: Vec3, from_axis: Vec3, to: Vec3, to_axis: Vec3) -> Quat {
    Quat::from_mat3(&(frame(to, to_axis) * frame(from, from_axis).transpose())).normalize()
}

fn frame(along: Vec3, axis: Vec3) -> Mat3 {
    let x = along.try_normalize().unwrap_or(Vec3::X);
    let z = (axis - x * axis.dot(x)).try_normalize().unwrap_or_else(|| x.any_orthonormal_vector());
    Mat3::from_cols(x, z.cross(x), z)
}
