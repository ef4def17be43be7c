//! Names, parents, proportions, files.

use glam::{Quat, Vec3};
use reverie_avatar::{
    AvatarPose, Eye, FaceShape, FaceWeights, HumanBone, Rig, RigError, RootPlace,
};

#[test]
fn shapes_are_arkits_52_by_name() {
    for (at, shape) in FaceShape::ALL.into_iter().enumerate() {
        assert_eq!(shape as usize, at);
        assert_eq!(FaceShape::from_name(shape.name()), Some(shape));
        assert_eq!(shape.mirrored().mirrored(), shape);
    }
    assert_eq!(FaceShape::ALL[0].name(), "eyeBlinkLeft");
    assert_eq!(FaceShape::ALL[17].name(), "jawOpen");
    assert_eq!(FaceShape::ALL[51].name(), "tongueOut");
    assert_eq!(FaceShape::from_name("mouthSmile_L"), Some(FaceShape::MouthSmileLeft));
    assert_eq!(FaceShape::from_name("MouthLeft"), Some(FaceShape::MouthLeft));
    assert_eq!(FaceShape::from_name("jawOpen_L"), None);
    assert_eq!(FaceShape::from_name(""), None);
    assert_eq!(FaceShape::EyeBlinkLeft.mirrored(), FaceShape::EyeBlinkRight);
    assert_eq!(ron::to_string(&FaceShape::JawOpen).expect("writes"), "jawOpen");
}

#[test]
fn bones_are_vrms_with_parents_before_children() {
    for (at, bone) in HumanBone::ALL.into_iter().enumerate() {
        assert_eq!(bone as usize, at);
        assert_eq!(HumanBone::from_name(bone.name()), Some(bone));
        assert_eq!(bone.mirrored().mirrored(), bone);
        assert_eq!(
            bone.mirrored().parent().map(HumanBone::mirrored),
            bone.parent(),
            "both sides alike"
        );
        match bone.parent() {
            Some(parent) => assert!(parent < bone),
            None => assert_eq!(bone, HumanBone::Hips),
        }
    }
    assert_eq!(HumanBone::ALL.into_iter().filter(|b| b.is_required()).count(), 15);
}

#[test]
fn weights_are_brought_into_range() {
    let mut face = FaceWeights::NEUTRAL;
    face[FaceShape::JawOpen] = 3.0;
    face[FaceShape::CheekPuff] = f32::NAN;
    face[FaceShape::TongueOut] = -1.0;
    face.clamp();
    assert_eq!(face[FaceShape::JawOpen], 1.0);
    assert_eq!(face[FaceShape::CheekPuff] + face[FaceShape::TongueOut], 0.0);
}

#[test]
fn a_rig_survives_its_file_and_places_its_bones() {
    let adult = Rig::adult();
    let again: Rig = ron::from_str(&ron::to_string(&adult).expect("writes")).expect("reads");
    assert_eq!(again, adult);

    let mut pose = AvatarPose::REST;
    assert_eq!(adult.places(&pose).position(HumanBone::LeftHand), adult.rest(HumanBone::LeftHand));
    pose.set_rotation(HumanBone::LeftUpperArm, Quat::from_rotation_z(-std::f32::consts::FRAC_PI_2));
    pose.hips_offset = Vec3::new(0.0, -0.1, 0.0);
    let shoulder = adult.rest(HumanBone::LeftUpperArm);
    let arm = adult.rest(HumanBone::LeftHand) - shoulder;
    let hangs = shoulder + Vec3::new(0.0, -arm.x - 0.1, arm.z);
    let places = adult.places(&pose);
    assert!(places.position(HumanBone::LeftHand).distance(hangs) < 1e-5);
}

#[test]
fn bones_that_are_missing_are_bridged_or_named() {
    use HumanBone::*;
    let adult = Rig::adult();
    let without = |gone: &[HumanBone]| {
        Rig::new(
            HumanBone::ALL.into_iter().filter(|b| !gone.contains(b)).map(|b| (b, adult.rest(b))),
        )
    };
    let plain = without(&[UpperChest, Chest, Neck, LeftShoulder, LeftEye]).expect("optional bones");
    assert_eq!(plain.parent(Head), Some(Spine));
    assert_eq!(plain.parent(LeftUpperArm), Some(Spine));
    assert!(plain.eye(0).distance(adult.eye(0)) < 0.03, "an eye where people have one");
    let mut pose = AvatarPose::REST;
    pose.set_rotation(Chest, Quat::from_rotation_x(1.0));
    assert_eq!(plain.places(&pose).position(Head), adult.rest(Head), "no bone, no turn");

    assert_eq!(without(&[LeftHand]), Err(RigError::Missing(LeftHand)));
    let moved = |bone: HumanBone, place: Vec3| {
        Rig::new(
            HumanBone::ALL.into_iter().map(|b| (b, if b == bone { place } else { adult.rest(b) })),
        )
    };
    assert!(matches!(moved(Jaw, Vec3::NAN), Err(RigError::Place(Jaw, _))));
    assert!(matches!(
        moved(LeftHand, adult.rest(LeftLowerArm)),
        Err(RigError::Short(LeftHand, ..))
    ));
    assert_eq!(moved(Head, Vec3::ZERO), Err(RigError::UpsideDown(Head, Hips)));
}

#[test]
fn the_root_and_the_eyes_turn_to_the_persons_left() {
    let root = RootPlace { position: Vec3::new(1.0, 2.0, 3.0), yaw: std::f32::consts::FRAC_PI_2 };
    let ahead = root.to_world(Vec3::Z);
    assert!(ahead.distance(Vec3::new(2.0, 2.0, 3.0)) < 1e-6);
    assert!(root.to_model(ahead).distance(Vec3::Z) < 1e-6);
    let look = Eye { yaw: 0.3, pitch: 0.2 }.rotation() * Vec3::Z;
    assert!(look.x > 0.0 && look.y > 0.0, "left is +X, up is +Y");
}
