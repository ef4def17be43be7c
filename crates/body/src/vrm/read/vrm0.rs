//! VRM 0.x: `VRM`, with the ways of Unity: lists in place of maps, weights of 0 to 100, indices of −1,
//! people who face −Z, vectors of a left-handed space.

use super::{Context, Notes, names::arkit_shape};
use crate::vrm::{
    error::Problem,
    extras::{Expression, FirstPerson, Meta, Override, Preset},
    look_at::{LookAt, LookAtKind, RangeMap},
    spring::{Collider, Spring, SpringBones, SpringJoint},
};
use glam::Vec3;
use reverie_avatar::HumanBone;
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) const BONES: &str = "VRM.humanoid.humanBones";
/// Length of what swings beyond the last bone of a chain, metres.
const TIP_M: f32 = 0.07;

fn list<'v>(value: &'v Value, path: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(path).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// An index; −1 is none.
fn index(value: &Value, name: &str) -> Option<u64> {
    value.get(name).and_then(Value::as_u64)
}

fn number(value: &Value, name: &str, default: f32, most: f32) -> f32 {
    value.get(name).and_then(Value::as_f64).map_or(default, |v| (v as f32).clamp(-most, most))
}

/// A vector of Unity's space (left-handed, +Z ahead) in model space.
fn unity(value: Option<&Value>) -> Vec3 {
    let part = |name: &str| value.map_or(0.0, |v| number(v, name, 0.0, 1000.0));
    Vec3::new(-part("x"), part("y"), part("z"))
}

pub(crate) fn bones(
    vrm: &Value,
    nodes: usize,
    notes: &mut Notes,
) -> Result<BTreeMap<HumanBone, usize>, Problem> {
    let mut bones = BTreeMap::new();
    for (at, given) in list(vrm, "/humanoid/humanBones").enumerate() {
        let field = format!("{BONES}[{at}]");
        let name = match text(given, "bone") {
            // The thumb's bones were counted one further out.
            "leftThumbProximal" => "leftThumbMetacarpal",
            "leftThumbIntermediate" => "leftThumbProximal",
            "rightThumbProximal" => "rightThumbMetacarpal",
            "rightThumbIntermediate" => "rightThumbProximal",
            other => other,
        };
        let Some(bone) = HumanBone::from_name(name) else {
            notes.add(&field, &format!("`{name}` is no bone of VRM 0.x"));
            continue;
        };
        let Some(node) = index(given, "node") else { continue };
        if node >= nodes as u64 {
            return Err(Problem::index(field, "nodes", node, nodes));
        }
        bones.insert(bone, node as usize);
    }
    Ok(bones)
}

pub(crate) fn meta(vrm: &Value) -> Meta {
    let meta = vrm.get("meta").unwrap_or(&Value::Null);
    let allowed = |name: &str| text(meta, name).eq_ignore_ascii_case("allow");
    let licence = text(meta, "licenseName");
    let free = licence == "CC0";
    let shared = free || licence.starts_with("CC_BY");
    let changeable = shared && !licence.ends_with("_ND");
    Meta {
        name: text(meta, "title").to_owned(),
        version: text(meta, "version").to_owned(),
        authors: vec![text(meta, "author").to_owned()]
            .into_iter()
            .filter(|a| !a.is_empty())
            .collect(),
        licence_url: text(meta, "otherLicenseUrl").to_owned(),
        licence_name: licence.to_owned(),
        who_may_use: match text(meta, "allowedUserName") {
            "Everyone" => "everyone",
            "ExplicitlyLicensedPerson" => "onlySeparatelyLicensedPerson",
            _ => "onlyAuthor",
        }
        .to_owned(),
        commercial_usage: if allowed("commercialUssageName") {
            "corporation"
        } else {
            "personalNonProfit"
        }
        .to_owned(),
        credit: if free { "unnecessary" } else { "required" }.to_owned(),
        modification: if changeable { "allowModificationRedistribution" } else { "prohibited" }
            .to_owned(),
        redistribution: shared,
        violence: allowed("violentUssageName"),
        sexual: allowed("sexualUssageName"),
        political: false,
        antisocial: false,
    }
}

pub(crate) fn expressions(vrm: &Value, context: &Context, notes: &mut Notes) -> Vec<Expression> {
    let mut all = Vec::new();
    for (at, group) in list(vrm, "/blendShapeMaster/blendShapeGroups").enumerate() {
        let field = format!("VRM.blendShapeMaster.blendShapeGroups[{at}]");
        let mut binds = Vec::new();
        for (bind_at, bind) in list(group, "/binds").enumerate() {
            let before = binds.len();
            if let Some((mesh, target)) = index(bind, "mesh").zip(index(bind, "index")) {
                let weight = number(bind, "weight", 100.0, 1000.0) / 100.0;
                let on = |placed: &(usize, usize)| placed.1 as u64 == mesh;
                binds.extend(context.binds(target as usize, weight, on));
            }
            if binds.len() == before {
                notes.add(&format!("{field}.binds[{bind_at}]"), "names no morph target");
            }
        }
        if list(group, "/materialValues").next().is_some() {
            notes.add(&format!("{field}.materialValues"), "is not supported and left out");
        }
        let preset_name = text(group, "presetName");
        let preset = Preset::from_vrm0(preset_name);
        if preset.is_none() && !matches!(preset_name, "" | "unknown") {
            notes.add(&format!("{field}.presetName"), &format!("`{preset_name}` is unknown"));
        }
        let name = text(group, "name");
        let name = if name.is_empty() { preset_name } else { name };
        all.push(Expression {
            name: preset.map_or_else(|| name.to_owned(), |preset| preset.name().to_owned()),
            // 1.0's surprise was an expression of one's own.
            preset: preset
                .or((name.eq_ignore_ascii_case("surprised")).then_some(Preset::Surprised)),
            shape: preset.map_or_else(|| arkit_shape(name), |_| None),
            is_binary: group.get("isBinary").and_then(Value::as_bool).unwrap_or(false),
            override_blink: Override::None,
            override_look_at: Override::None,
            override_mouth: Override::None,
            binds,
        });
    }
    all
}

pub(crate) fn look_at(vrm: &Value, human: LookAt) -> LookAt {
    let Some(given) = vrm.get("firstPerson") else { return human };
    let bone = text(given, "lookAtTypeName") != "BlendShape";
    let map = |name: &str, default: &RangeMap| {
        let Some(map) = given.get(name) else { return default.clone() };
        let output = number(map, "yRange", if bone { 10.0 } else { 1.0 }, 360.0);
        let keys: Option<Vec<f32>> = map.get("curve").and_then(Value::as_array).and_then(|curve| {
            let number = |v: &Value| v.as_f64().map(|v| v as f32).filter(|v| v.is_finite());
            curve.iter().take(256).map(number).collect()
        });
        let mut curve: Vec<[f32; 4]> = keys.map_or_else(Vec::new, |keys| {
            keys.chunks_exact(4).map(|k| [k[0], k[1], k[2], k[3]]).collect()
        });
        curve.sort_by(|a, b| a[0].total_cmp(&b[0]));
        if curve.len() < 2 || is_line(&curve) {
            curve.clear();
        }
        RangeMap {
            input_max: number(map, "xRange", 90.0, 360.0).to_radians(),
            output: if bone { output.to_radians() } else { output },
            curve,
        }
    };
    let offset = given.get("firstPersonBoneOffset").map(|offset| unity(Some(offset)));
    LookAt {
        kind: if bone { LookAtKind::Bone } else { LookAtKind::Expression },
        offset_from_head: offset
            .filter(|offset| *offset != Vec3::ZERO)
            .unwrap_or(human.offset_from_head),
        inner: map("lookAtHorizontalInner", &human.inner),
        outer: map("lookAtHorizontalOuter", &human.outer),
        down: map("lookAtVerticalDown", &human.down),
        up: map("lookAtVerticalUp", &human.up),
    }
}

/// Whether the curve is the line from (0, 0) to (1, 1), as nearly all are.
fn is_line(curve: &[[f32; 4]]) -> bool {
    matches!(curve, [[0.0, 0.0, _, a], [1.0, 1.0, b, _]] if *a == 1.0 && *b == 1.0)
}

pub(crate) fn first_person(vrm: &Value, context: &Context) -> Vec<FirstPerson> {
    let mut all = vec![FirstPerson::Auto; context.placed.len()];
    for annotation in list(vrm, "/firstPerson/meshAnnotations") {
        let mesh = index(annotation, "mesh");
        let kind = match text(annotation, "firstPersonFlag") {
            "Both" => FirstPerson::Both,
            "ThirdPersonOnly" => FirstPerson::ThirdPersonOnly,
            "FirstPersonOnly" => FirstPerson::FirstPersonOnly,
            _ => FirstPerson::Auto,
        };
        for (slot, placed) in all.iter_mut().zip(context.placed) {
            if Some(placed.1 as u64) == mesh {
                *slot = kind;
            }
        }
    }
    all
}

/// Nodes that springs need as bones; all below a root swing with it.
pub(crate) fn spring_nodes(vrm: &Value, children: &[Vec<usize>]) -> Vec<u64> {
    let groups = list(vrm, "/secondaryAnimation/colliderGroups").filter_map(|g| index(g, "node"));
    let mut nodes: Vec<u64> = groups.collect();
    for group in list(vrm, "/secondaryAnimation/boneGroups") {
        nodes.extend(index(group, "center"));
        let mut open: Vec<usize> = roots(group).map(|node| node as usize).collect();
        let mut steps = 0;
        while let Some(node) = open.pop().filter(|_| steps <= children.len()) {
            steps += 1;
            nodes.push(node as u64);
            open.extend(children.get(node).into_iter().flatten());
        }
    }
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

fn roots(group: &Value) -> impl Iterator<Item = u64> {
    list(group, "/bones").filter_map(Value::as_u64)
}

pub(crate) fn springs(
    vrm: &Value,
    context: &Context,
    children: &[Vec<usize>],
    notes: &mut Notes,
) -> SpringBones {
    let mut colliders = Vec::new();
    let mut groups = Vec::new();
    for (at, group) in list(vrm, "/secondaryAnimation/colliderGroups").enumerate() {
        let mut members = Vec::new();
        match index(group, "node").and_then(|node| context.bone(node)) {
            Some(bone) => {
                for given in list(group, "/colliders") {
                    let offset = unity(given.get("offset"));
                    members.push(colliders.len());
                    colliders.push(Collider {
                        bone,
                        offset,
                        tail: offset,
                        radius: number(given, "radius", 0.0, 100.0).max(0.0),
                    });
                }
            }
            None => notes.add(
                &format!("VRM.secondaryAnimation.colliderGroups[{at}]"),
                "its node does not exist; it is left out",
            ),
        }
        groups.push(members);
    }
    let mut springs = Vec::new();
    let mut steps = 0;
    for (at, group) in list(vrm, "/secondaryAnimation/boneGroups").enumerate() {
        let colliders: Vec<usize> = list(group, "/colliderGroups")
            .filter_map(|v| groups.get(v.as_u64()? as usize))
            .flatten()
            .copied()
            .collect();
        for root in roots(group) {
            let mut spring = Spring {
                name: text(group, "comment").to_owned(),
                joints: Vec::new(),
                colliders: colliders.clone(),
                center: index(group, "center").and_then(|node| context.bone(node)),
            };
            let mut open = vec![root as usize];
            while let Some(node) = open.pop() {
                steps += 1;
                let Some(bone) = context.bone(node as u64).filter(|_| steps <= 1 << 16) else {
                    notes.add(
                        &format!("VRM.secondaryAnimation.boneGroups[{at}]"),
                        &format!("nodes[{node}] is left out"),
                    );
                    continue;
                };
                let below = children.get(node).map(Vec::as_slice).unwrap_or_default();
                spring.joints.push(joint(bone, node, below, context, group));
                open.extend(below.iter().rev());
            }
            springs.push(spring);
        }
    }
    SpringBones { colliders, springs }
}

fn joint(
    bone: usize,
    node: usize,
    below: &[usize],
    context: &Context,
    group: &Value,
) -> SpringJoint {
    let place = context.tree.place(node);
    let tail = match below.first() {
        Some(child) => context.tree.place(*child) - place,
        None => {
            let parent = context.tree.parents[node];
            let along = parent.map_or(Vec3::NEG_Y, |parent| place - context.tree.place(parent));
            along.try_normalize().unwrap_or(Vec3::NEG_Y) * TIP_M
        }
    };
    SpringJoint {
        bone,
        tail,
        hit_radius: number(group, "hitRadius", 0.02, 10.0).max(0.0),
        // Unity's name is misspelt in the format.
        stiffness: number(group, "stiffiness", 1.0, 100.0).max(0.0),
        gravity_power: number(group, "gravityPower", 0.0, 100.0).max(0.0),
        gravity_dir: unity(group.get("gravityDir")).try_normalize().unwrap_or(Vec3::NEG_Y),
        drag: number(group, "dragForce", 0.4, 1.0).max(0.0),
    }
}
