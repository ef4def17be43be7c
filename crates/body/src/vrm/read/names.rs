//! Bones and shapes of the face by the names that tools give them.

use reverie_avatar::{FaceShape, HumanBone};
use std::collections::BTreeMap;

/// What tools put before the names of bones.
const PREFIXES: &[&str] = &[
    "mixamorig",
    "bip",
    "bip001",
    "j",
    "c",
    "def",
    "org",
    "cc",
    "base",
    "armature",
    "b",
    "bn",
    "bone",
    "jnt",
    "joint",
    "sk",
    "rig",
    "valvebiped",
];

const MIDDLE: &[(&str, HumanBone)] = &[
    ("hips", HumanBone::Hips),
    ("hip", HumanBone::Hips),
    ("pelvis", HumanBone::Hips),
    ("chest", HumanBone::Chest),
    ("upperchest", HumanBone::UpperChest),
    ("neck", HumanBone::Neck),
    ("head", HumanBone::Head),
    ("jaw", HumanBone::Jaw),
];

const LEFT: &[(&str, HumanBone)] = &[
    ("eye", HumanBone::LeftEye),
    ("faceeye", HumanBone::LeftEye),
    ("eyeball", HumanBone::LeftEye),
    ("upperleg", HumanBone::LeftUpperLeg),
    ("upleg", HumanBone::LeftUpperLeg),
    ("thigh", HumanBone::LeftUpperLeg),
    ("lowerleg", HumanBone::LeftLowerLeg),
    ("leg", HumanBone::LeftLowerLeg),
    ("calf", HumanBone::LeftLowerLeg),
    ("shin", HumanBone::LeftLowerLeg),
    ("knee", HumanBone::LeftLowerLeg),
    ("foot", HumanBone::LeftFoot),
    ("ankle", HumanBone::LeftFoot),
    ("toes", HumanBone::LeftToes),
    ("toe", HumanBone::LeftToes),
    ("toebase", HumanBone::LeftToes),
    ("ball", HumanBone::LeftToes),
    ("shoulder", HumanBone::LeftShoulder),
    ("clavicle", HumanBone::LeftShoulder),
    ("collar", HumanBone::LeftShoulder),
    ("upperarm", HumanBone::LeftUpperArm),
    ("uparm", HumanBone::LeftUpperArm),
    ("arm", HumanBone::LeftUpperArm),
    ("lowerarm", HumanBone::LeftLowerArm),
    ("forearm", HumanBone::LeftLowerArm),
    ("elbow", HumanBone::LeftLowerArm),
    ("hand", HumanBone::LeftHand),
    ("wrist", HumanBone::LeftHand),
];

const FINGERS: &[(&str, [HumanBone; 3])] = {
    use HumanBone::*;
    &[
        ("thumb", [LeftThumbMetacarpal, LeftThumbProximal, LeftThumbDistal]),
        ("index", [LeftIndexProximal, LeftIndexIntermediate, LeftIndexDistal]),
        ("middle", [LeftMiddleProximal, LeftMiddleIntermediate, LeftMiddleDistal]),
        ("ring", [LeftRingProximal, LeftRingIntermediate, LeftRingDistal]),
        ("little", [LeftLittleProximal, LeftLittleIntermediate, LeftLittleDistal]),
        ("pinky", [LeftLittleProximal, LeftLittleIntermediate, LeftLittleDistal]),
    ]
};

/// A name taken apart.
struct Parts {
    stem: String,
    side: Option<bool>,
    number: Option<u32>,
}

/// Words of a name in lower case: split at signs, before capitals and around numbers.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        let joins = before.is_ascii_alphanumeric()
            && before.is_ascii_digit() == c.is_ascii_digit()
            && !(before.is_ascii_lowercase() && c.is_ascii_uppercase());
        if c.is_ascii_alphanumeric() {
            match words.last_mut().filter(|_| joins) {
                Some(word) => word.push(c.to_ascii_lowercase()),
                None => words.push(c.to_ascii_lowercase().to_string()),
            }
        }
        before = c;
    }
    words
}

fn parts(name: &str) -> Parts {
    let name = name.rsplit([':', '|']).next().unwrap_or(name);
    let mut parts = Parts { stem: String::new(), side: None, number: None };
    let mut prefix = true;
    for word in words(name) {
        let number = word.parse::<u32>().ok();
        if prefix && (PREFIXES.contains(&word.as_str()) || number.is_some()) {
            continue;
        }
        match word.as_str() {
            "left" | "l" => parts.side = Some(true),
            "right" | "r" => parts.side = Some(false),
            _ if number.is_some() => parts.number = number,
            word => {
                prefix = false;
                parts.stem.push_str(word);
            }
        }
    }
    parts
}

fn bone(name: &str) -> Option<HumanBone> {
    let Parts { stem, side, number } = parts(name);
    let find = |table: &[(&str, HumanBone)]| {
        table.iter().find(|(known, _)| *known == stem).map(|(_, bone)| *bone)
    };
    let Some(left) = side else {
        return find(MIDDLE).filter(|_| number.is_none_or(|n| n <= 1));
    };
    let bone = find(LEFT).filter(|_| number.is_none_or(|n| n <= 1)).or_else(|| {
        let stem = stem.strip_prefix("hand").unwrap_or(&stem);
        let (finger, bones) = FINGERS.iter().find(|(finger, _)| stem.starts_with(finger))?;
        let joint = match (&stem[finger.len()..], number) {
            ("", Some(number @ 1..=3)) => number as usize - 1,
            ("metacarpal", None) if *finger == "thumb" => 0,
            ("proximal", None) => usize::from(*finger == "thumb"),
            ("intermediate", None) => 1,
            ("distal", None) => 2,
            _ => return None,
        };
        Some(bones[joint])
    })?;
    Some(if left { bone } else { bone.mirrored() })
}

/// Humanoid bones among nodes, given parents first, as Mixamo, Unreal, Ready Player Me, VRoid, Rigify
/// and others name them. The first of a name counts.
pub(crate) fn humanoid<'n>(
    nodes: impl Iterator<Item = (usize, &'n str)>,
) -> BTreeMap<HumanBone, usize> {
    let mut bones = BTreeMap::new();
    let mut spine = Vec::new();
    for (node, name) in nodes {
        let Parts { stem, side, number } = parts(name);
        if stem == "spine" && side.is_none() {
            spine.push((number.unwrap_or(0), node));
        } else if let Some(bone) = bone(name) {
            bones.entry(bone).or_insert(node);
        }
    }
    spine.sort_unstable();
    spine.dedup_by_key(|(number, _)| *number);
    let chain: &[HumanBone] = match (spine.len(), bones.contains_key(&HumanBone::Chest)) {
        (0, _) => &[],
        (1, _) | (_, true) => &[HumanBone::Spine],
        (2, false) => &[HumanBone::Spine, HumanBone::Chest],
        _ => &[HumanBone::Spine, HumanBone::Chest, HumanBone::UpperChest],
    };
    let last = spine.len().saturating_sub(1);
    for (at, bone) in chain.iter().enumerate() {
        let place = if chain.len() < 3 { at } else { at * last / 2 };
        bones.entry(*bone).or_insert(spine[place].1);
    }
    bones
}

/// The shape of ARKit that a morph target is, whatever stands before its name and however its sides are
/// written: `jawOpen`, `JawOpen`, `eyeBlink_L`, `head_blendShape.eyeBlinkLeft`, `eye_blink_left`.
pub fn arkit_shape(name: &str) -> Option<FaceShape> {
    let last = name.rsplit(['.', ':', '|']).next().unwrap_or(name);
    if let Some(shape) = FaceShape::from_name(last) {
        return Some(shape);
    }
    let mut words = words(last);
    match words.last().map(String::as_str) {
        Some("l") => words.splice(words.len() - 1.., ["left".to_owned()]).for_each(drop),
        Some("r") => words.splice(words.len() - 1.., ["right".to_owned()]).for_each(drop),
        _ => {}
    }
    let named = |words: &[String]| {
        let joined = words.concat();
        FaceShape::ALL.into_iter().find(|shape| shape.name().eq_ignore_ascii_case(&joined))
    };
    // `head_jawOpen`: whole words before the name are left out.
    (0..words.len())
        .find_map(|from| named(&words[from..]).filter(|_| from == 0 || words.len() - from > 1))
}
