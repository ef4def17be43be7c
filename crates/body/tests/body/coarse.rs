//! Coarser forms of a body are the same body.

use crate::{
    PACK,
    build::{mesh, people_of_all_kinds, shaped, slit},
};
use glam::Vec3;
use rayon::prelude::*;
use reverie_avatar::{FaceShape, HumanBone};
use reverie_body::{AvatarSpec, Body, BodyMesh, COARSER, HairStyle};
use std::collections::BTreeSet;

/// Errors that the forms may have, metres.
const ERRORS_M: [f32; COARSER] = [0.001, 0.004, 0.012];

fn forms(body: &Body) -> Vec<Body> {
    body.coarser().map(|meshes| Body { meshes, ..body.clone() }).into()
}

fn triangles(body: &Body) -> usize {
    body.meshes.iter().map(|mesh| mesh.indices.len() / 3).sum()
}

fn bounds(mesh: &BodyMesh) -> (Vec3, Vec3) {
    let places = mesh.positions.iter().map(|p| Vec3::from(*p));
    let low = places.clone().fold(Vec3::MAX, Vec3::min);
    (low, places.fold(Vec3::MIN, Vec3::max))
}

fn styled(style: HairStyle) -> AvatarSpec {
    let mut spec = AvatarSpec::random(3 + style as u64);
    spec.hair.style = style;
    spec
}

#[test]
fn forms_have_the_same_names_bones_and_targets_and_fewer_triangles() {
    HairStyle::ALL.into_par_iter().for_each(|style| {
        let body = Body::build(&PACK, &styled(style)).unwrap();
        let mut before = triangles(&body);
        for (form, error_m) in forms(&body).iter().zip(ERRORS_M) {
            let count = triangles(form);
            assert!(4 * count < 3 * before, "{style:?}: {before} to {count}");
            before = count;
            for (full, coarse) in body.meshes.iter().zip(&form.meshes) {
                let name = &full.name;
                assert_eq!((name, full.material), (&coarse.name, coarse.material));
                let names = |mesh: &BodyMesh| -> Vec<_> {
                    mesh.targets.iter().map(|t| (t.name.clone(), t.shape)).collect()
                };
                assert_eq!(names(full), names(coarse), "{name}");
                let vertices = coarse.positions.len();
                let lists = [coarse.normals.len(), coarse.uvs.len(), coarse.tangents.len()];
                assert_eq!(lists, [vertices; 3], "{name}");
                assert_eq!([coarse.joints.len(), coarse.weights.len()], [vertices; 2], "{name}");
                assert!(coarse.indices.iter().all(|at| (*at as usize) < vertices), "{name}");
                assert!(coarse.indices.len().is_multiple_of(3), "{name}");
                for target in &coarse.targets {
                    assert!(target.vertices.is_sorted(), "{name}: {}", target.name);
                    assert!(target.vertices.iter().all(|at| (*at as usize) < vertices));
                    assert_eq!(target.vertices.len(), target.positions.len());
                    assert_eq!(target.vertices.len(), target.normals.len());
                }
                let bones = |mesh: &BodyMesh| -> BTreeSet<u16> {
                    let pairs = mesh.joints.iter().flatten().zip(mesh.weights.iter().flatten());
                    pairs.filter(|(_, w)| **w > 0.5).map(|(joint, _)| *joint).collect()
                };
                assert!(bones(coarse).is_subset(&bones(full)), "{name}");
                let ((low, high), (own_low, own_high)) = (bounds(full), bounds(coarse));
                // Hair is a choice of strands; its outline may change by their tips.
                let most = if name == "hair" { 0.02 + 3.0 * error_m } else { 2.0 * error_m };
                assert!((low - own_low).abs().max_element() < most, "{name}: {low} {own_low}");
                assert!((high - own_high).abs().max_element() < most, "{name}: {high} {own_high}");
            }
        }
    });
}

/// The middle of the lips: where the lower one goes the most when both roll in.
fn lips(body: &Body) -> Vec3 {
    let head = mesh(body, "head");
    let rest = shaped(head, &[]);
    let far = |shape: FaceShape| {
        let rolled = shaped(head, &[shape]);
        let way = |at: &usize| rolled[*at].distance(rest[*at]);
        let most = (0..rest.len()).max_by(|a, b| way(a).total_cmp(&way(b))).unwrap();
        rest[most]
    };
    0.5 * (far(FaceShape::MouthRollUpper) + far(FaceShape::MouthRollLower))
}

#[test]
fn mouths_and_eyes_of_all_forms_close() {
    people_of_all_kinds().into_par_iter().for_each(|spec| {
        let body = Body::build(&PACK, &spec).unwrap();
        let mouth = lips(&body);
        let eye = body.rig.rest(HumanBone::LeftEye);
        let gaps = |body: &Body| {
            let head = mesh(body, "head");
            let lips = |shapes: &[FaceShape]| slit(head, shapes, mouth, mouth.z - 0.02);
            [
                lips(&[FaceShape::JawOpen]),
                lips(&[]),
                lips(&[FaceShape::JawOpen, FaceShape::MouthClose]),
                slit(head, &[], eye, eye.z + 0.003),
                slit(head, &[FaceShape::EyeBlinkLeft], eye, eye.z + 0.003),
            ]
        };
        let full = gaps(&body);
        for (form, error_m) in forms(&body).iter().zip(ERRORS_M) {
            let now = gaps(form);
            let name = &spec.name;
            assert!(now[0] > 0.004 && now[3] > 0.003, "{name}: {now:?} of {full:?} are open");
            for at in [1, 2, 4] {
                let most = full[at] + 0.3 * error_m;
                assert!(now[at] <= most, "{name}: {now:?} of {full:?} are shut, {error_m}");
            }
        }
    });
}

/// What moves with a target in the full form moves as far in the coarse ones.
#[test]
fn faces_of_all_forms_move_as_far() {
    let body = Body::build(&PACK, &AvatarSpec::default()).unwrap();
    for form in forms(&body) {
        for shape in [FaceShape::MouthSmileLeft, FaceShape::JawOpen, FaceShape::BrowInnerUp] {
            let most = |body: &Body| {
                let head = mesh(body, "head");
                let (rest, moved) = (shaped(head, &[]), shaped(head, &[shape]));
                rest.iter().zip(&moved).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max)
            };
            let (full, coarse) = (most(&body), most(&form));
            assert!(coarse > 0.75 * full, "{shape:?}: {full} m, {coarse} m");
        }
    }
}

#[test]
fn the_same_body_has_the_same_forms() {
    let body = Body::build(&PACK, &AvatarSpec::random(5)).unwrap();
    let prints = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let forms = pool.install(|| forms(&body));
        forms.iter().map(Body::fingerprint).collect::<Vec<_>>()
    });
    assert_eq!(prints[0], prints[1]);
}
