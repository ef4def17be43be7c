use glam::{Quat, Vec3};
use reverie_body::{
    Bone, Skeleton,
    vrm::{BonePlaces, Collider, Spring, SpringBones, SpringJoint, SpringState},
};

/// A head, and a plait of four bones that stands out backwards from it.
fn plait() -> (Skeleton, SpringBones) {
    let bone = |name: &str, parent: Option<usize>, position: Vec3| Bone {
        name: name.to_owned(),
        human: None,
        parent,
        position,
        rotation: Quat::IDENTITY,
    };
    let mut bones = vec![bone("head", None, Vec3::new(0.0, 1.5, 0.0))];
    for at in 0..4 {
        let place = Vec3::new(0.0, 1.5, -0.1 - 0.1 * at as f32);
        bones.push(bone("plait", Some(at), place));
    }
    let joint = |bone: usize| SpringJoint {
        bone,
        tail: Vec3::new(0.0, 0.0, -0.1),
        hit_radius: 0.02,
        stiffness: 0.2,
        gravity_power: 0.3,
        gravity_dir: Vec3::NEG_Y,
        drag: 0.3,
    };
    let spring = Spring { joints: (1..5).map(joint).collect(), ..Spring::default() };
    (Skeleton { bones }, SpringBones { colliders: Vec::new(), springs: vec![spring] })
}

fn tip(places: &BonePlaces) -> Vec3 {
    places.positions[4] + places.rotations[4] * Vec3::new(0.0, 0.0, -0.1)
}

/// The head nods and moves; the tip's places at every sixtieth of a second.
fn swing(springs: &SpringBones, skeleton: &Skeleton, rate: usize, secs: f32) -> Vec<Vec3> {
    let rest = BonePlaces::rest(skeleton);
    let mut state = SpringState::new(springs, skeleton, &rest);
    let mut tips = Vec::new();
    for step in 1..=(secs * rate as f32) as usize {
        let time = step as f32 / rate as f32;
        let turn = Quat::from_rotation_y(0.6 * (2.0 * time).sin());
        let mut places = rest.clone();
        for (place, rotation) in places.positions.iter_mut().zip(&mut places.rotations) {
            *place = rest.positions[0] + turn * (*place - rest.positions[0]);
            *rotation = turn;
        }
        state.step(springs, skeleton, &mut places, 1.0 / rate as f32);
        if step % (rate / 30) == 0 {
            tips.push(tip(&places));
        }
    }
    tips
}

#[test]
fn what_swings_falls_and_comes_to_rest_and_keeps_its_length() {
    let (skeleton, springs) = plait();
    let rest = BonePlaces::rest(&skeleton);
    let mut state = SpringState::new(&springs, &skeleton, &rest);
    let mut last = tip(&rest);
    let mut moved = 0.0;
    for _ in 0..600 {
        let mut places = rest.clone();
        state.step(&springs, &skeleton, &mut places, 1.0 / 60.0);
        for pair in places.positions[1..].windows(2) {
            assert!((pair[0].distance(pair[1]) - 0.1).abs() < 1e-4);
        }
        moved = tip(&places).distance(last);
        last = tip(&places);
    }
    assert!(moved < 1e-5, "{moved}");
    // Stiffness 0.2 backwards (each bone from the one before), gravity 0.3 down.
    assert!(last.y < 1.5 - 0.25, "{last}");
    assert!(last.z < -0.1 && last.x.abs() < 1e-5, "{last}");
}

#[test]
fn one_step_at_sixty_a_second_is_the_rule_of_vrm() {
    let (skeleton, springs) = plait();
    let rest = BonePlaces::rest(&skeleton);
    let mut state = SpringState::new(&springs, &skeleton, &rest);
    let dt = 1.0 / 60.0;
    let mut before = rest.positions[1] + Vec3::new(0.0, 0.0, -0.1);
    let mut now = before;
    for step in 0..5 {
        let shift = Vec3::X * 0.01 * step as f32;
        let mut places = rest.clone();
        places.positions.iter_mut().for_each(|place| *place += shift);
        let head = places.positions[1];
        let next =
            now + (now - before) * (1.0 - 0.3) + Vec3::NEG_Z * 0.2 * dt + Vec3::NEG_Y * 0.3 * dt;
        let next = head + (next - head).normalize() * 0.1;
        (before, now) = (now, next);
        state.step(&springs, &skeleton, &mut places, dt);
        let is = places.positions[1] + places.rotations[1] * Vec3::new(0.0, 0.0, -0.1);
        assert!(is.distance(now) < 1e-5, "{step}: {is} {now}");
    }
}

#[test]
fn the_motion_hardly_depends_on_the_frame_rate() {
    let (skeleton, springs) = plait();
    let fine = swing(&springs, &skeleton, 240, 4.0);
    let travel = fine.iter().map(|p| p.distance(fine[0])).fold(0.0, f32::max);
    assert!(travel > 0.2, "{travel}");
    // What is left is the lag of one step.
    for (rate, most) in [(120, 0.02), (60, 0.045), (30, 0.08)] {
        let coarse = swing(&springs, &skeleton, rate, 4.0);
        let apart = fine.iter().zip(&coarse).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
        assert!(apart < most, "{rate}: {apart} of {travel}");
    }
}

#[test]
fn what_swings_does_not_enter_colliders() {
    let (skeleton, mut springs) = plait();
    for tail in [Vec3::new(0.0, -0.15, -0.25), Vec3::new(0.3, -0.15, -0.25)] {
        let offset = Vec3::new(0.0, -0.15, -0.25);
        springs.colliders = vec![Collider { bone: 0, offset, tail, radius: 0.1 }];
        springs.springs[0].colliders = vec![0, 7];
        let rest = BonePlaces::rest(&skeleton);
        let mut state = SpringState::new(&springs, &skeleton, &rest);
        let centre = rest.positions[0] + offset;
        let mut nearest = f32::MAX;
        for _ in 0..240 {
            let mut places = rest.clone();
            state.step(&springs, &skeleton, &mut places, 1.0 / 60.0);
            let ends = places.positions[2..].iter().copied().chain([tip(&places)]);
            nearest = ends.map(|end| end.distance(centre)).fold(nearest, f32::min);
        }
        // Radius 0.1 and 0.02; keeping the length lets it in by a little.
        assert!(nearest > 0.11 && nearest < 0.2, "{nearest}");
    }
}

#[test]
fn speed_is_counted_within_the_centre_and_pauses_do_no_harm() {
    let (skeleton, mut springs) = plait();
    springs.springs[0].joints.iter_mut().for_each(|joint| joint.gravity_power = 0.0);
    let run = |springs: &SpringBones| {
        let rest = BonePlaces::rest(&skeleton);
        let mut state = SpringState::new(springs, &skeleton, &rest);
        let mut most = 0.0f32;
        for step in 0..60 {
            let shift = Vec3::X * 0.05 * step as f32;
            let mut places = rest.clone();
            places.positions.iter_mut().for_each(|place| *place += shift);
            state.step(springs, &skeleton, &mut places, 1.0 / 60.0);
            most = most.max((tip(&places) - shift).distance(tip(&rest)));
        }
        most
    };
    assert!(run(&springs) > 0.1, "a walk blows the hair");
    springs.springs[0].center = Some(0);
    assert!(run(&springs) < 1e-3, "unless it is counted from the head");

    let rest = BonePlaces::rest(&skeleton);
    let mut state = SpringState::new(&springs, &skeleton, &rest);
    for dt in [0.0, f32::NAN, 1e9, -1.0, 0.016] {
        let mut places = rest.clone();
        state.step(&springs, &skeleton, &mut places, dt);
        assert!(places.positions.iter().all(|place| place.is_finite()), "{dt}");
    }
    // Places of another body are left as they are.
    let mut other = BonePlaces { positions: vec![Vec3::ONE], rotations: vec![Quat::IDENTITY] };
    state.step(&springs, &skeleton, &mut other, 0.016);
    assert_eq!(other.positions, [Vec3::ONE]);
}
