use super::kit::{File, box_person, vrm0};
use reverie_avatar::{FaceShape, FaceWeights};
use reverie_body::{
    Body, MorphTarget,
    vrm::{
        Expression, ExpressionMap, LookAtKind, Model, MorphBind, MorphWeights, Override, Preset,
    },
};

fn face(shapes: &[(FaceShape, f32)]) -> FaceWeights {
    let mut face = FaceWeights::NEUTRAL;
    shapes.iter().for_each(|(shape, weight)| face[*shape] = *weight);
    face
}

/// A body whose only targets are one for each of these presets.
fn preset_person(presets: &[Preset]) -> (Body, Vec<Expression>) {
    let mut body = box_person();
    body.meshes[1].targets = presets
        .iter()
        .map(|preset| MorphTarget {
            name: format!("Fcl_{}", preset.name()),
            shape: None,
            vertices: vec![0],
            positions: vec![[0.0, 0.01, 0.0]],
            normals: vec![[0.0; 3]],
        })
        .collect();
    let expression = |(target, preset): (usize, &Preset)| Expression {
        name: preset.name().to_owned(),
        preset: Some(*preset),
        shape: None,
        is_binary: false,
        override_blink: Override::None,
        override_look_at: Override::None,
        override_mouth: Override::None,
        binds: vec![MorphBind { mesh: 1, target, weight: 1.0 }],
    };
    let expressions = presets.iter().enumerate().map(expression).collect();
    (body, expressions)
}

fn map(body: &Body, expressions: &[Expression]) -> ExpressionMap {
    ExpressionMap::of(&body.meshes, expressions, LookAtKind::Expression)
}

#[test]
fn shapes_that_a_model_has_are_passed_on() {
    let model = Model::from_bytes("box", &File::of(&box_person()).bytes()).unwrap();
    let map = ExpressionMap::new(&model);
    let mut out = MorphWeights::default();
    let smile = face(&[(FaceShape::MouthSmileLeft, 0.7), (FaceShape::JawOpen, 0.25)]);
    map.apply(&smile, &[], &mut out);
    for shape in FaceShape::ALL {
        assert_eq!(out.get(1, shape as usize), smile[shape], "{}", shape.name());
    }
    assert!(out.expressions.iter().all(|weight| *weight == 0.0));
    // An expression that is set besides adds to it, up to 1.
    map.apply(&smile, &[(Preset::Happy as usize, 1.0)], &mut out);
    assert_eq!(out.get(1, FaceShape::MouthSmileLeft as usize), 1.0);
    assert!((out.get(1, FaceShape::MouthSmileRight as usize) - 0.75).abs() < 1e-6);
}

#[test]
fn expressions_with_the_names_of_shapes_are_used() {
    let model = Model::from_bytes("old", &vrm0().bytes()).unwrap();
    let map = ExpressionMap::new(&model);
    assert!(map.has(FaceShape::TongueOut));
    let mut out = MorphWeights::default();
    map.apply(&face(&[(FaceShape::TongueOut, 0.4)]), &[], &mut out);
    assert_eq!(out.get(1, FaceShape::TongueOut as usize), 0.4);
}

#[test]
fn models_that_have_presets_alone_speak_and_smile() {
    use FaceShape::*;
    let all = [
        Preset::Happy,
        Preset::Angry,
        Preset::Sad,
        Preset::Relaxed,
        Preset::Surprised,
        Preset::Aa,
        Preset::Ih,
        Preset::Ou,
        Preset::Ee,
        Preset::Oh,
        Preset::Blink,
        Preset::BlinkLeft,
        Preset::BlinkRight,
        Preset::LookUp,
        Preset::LookLeft,
    ];
    let (body, expressions) = preset_person(&all);
    let map = map(&body, &expressions);
    let mut out = MorphWeights::default();
    let strongest = |out: &MorphWeights| {
        let best = (0..all.len()).max_by(|a, b| out.get(1, *a).total_cmp(&out.get(1, *b)));
        all[best.unwrap()]
    };
    map.apply(&FaceWeights::NEUTRAL, &[], &mut out);
    assert!(out.targets[1].iter().all(|weight| *weight == 0.0));
    // The speech tables' own faces.
    let faces: [(&[(FaceShape, f32)], Preset); 6] = [
        (&[(JawOpen, 0.6), (MouthLowerDownLeft, 0.1), (MouthLowerDownRight, 0.1)], Preset::Aa),
        (&[(MouthPucker, 0.85), (MouthFunnel, 0.5), (JawOpen, 0.12)], Preset::Ou),
        (&[(MouthFunnel, 0.7), (MouthPucker, 0.42), (JawOpen, 0.42)], Preset::Oh),
        (
            &[
                (MouthSmileLeft, 0.7),
                (MouthSmileRight, 0.7),
                (CheekSquintLeft, 0.5),
                (CheekSquintRight, 0.5),
            ],
            Preset::Happy,
        ),
        (&[(BrowInnerUp, 0.6), (MouthFrownLeft, 0.5), (MouthFrownRight, 0.5)], Preset::Sad),
        (
            &[
                (BrowDownLeft, 0.8),
                (BrowDownRight, 0.8),
                (NoseSneerLeft, 0.3),
                (NoseSneerRight, 0.3),
            ],
            Preset::Angry,
        ),
    ];
    for (shapes, preset) in faces {
        map.apply(&face(shapes), &[], &mut out);
        assert_eq!(strongest(&out), preset, "{:?}", out.targets[1]);
        assert!(out.targets[1].iter().sum::<f32>() < 1.6, "{:?}", out.targets[1]);
    }
    map.apply(&face(faces[0].0), &[], &mut out);
    assert!((out.get(1, 5) - 1.0).abs() < 0.1, "a whole aa: {:?}", out.targets[1]);
    // Half the face, half the weight: the fit is nearly linear.
    map.apply(
        &face(&[(JawOpen, 0.3), (MouthLowerDownLeft, 0.05), (MouthLowerDownRight, 0.05)]),
        &[],
        &mut out,
    );
    assert!((out.get(1, 5) - 0.5).abs() < 0.1, "{:?}", out.targets[1]);
    // Lids and eyes.
    map.apply(
        &face(&[
            (EyeBlinkLeft, 1.0),
            (EyeBlinkRight, 0.25),
            (EyeLookUpLeft, 0.5),
            (EyeLookUpRight, 0.5),
        ]),
        &[],
        &mut out,
    );
    assert_eq!([out.get(1, 10), out.get(1, 11), out.get(1, 12)], [0.0, 1.0, 0.25]);
    assert_eq!(out.get(1, 13), 0.5);
}

#[test]
fn a_model_with_one_blink_blinks_with_both_eyes() {
    let (body, expressions) = preset_person(&[Preset::Blink]);
    let mut out = MorphWeights::default();
    let wink = face(&[(FaceShape::EyeBlinkLeft, 1.0)]);
    map(&body, &expressions).apply(&wink, &[], &mut out);
    assert_eq!(out.get(1, 0), 0.5);
}

#[test]
fn binary_and_override_flags_are_honoured() {
    let (body, mut expressions) = preset_person(&[Preset::Happy, Preset::Blink, Preset::Aa]);
    let weights = |expressions: &[Expression], happy: f32| {
        let mut out = MorphWeights::default();
        let face = face(&[(FaceShape::EyeBlinkLeft, 0.8), (FaceShape::EyeBlinkRight, 0.8)]);
        map(&body, expressions).apply(&face, &[(0, happy), (2, 0.6)], &mut out);
        [out.get(1, 0), out.get(1, 1), out.get(1, 2)]
    };
    let near = |a: [f32; 3], b: [f32; 3]| {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} {b:?}");
    };
    near(weights(&expressions, 0.4), [0.4, 0.8, 0.6]);
    expressions[0].override_blink = Override::Block;
    near(weights(&expressions, 0.4), [0.4, 0.0, 0.6]);
    near(weights(&expressions, 0.0), [0.0, 0.8, 0.6]);
    expressions[0].override_blink = Override::Blend;
    expressions[0].override_mouth = Override::Blend;
    near(weights(&expressions, 0.25), [0.25, 0.6, 0.45]);
    expressions[0].is_binary = true;
    near(weights(&expressions, 0.25), [0.0, 0.8, 0.6]);
    near(weights(&expressions, 0.75), [1.0, 0.0, 0.0]);
    // What is on or off goes off when it is to be weakened.
    expressions[0].is_binary = false;
    expressions[2].is_binary = true;
    near(weights(&expressions, 0.25), [0.25, 0.6, 0.0]);
    near(weights(&expressions, 0.0), [0.0, 0.8, 1.0]);
}

#[test]
fn overrides_weaken_shapes_that_the_model_has_too() {
    let mut model = Model::from_bytes("box", &File::of(&box_person()).bytes()).unwrap();
    model.extras.expressions[Preset::Happy as usize].override_mouth = Override::Block;
    let mut out = MorphWeights::default();
    let talking = face(&[(FaceShape::JawOpen, 0.5), (FaceShape::BrowInnerUp, 0.5)]);
    ExpressionMap::new(&model).apply(&talking, &[(Preset::Happy as usize, 0.5)], &mut out);
    assert_eq!(out.get(1, FaceShape::JawOpen as usize), 0.0);
    assert_eq!(out.get(1, FaceShape::BrowInnerUp as usize), 0.5);
}

#[test]
fn nonsense_weights_do_no_harm() {
    let (body, expressions) = preset_person(&[Preset::Happy, Preset::Aa]);
    let mut out = MorphWeights::default();
    let wild = face(&[(FaceShape::JawOpen, f32::NAN), (FaceShape::MouthSmileLeft, 1e30)]);
    map(&body, &expressions).apply(&wild, &[(0, f32::NAN), (1, -5.0), (99, 1.0)], &mut out);
    assert!(out.targets.iter().flatten().all(|w| (-1.0..=1.0).contains(w)), "{out:?}");
}
