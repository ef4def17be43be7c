//! What is built is a person.

use crate::{PACK, assets};
use glam::Vec3;
use reverie_avatar::{FaceShape, HumanBone};
use reverie_body::{Ancestry, AvatarSpec, Body, BodyMesh, Bottom, HairStyle, Outfit, Top};
use std::fs;

fn extremes() -> Vec<AvatarSpec> {
    let base = AvatarSpec::default();
    let one = |african: f32, asian: f32, european: f32| Ancestry { african, asian, european };
    let mut wild = base.clone();
    wild.face = PACK.sliders().map(|name| (name.to_owned(), 0.5)).collect();
    let mut specs = vec![
        AvatarSpec { age: 4.0, height_m: 0.95, ..base.clone() },
        AvatarSpec {
            age: 90.0,
            sex: 0.0,
            weight: 0.0,
            muscle: 0.0,
            height_m: 1.45,
            ..base.clone()
        },
        AvatarSpec { sex: 1.0, weight: 1.0, muscle: 1.0, height_m: 2.2, ..base.clone() },
        AvatarSpec {
            sex: 0.0,
            weight: 1.0,
            bust: 1.0,
            ancestry: one(1.0, 0.0, 0.0),
            ..base.clone()
        },
        AvatarSpec { sex: 0.0, proportions: 0.0, bust: 0.0, ancestry: one(0.0, 1.0, 0.0), ..base },
        wild,
    ];
    let styles = HairStyle::ALL.into_iter().cycle();
    for ((at, spec), style) in specs.iter_mut().enumerate().zip(styles.skip(1)) {
        spec.hair.style = style;
        spec.outfit = Outfit {
            top: Top::ALL[at % Top::ALL.len()],
            bottom: Bottom::ALL[(at / 2) % Bottom::ALL.len()],
            ..spec.outfit
        };
    }
    specs
}

fn mesh<'a>(body: &'a Body, name: &str) -> &'a BodyMesh {
    body.meshes.iter().find(|mesh| mesh.name == name).unwrap()
}

fn finite<const N: usize>(values: &[[f32; N]]) -> bool {
    values.iter().flatten().all(|v| v.is_finite())
}

#[test]
fn extreme_people_are_whole() {
    for spec in extremes() {
        let body = Body::build(&PACK, &spec).unwrap();
        for mesh in &body.meshes {
            let (name, count) = (&mesh.name, mesh.positions.len());
            assert!(count > 0 && !mesh.indices.is_empty(), "{name} is empty");
            assert!(finite(&mesh.positions) && finite(&mesh.normals), "{name}");
            assert!(finite(&mesh.tangents) && finite(&mesh.uvs), "{name}");
            for length in
                [mesh.normals.len(), mesh.tangents.len(), mesh.uvs.len(), mesh.joints.len()]
            {
                assert_eq!(length, count, "{name}");
            }
            assert!(mesh.indices.iter().all(|at| (*at as usize) < count), "{name}");
            for (joints, weights) in mesh.joints.iter().zip(&mesh.weights) {
                assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{name}: {weights:?}");
                assert!(joints.iter().all(|j| usize::from(*j) < body.skeleton.bones.len()));
            }
            for normal in &mesh.normals {
                assert!((Vec3::from(*normal).length() - 1.0).abs() < 1e-3, "{name}: {normal:?}");
            }
            for target in &mesh.targets {
                assert!(finite(&target.positions) && finite(&target.normals));
                assert_eq!(target.vertices.len(), target.positions.len());
                assert!(target.vertices.windows(2).all(|pair| pair[0] < pair[1]));
                assert!(target.vertices.iter().all(|at| (*at as usize) < count));
                assert!(target.positions.iter().all(|p| Vec3::from(*p).length() < 0.12));
            }
            for place in &mesh.positions {
                assert!((-0.02..spec.height_m + 0.2).contains(&place[1]), "{name}: {place:?}");
                assert!(place[0].abs() < 0.75 * spec.height_m && place[2].abs() < 0.6);
            }
        }
    }
}

#[test]
fn people_are_as_tall_as_asked() {
    for spec in extremes() {
        let body = Body::build(&PACK, &spec).unwrap();
        let skin = mesh(&body, "head").positions.iter();
        let crown = skin.map(|p| p[1]).fold(f32::MIN, f32::max);
        assert!((crown - spec.height_m).abs() < 0.01, "{crown} for {}", spec.height_m);
    }
}

#[test]
fn bones_are_inside_the_body_and_in_the_t_pose() {
    for spec in extremes() {
        let body = Body::build(&PACK, &spec).unwrap();
        let all: Vec<Vec3> =
            body.meshes.iter().flat_map(|m| m.positions.iter().map(|p| Vec3::from(*p))).collect();
        for bone in &body.skeleton.bones {
            // Something of the body is on every side of a bone.
            let around: Vec<Vec3> =
                all.iter().map(|p| *p - bone.position).filter(|p| p.length() < 0.3).collect();
            for side in [Vec3::X, Vec3::NEG_X, Vec3::Y, Vec3::NEG_Y, Vec3::Z, Vec3::NEG_Z] {
                assert!(around.iter().any(|p| p.dot(side) > 0.0), "{} {side}", bone.name);
            }
        }
        let place = |bone| body.rig.rest(bone);
        for [upper, lower, hand] in [
            [HumanBone::LeftUpperArm, HumanBone::LeftLowerArm, HumanBone::LeftHand],
            [HumanBone::RightUpperArm, HumanBone::RightLowerArm, HumanBone::RightHand],
        ] {
            assert!((place(upper).y - place(hand).y).abs() < 0.01);
            assert!((place(lower).z - place(hand).z).abs() < 0.01);
        }
        assert!(place(HumanBone::LeftHand).x > 0.2 * spec.height_m);
    }
}

#[test]
fn every_shape_of_the_face_moves_it() {
    let body = Body::build(&PACK, &AvatarSpec::default()).unwrap();
    for shape in FaceShape::ALL {
        let moved = body.meshes.iter().flat_map(|m| &m.targets).filter(|t| t.shape == Some(shape));
        let far =
            moved.flat_map(|t| &t.positions).map(|p| Vec3::from(*p).length()).fold(0.0, f32::max);
        assert!(far > 0.0005, "{}: {far}", shape.name());
    }
}

/// Positions of a mesh with one shape at full weight.
fn shaped(mesh: &BodyMesh, shape: FaceShape) -> Vec<Vec3> {
    let mut places: Vec<Vec3> = mesh.positions.iter().map(|p| Vec3::from(*p)).collect();
    for target in mesh.targets.iter().filter(|t| t.shape == Some(shape)) {
        for (at, step) in target.vertices.iter().zip(&target.positions) {
            places[*at as usize] += Vec3::from(*step);
        }
    }
    places
}

#[test]
fn shapes_of_left_and_right_mirror_each_other() {
    let body = Body::build(&PACK, &AvatarSpec::default()).unwrap();
    let head = mesh(&body, "head");
    let flip = Vec3::new(-1.0, 1.0, 1.0);
    for shape in [FaceShape::EyeBlinkLeft, FaceShape::MouthSmileLeft, FaceShape::BrowDownLeft] {
        let (left, right) = (shaped(head, shape), shaped(head, shape.mirrored()));
        let moved = |places: &[Vec3]| -> Vec<Vec3> {
            let pairs = places.iter().zip(&head.positions);
            pairs
                .filter(|(p, rest)| p.distance(Vec3::from(**rest)) > 0.001)
                .map(|(p, _)| *p)
                .collect()
        };
        let (left, right) = (moved(&left), moved(&right));
        assert!(!left.is_empty());
        for place in &left {
            let twin = right.iter().map(|p| (*p * flip).distance(*place)).fold(f32::MAX, f32::min);
            assert!(twin < 0.0025, "{}: {place} has no twin ({twin})", shape.name());
        }
    }
}

/// The tallest slit through which the eyeball is seen straight from the front, metres.
fn slit(body: &Body, shape: Option<FaceShape>) -> f32 {
    let head = mesh(body, "head");
    let places = match shape {
        Some(shape) => shaped(head, shape),
        None => head.positions.iter().map(|p| Vec3::from(*p)).collect(),
    };
    let eye = body.rig.rest(HumanBone::LeftEye);
    let mut tallest = 0.0f32;
    for column in -8..=8 {
        let x = eye.x + 0.0008 * column as f32;
        let mut open = 0.0f32;
        for row in -60..=60 {
            let y = eye.y + 0.00025 * row as f32;
            let covered = head.indices.chunks_exact(3).any(|t| {
                let [a, b, c] = [t[0], t[1], t[2]].map(|at| places[at as usize]);
                if a.z.max(b.z).max(c.z) < eye.z + 0.004 || (a.y - y).abs() > 0.02 {
                    return false;
                }
                let side = |p: Vec3, q: Vec3| (q.x - p.x) * (y - p.y) - (q.y - p.y) * (x - p.x);
                let (u, v, w) = (side(a, b), side(b, c), side(c, a));
                (u >= 0.0 && v >= 0.0 && w >= 0.0) || (u <= 0.0 && v <= 0.0 && w <= 0.0)
            });
            open += if covered { 0.0 } else { 0.00025 };
        }
        tallest = tallest.max(open);
    }
    tallest
}

#[test]
fn a_blink_closes_the_eye() {
    let base = AvatarSpec::default();
    for spec in [
        base.clone(),
        AvatarSpec { age: 8.0, height_m: 1.28, sex: 0.0, ..base.clone() },
        AvatarSpec { age: 80.0, sex: 1.0, ..base },
        AvatarSpec::random(3),
        AvatarSpec::random(11),
    ] {
        let body = Body::build(&PACK, &spec).unwrap();
        let open = slit(&body, None);
        assert!(open > 0.004, "{}: open eyes are {open} m open", spec.name);
        let shut = slit(&body, Some(FaceShape::EyeBlinkLeft));
        assert!(shut < 0.001, "{}: a blink leaves {shut} m", spec.name);
    }
}

#[test]
fn the_same_spec_makes_the_same_person_and_others_another() {
    let [a, b, c] =
        [1, 1, 2].map(|seed| Body::build(&PACK, &AvatarSpec::random(seed)).unwrap().fingerprint());
    assert_eq!(a, b);
    assert_ne!(a, c);
}

#[test]
fn random_people_can_all_be_built_and_differ() {
    let mut hashes: Vec<u64> = (0..16)
        .map(|seed| {
            let spec = AvatarSpec::random(seed);
            spec.check().unwrap();
            let again = AvatarSpec::from_ron(&spec.to_ron()).unwrap();
            assert_eq!(again, spec);
            Body::build(&PACK, &spec).unwrap().fingerprint()
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 16);
}

#[test]
fn presets_can_be_built() {
    let mut ages = Vec::new();
    for entry in fs::read_dir(assets().join("presets")).unwrap() {
        let spec =
            AvatarSpec::from_ron(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        assert!(!spec.name.is_empty());
        Body::build(&PACK, &spec).unwrap();
        ages.push(spec.age);
    }
    assert_eq!(ages.len(), 8);
    assert!(ages.iter().any(|age| *age < 13.0));
    assert!(ages.iter().filter(|age| **age > 65.0).count() >= 2);
}
