//! A warehouse, 90 to 130 m by 70 to 95 m: another ground plan for every seed.
//!
//! Its floor lies at height 0, the docks at +Z, the yard outside 1.2 m lower. What moves follows
//! simple rules, which stand in `traffic` (forklifts and workers) and in `boxes` (loose boxes):
//! forklifts drive loops around racks, stop for everybody and lift their forks at stations;
//! workers walk rounds, wait for what stands in their way and turn back when it stays; loose boxes
//! are pushed, stop at what they meet, fall off edges, and are carried while `interact` is held.

mod boxes;
mod casting;
mod figures;
mod fittings;
mod footing;
mod goods;
mod life;
mod overhead;
mod plan;
mod shell;
mod storage;
mod traffic;
mod yard;

use glam::Vec3;

use self::goods::Goods;
use self::plan::Plan;
use self::shell::Stock;
use super::{EYE_HEIGHT_M, SceneOptions, Stage};
use crate::conditions::Enclosure;
use crate::living::Living;
use crate::random::Rng;
use crate::scene::Scene;

pub(super) fn build(
    scene: &mut Scene,
    rng: &mut Rng,
    options: &SceneOptions,
) -> (Stage, Option<Box<dyn Living>>) {
    let plan = Plan::new(rng, options.roam);
    let stock = Stock::new(scene);
    shell::build(scene, rng, &plan, &stock);
    let goods = Goods::new(scene, rng, if options.roam { 48 } else { 16 });
    storage::build(scene, rng, &plan, &stock, &goods);
    fittings::build(scene, rng, &plan, &stock);
    let living: Option<Box<dyn Living>> = if options.roam {
        Some(Box::new(casting::cast(scene, rng, &plan, &stock, &goods)))
    } else {
        None
    };
    let (hx, hz) = (plan.half.x, plan.half.y);
    scene.enclosure = Some(Enclosure {
        min: Vec3::new(-hx - 0.1, -0.2, -hz - 0.1),
        max: Vec3::new(hx + 0.1, plan.height + 0.05, hz + 0.1),
        daylight: 0.05,
        sunless: false,
        lamp_light: Vec3::ZERO,
        gain: 3.1,
    });
    let lane = plan.aisles[rng.below(plan.aisles.len())];
    let stage = Stage {
        min: Vec3::new(-hx + 1.0, 0.5, -hz + 1.0),
        max: Vec3::new(hx - 1.0, plan.height * 0.7, hz - 1.0),
        near_m: 0.6,
        focus: None,
        start: Vec3::new(lane.x, EYE_HEIGHT_M, plan.south() + 4.1),
        start_yaw: 0.0,
    };
    (stage, living)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use glam::Vec3;
    use reverie_world_model::Weather;

    use crate::conditions::Conditions;
    use crate::random::Rng;
    use crate::rays::geometry::Ray;
    use crate::scenes::{BuiltScene, SceneKind, SceneOptions};

    #[test]
    fn where_the_roof_lets_no_sun_in_a_ray_meets_something() {
        let built = BuiltScene::new(&SceneOptions {
            kind: SceneKind::Warehouse,
            seed: 3,
            conditions: Conditions::new(Weather::Clear, 12.0),
            roam: false,
            photos: Arc::from([]),
        });
        let roof = built.scene.roof.as_ref().expect("a warehouse has a roof");
        let mut rng = Rng::new(8);
        let (mut dark, mut sunny) = (0, 0);
        for _ in 0..3000 {
            let origin = Vec3::new(
                rng.range(roof.min.x, roof.max.x),
                rng.range(0.01, roof.y - 0.3),
                rng.range(roof.min.y, roof.max.y),
            );
            let dir = Vec3::new(rng.normal(), rng.range(0.05, 1.5), rng.normal()).normalize();
            let ray = Ray { origin, dir };
            let blocked = built.scene.blocked(&ray, 1e-4, 2e4);
            if roof.lets_in(origin, dir) {
                sunny += i32::from(!blocked);
            } else {
                assert!(blocked, "{ray:?}");
                dark += 1;
            }
        }
        assert!(dark > 1500 && sunny > 5, "{dark} dark, {sunny} sunny");
    }
}
