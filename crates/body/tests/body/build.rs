//! What is built is a person.

use crate::{PACK, assets};
use glam::{Quat, Vec3};
use rayon::prelude::*;
use reverie_avatar::{FaceShape, HumanBone};
use reverie_body::{Ancestry, AvatarSpec, Body, BodyMesh, Bottom, HairStyle, Outfit, Pack, Top};
use std::{collections::BTreeMap, fs};

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

pub(crate) fn mesh<'a>(body: &'a Body, name: &str) -> &'a BodyMesh {
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

/// Positions of a mesh with shapes at full weight.
pub(crate) fn shaped(mesh: &BodyMesh, shapes: &[FaceShape]) -> Vec<Vec3> {
    let mut places: Vec<Vec3> = mesh.positions.iter().map(|p| Vec3::from(*p)).collect();
    for target in mesh.targets.iter().filter(|t| t.shape.is_some_and(|s| shapes.contains(&s))) {
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
        let (left, right) = (shaped(head, &[shape]), shaped(head, &[shape.mirrored()]));
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

/// The tallest slit in a face, straight from the front, within 6.4 mm to both sides and 20 mm up and
/// down of a middle; only triangles whose middle is not farther back than `least_z` close it. Metres.
pub(crate) fn slit(head: &BodyMesh, shapes: &[FaceShape], middle: Vec3, least_z: f32) -> f32 {
    let places = shaped(head, shapes);
    let near: Vec<[Vec3; 3]> = head
        .indices
        .chunks_exact(3)
        .map(|t| [t[0], t[1], t[2]].map(|at| places[at as usize]))
        .filter(|[a, b, c]| (a.z + b.z + c.z) / 3.0 > least_z && (*a - middle).length() < 0.06)
        .collect();
    let mut tallest = 0.0f32;
    for column in -8..=8 {
        let x = middle.x + 0.0008 * column as f32;
        let mut open = 0.0f32;
        for row in -80..=80 {
            let y = middle.y + 0.00025 * row as f32;
            let covered = near.iter().any(|[a, b, c]| {
                let side = |p: &Vec3, q: &Vec3| (q.x - p.x) * (y - p.y) - (q.y - p.y) * (x - p.x);
                let (u, v, w) = (side(a, b), side(b, c), side(c, a));
                (u >= 0.0 && v >= 0.0 && w >= 0.0) || (u <= 0.0 && v <= 0.0 && w <= 0.0)
            });
            open += if covered { 0.0 } else { 0.00025 };
        }
        tallest = tallest.max(open);
    }
    tallest
}

pub(crate) fn people_of_all_kinds() -> Vec<AvatarSpec> {
    let base = AvatarSpec::default();
    vec![
        base.clone(),
        AvatarSpec { age: 8.0, height_m: 1.28, sex: 0.0, ..base.clone() },
        AvatarSpec { age: 80.0, sex: 1.0, ..base },
        AvatarSpec::random(3),
        AvatarSpec::random(11),
    ]
}

#[test]
fn a_blink_closes_the_eye() {
    for spec in people_of_all_kinds() {
        let body = Body::build(&PACK, &spec).unwrap();
        let head = mesh(&body, "head");
        for (bone, lid) in [
            (HumanBone::LeftEye, FaceShape::EyeBlinkLeft),
            (HumanBone::RightEye, FaceShape::EyeBlinkRight),
        ] {
            let eye = body.rig.rest(bone);
            let open = slit(head, &[], eye, eye.z + 0.003);
            assert!(open > 0.004, "{}: open eyes are {open} m open", spec.name);
            let shut = slit(head, &[lid], eye, eye.z + 0.003);
            assert!(shut < 0.001, "{}: a blink leaves {shut} m", spec.name);
        }
    }
}

/// Places and normals of face and lining of the mouth, which meet between the lips.
fn face_and_mouth(body: &Body, shapes: &[FaceShape]) -> Vec<(Vec3, Vec3)> {
    let normals = |mesh: &BodyMesh| mesh.normals.iter().map(|n| Vec3::from(*n)).collect::<Vec<_>>();
    ["head", "mouth"]
        .map(|name| mesh(body, name))
        .into_iter()
        .flat_map(|mesh| shaped(mesh, shapes).into_iter().zip(normals(mesh)))
        .collect()
}

/// Vertices of the lower and the upper lip that lie on one another at rest.
fn meeting_lips(body: &Body) -> Vec<[usize; 2]> {
    // The upper lip is what rolls in the farthest.
    let target = |mesh: &BodyMesh| {
        let roll =
            mesh.targets.iter().find(|t| t.shape == Some(FaceShape::MouthRollUpper)).cloned();
        let roll = roll.unwrap();
        let far = |at: &usize| Vec3::from(roll.positions[*at]).length();
        let at = (0..roll.vertices.len()).max_by(|a, b| far(a).total_cmp(&far(b))).unwrap();
        Vec3::from(mesh.positions[roll.vertices[at] as usize])
    };
    let lip = target(mesh(body, "head"));
    let all = face_and_mouth(body, &[]);
    let near = |at: &usize| {
        let p = all[*at].0;
        p.x.abs() < 0.014 && (p.y - lip.y).abs() < 0.016 && p.z > lip.z - 0.012
    };
    let lips: Vec<usize> = (0..all.len()).filter(near).collect();
    let (lower, upper): (Vec<usize>, Vec<usize>) =
        lips.into_iter().filter(|at| all[*at].1.y.abs() > 0.35).partition(|at| all[*at].1.y > 0.0);
    lower
        .into_iter()
        .filter_map(|low| {
            let away = |at: &usize| all[*at].0.distance(all[low].0);
            let high = upper.iter().copied().min_by(|a, b| away(a).total_cmp(&away(b)))?;
            (away(&high) < 0.003 && all[high].0.y > all[low].0.y - 0.002).then_some([low, high])
        })
        .collect()
}

#[test]
fn a_closed_mouth_is_closed_though_the_jaw_hangs() {
    for spec in people_of_all_kinds() {
        let body = Body::build(&PACK, &spec).unwrap();
        let pairs = meeting_lips(&body);
        assert!(pairs.len() >= 4, "{}: {} pairs", spec.name, pairs.len());
        let gaps = |shapes: &[FaceShape]| -> Vec<f32> {
            let all = face_and_mouth(&body, shapes);
            pairs.iter().map(|[low, high]| all[*high].0.y - all[*low].0.y).collect()
        };
        let rest = gaps(&[]);
        let most = |shapes: &[FaceShape]| {
            let now = gaps(shapes);
            now.iter().zip(&rest).map(|(now, rest)| now - rest).fold(f32::MIN, f32::max)
        };
        let open = most(&[FaceShape::JawOpen]);
        assert!(open > 0.006, "{}: an open mouth is {open} m open", spec.name);
        let shut = most(&[FaceShape::JawOpen, FaceShape::MouthClose]);
        assert!(shut < 0.0015, "{}: a closed mouth leaves {shut} m", spec.name);
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
fn any_number_of_threads_makes_the_same_person() {
    let prints = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        // Maps of the skin are made anew, too.
        let pack = Pack::from_content(PACK.content().clone()).unwrap();
        pool.install(|| Body::build(&pack, &AvatarSpec::random(5)).unwrap().fingerprint())
    });
    assert_eq!(prints[0], prints[1]);
    assert_eq!(prints[0], prints[2]);
}

#[test]
fn many_first_bodies_at_once_do_not_wait_for_one_another() {
    let pack = Pack::from_content(PACK.content().clone()).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let bodies: Vec<u64> = pool.install(|| {
        let seeds = (0..6u64).into_par_iter();
        seeds
            .map(|seed| Body::build(&pack, &AvatarSpec::random(seed)).unwrap().fingerprint())
            .collect()
    });
    assert_eq!(bodies[4], Body::build(&PACK, &AvatarSpec::random(4)).unwrap().fingerprint());
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

/// A mesh's places with the arms hanging.
fn with_arms_down(body: &Body, mesh: &BodyMesh) -> Vec<Vec3> {
    let bones = &body.skeleton.bones;
    let arm = |human, degrees: f32| {
        let at = body.skeleton.find(human).unwrap();
        (at, Quat::from_rotation_z(degrees.to_radians()))
    };
    let arms = [arm(HumanBone::LeftUpperArm, -70.0), arm(HumanBone::RightUpperArm, 70.0)];
    let moved = |place: Vec3, mut bone: usize| {
        loop {
            if let Some((_, turn)) = arms.iter().find(|(arm, _)| *arm == bone) {
                let joint = bones[bone].position;
                return joint + *turn * (place - joint);
            }
            match bones[bone].parent {
                Some(parent) => bone = parent,
                None => return place,
            }
        }
    };
    let skinned = |at: usize| {
        let place = Vec3::from(mesh.positions[at]);
        let bones = mesh.joints[at].into_iter().zip(mesh.weights[at]);
        bones.map(|(joint, weight)| weight * moved(place, usize::from(joint))).sum()
    };
    (0..mesh.positions.len()).map(skinned).collect()
}

#[test]
fn collars_are_straight_when_arms_hang() {
    for top in Top::ALL {
        let spec = AvatarSpec {
            outfit: Outfit { top, ..AvatarSpec::default().outfit },
            ..AvatarSpec::default()
        };
        let body = Body::build(&PACK, &spec).unwrap();
        let mesh = mesh(&body, "top");
        let posed = with_arms_down(&body, mesh);
        // What is one place is one vertex, also where two pieces of the texture meet.
        let key = |at: u32| mesh.positions[at as usize].map(f32::to_bits);
        let mut sides = BTreeMap::<_, (u32, Vec<u32>)>::new();
        for triangle in mesh.indices.chunks_exact(3) {
            for (a, b) in [(0, 1), (1, 2), (2, 0)].map(|(a, b)| (triangle[a], triangle[b])) {
                let ends = [key(a).min(key(b)), key(a).max(key(b))];
                let side = sides.entry(ends).or_insert((0, vec![a, b]));
                side.0 += 1;
            }
        }
        let mut around = BTreeMap::<_, Vec<u32>>::new();
        for (_, ends) in sides.into_values().filter(|(count, _)| *count == 1) {
            around.entry(key(ends[0])).or_default().extend([ends[0], ends[1]]);
            around.entry(key(ends[1])).or_default().extend([ends[1], ends[0]]);
        }
        let mut corners = 0;
        for ends in around.values().filter(|ends| ends.len() == 4) {
            let [own, a, b] = [ends[0], ends[1], ends[3]].map(|at| posed[at as usize]);
            // Around the neck, and no hem in front.
            if own.y < 0.82 * body.height_m || own.x.abs() < 0.04 || own.x.abs() > 0.2 {
                continue;
            }
            corners += 1;
            let bend = (own - a).angle_between(b - own).to_degrees();
            assert!(bend < 40.0, "{top:?}: {bend:.0} degrees at {own}");
        }
        assert!(corners > 30, "{top:?}: {corners} corners");
    }
}
