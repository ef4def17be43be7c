//! Two-bone limbs: reach, limits, no input that breaks them.

use glam::Vec3;
use proptest::prelude::*;
use reverie_avatar::Limb;

fn point(most: f32) -> impl Strategy<Value = Vec3> {
    (-most..most, -most..most, -most..most).prop_map(|(x, y, z)| Vec3::new(x, y, z))
}

fn arm() -> Limb {
    Limb::new(Vec3::ZERO, Vec3::X * 0.27, Vec3::X * 0.52, -Vec3::Y)
}

proptest! {
    #[test]
    fn what_is_within_reach_is_reached(
        root in point(3.0), way in point(1.0), part in 0.0f32..1.0, pole in point(1.0),
    ) {
        let limb = arm();
        let way = way.try_normalize().unwrap_or(Vec3::X);
        let far = limb.shortest() + (0.9995 * limb.length() - limb.shortest()) * part;
        let target = root + way * far;
        let reached = limb.reach(root, target, pole);
        prop_assert!(reached.end.distance(target) < 1e-4);
        // The rotations say the same as the places, and keep the bones' lengths.
        let middle = root + reached.upper * (Vec3::X * 0.27);
        prop_assert!(middle.distance(reached.middle) < 1e-4);
        prop_assert!((middle + reached.lower * (Vec3::X * 0.25)).distance(target) < 2e-4);
        // The elbow bends towards its pole, one way only and no further than it can.
        let bend = (reached.upper.inverse() * reached.lower) * Vec3::X;
        prop_assert!(bend.z > -1e-3 && bend.y.abs() < 1e-3, "a hinge: {bend}");
        let fold = std::f32::consts::PI - bend.x.clamp(-1.0, 1.0).acos();
        prop_assert!(fold >= Limb::MIN_FOLD - 1e-3);
        let side = pole - way * pole.dot(way);
        if side.length() > 0.05 {
            prop_assert!((reached.middle - root).dot(side) > -1e-4);
        }
    }

    #[test]
    fn nothing_breaks_a_limb(
        root in point(1e4), target in point(1e4), pole in point(1.0), kind in 0..5,
    ) {
        let target = match kind {
            0 => root,
            1 => root + Vec3::splat(1e-12),
            2 => root + pole,
            _ => target,
        };
        let pole = if kind == 3 { Vec3::ZERO } else { pole };
        let reached = arm().reach(root, target, pole);
        prop_assert!(reached.upper.is_finite() && reached.lower.is_finite());
        prop_assert!(reached.upper.is_normalized() && reached.lower.is_normalized());
        prop_assert!(reached.end.is_finite() && reached.middle.is_finite());
        prop_assert!(reached.end.distance(root) <= arm().length() * 1.001 + 2e-3);
    }

    /// A target that moves smoothly moves the joints smoothly, at full stretch, too.
    #[test]
    fn no_jumps_across_the_limits(way in point(1.0), step in point(1.0), far in 0.05f32..0.8) {
        let way = way.try_normalize().unwrap_or(Vec3::X);
        let pole = Vec3::new(0.45, -0.85, -0.35);
        prop_assume!(way.dot(pole.normalize()).abs() < 0.97);
        let target = way * far;
        let a = arm().reach(Vec3::ZERO, target, pole);
        let b = arm().reach(Vec3::ZERO, target + 1e-4 * step, pole);
        prop_assert!(a.middle.distance(b.middle) < 0.01, "{} {}", a.middle, b.middle);
    }
}
