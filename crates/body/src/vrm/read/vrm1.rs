//! VRM 1.0: `VRMC_vrm` and `VRMC_springBone`.

use super::{Context, Notes, names::arkit_shape};
use crate::vrm::{
    error::Problem,
    extras::{Expression, FirstPerson, Meta, MorphBind, Override, Preset},
    look_at::{LookAt, LookAtKind, RangeMap},
    spring::{Collider, Spring, SpringBones, SpringJoint},
};
use glam::{Mat3, Vec3};
use reverie_avatar::HumanBone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(crate) const BONES: &str = "VRMC_vrm.humanoid.humanBones";

/// The humanoid bones by node.
pub(crate) fn bones(
    vrm: &Value,
    nodes: usize,
    notes: &mut Notes,
) -> Result<BTreeMap<HumanBone, usize>, Problem> {
    let Some(given) = vrm.pointer("/humanoid/humanBones").and_then(Value::as_object) else {
        return Err(Problem::field(BONES, "is missing"));
    };
    let mut bones = BTreeMap::new();
    for (name, value) in given {
        let field = format!("{BONES}.{name}");
        let Some(bone) = HumanBone::from_name(name) else {
            notes.add(&field, "is no bone of VRM 1.0");
            continue;
        };
        let node = value.get("node").and_then(Value::as_u64);
        let node = node.ok_or_else(|| Problem::field(&field, "names no node"))?;
        if node >= nodes as u64 {
            return Err(Problem::index(field, "nodes", node, nodes));
        }
        bones.insert(bone, node as usize);
    }
    Ok(bones)
}

pub(crate) fn meta(vrm: &Value) -> Meta {
    let meta = vrm.get("meta").unwrap_or(&Value::Null);
    let text = |name: &str, default: &str| {
        meta.get(name).and_then(Value::as_str).unwrap_or(default).to_owned()
    };
    let flag = |name: &str| meta.get(name).and_then(Value::as_bool).unwrap_or(false);
    let authors = meta.get("authors").and_then(Value::as_array);
    Meta {
        name: text("name", ""),
        version: text("version", ""),
        authors: authors
            .into_iter()
            .flatten()
            .filter_map(|author| author.as_str().map(str::to_owned))
            .collect(),
        licence_url: text("licenseUrl", ""),
        licence_name: String::new(),
        who_may_use: text("avatarPermission", "onlyAuthor"),
        commercial_usage: text("commercialUsage", "personalNonProfit"),
        credit: text("creditNotation", "required"),
        modification: text("modification", "prohibited"),
        redistribution: flag("allowRedistribution"),
        violence: flag("allowExcessivelyViolentUsage"),
        sexual: flag("allowExcessivelySexualUsage"),
        political: flag("allowPoliticalOrReligiousUsage"),
        antisocial: flag("allowAntisocialOrHateUsage"),
    }
}

pub(crate) fn expressions(vrm: &Value, context: &Context, notes: &mut Notes) -> Vec<Expression> {
    let mut all = Vec::new();
    let group =
        |name: &str| vrm.pointer(&format!("/expressions/{name}")).and_then(Value::as_object);
    for (name, value) in group("preset").into_iter().flatten() {
        let preset = Preset::from_name(name);
        if preset.is_none() {
            let field = format!("VRMC_vrm.expressions.preset.{name}");
            notes.add(&field, "is no preset of VRM 1.0; it is kept as an expression of its own");
        }
        all.push(expression(name, preset, value, context, notes));
    }
    all.sort_by_key(|expression| expression.preset.map_or(usize::MAX, |preset| preset as usize));
    for (name, value) in group("custom").into_iter().flatten() {
        all.push(expression(name, None, value, context, notes));
    }
    all
}

fn expression(
    name: &str,
    preset: Option<Preset>,
    value: &Value,
    context: &Context,
    notes: &mut Notes,
) -> Expression {
    let field = format!("VRMC_vrm.expressions.{name}");
    let flag = |name: &str| match value.get(name).and_then(Value::as_str) {
        Some("block") => Override::Block,
        Some("blend") => Override::Blend,
        _ => Override::None,
    };
    let mut binds = Vec::new();
    let given = value.get("morphTargetBinds").and_then(Value::as_array);
    for (at, bind) in given.into_iter().flatten().enumerate() {
        let number = |name: &str| bind.get(name).and_then(Value::as_u64).map(|v| v as usize);
        let weight = bind.get("weight").and_then(Value::as_f64).unwrap_or(1.0) as f32;
        let found = number("node").zip(number("index")).is_some_and(|(node, target)| {
            let before = binds.len();
            binds.extend(context.binds(target, weight, |placed| placed.0 == node));
            binds.len() > before
        });
        if !found {
            notes.add(&format!("{field}.morphTargetBinds[{at}]"), "names no morph target");
        }
    }
    for other in ["materialColorBinds", "textureTransformBinds"] {
        if value.get(other).and_then(Value::as_array).is_some_and(|binds| !binds.is_empty()) {
            notes.add(&format!("{field}.{other}"), "is not supported and left out");
        }
    }
    Expression {
        name: name.to_owned(),
        preset,
        shape: preset.map_or_else(|| arkit_shape(name), |_| None),
        is_binary: value.get("isBinary").and_then(Value::as_bool).unwrap_or(false),
        override_blink: flag("overrideBlink"),
        override_look_at: flag("overrideLookAt"),
        override_mouth: flag("overrideMouth"),
        binds,
    }
}

pub(crate) fn look_at(vrm: &Value, head: Mat3, human: LookAt) -> LookAt {
    let Some(given) = vrm.get("lookAt").and_then(Value::as_object) else { return human };
    let bone = given.get("type").and_then(Value::as_str) != Some("expression");
    let map = |name: &str, default: &RangeMap| {
        let Some(map) = given.get(name) else { return default.clone() };
        let number = |name: &str| {
            let value = map.get(name).and_then(Value::as_f64)? as f32;
            value.is_finite().then_some(value)
        };
        let output = number("outputScale").unwrap_or(if bone { 10.0 } else { 1.0 });
        let input = number("inputMaxValue").unwrap_or(90.0).to_radians();
        RangeMap::new(input, if bone { output.to_radians() } else { output })
    };
    let offset = given.get("offsetFromHeadBone").and_then(vec3);
    LookAt {
        kind: if bone { LookAtKind::Bone } else { LookAtKind::Expression },
        offset_from_head: offset.map_or(human.offset_from_head, |offset| head * offset),
        inner: map("rangeMapHorizontalInner", &human.inner),
        outer: map("rangeMapHorizontalOuter", &human.outer),
        down: map("rangeMapVerticalDown", &human.down),
        up: map("rangeMapVerticalUp", &human.up),
    }
}

pub(crate) fn first_person(vrm: &Value, context: &Context) -> Vec<FirstPerson> {
    let mut all = vec![FirstPerson::Auto; context.placed.len()];
    let given = vrm.pointer("/firstPerson/meshAnnotations").and_then(Value::as_array);
    for annotation in given.into_iter().flatten() {
        let node = annotation.get("node").and_then(Value::as_u64).map(|node| node as usize);
        let kind = match annotation.get("type").and_then(Value::as_str) {
            Some("both") => FirstPerson::Both,
            Some("thirdPersonOnly") => FirstPerson::ThirdPersonOnly,
            Some("firstPersonOnly") => FirstPerson::FirstPersonOnly,
            _ => continue,
        };
        for (slot, placed) in all.iter_mut().zip(context.placed) {
            if Some(placed.0) == node {
                *slot = kind;
            }
        }
    }
    all
}

pub(crate) fn vec3(value: &Value) -> Option<Vec3> {
    let [x, y, z] = value.as_array()?.as_slice() else { return None };
    let v = Vec3::new(x.as_f64()? as f32, y.as_f64()? as f32, z.as_f64()? as f32);
    v.is_finite().then_some(v)
}

/// Nodes that springs need as bones.
pub(crate) fn spring_nodes(extension: &Value) -> Vec<u64> {
    let list = |name: &str| extension.get(name).and_then(Value::as_array).into_iter().flatten();
    let colliders = list("colliders").filter_map(|collider| collider.get("node"));
    let joints = list("springs").flat_map(|spring| {
        let joints = spring.get("joints").and_then(Value::as_array).into_iter().flatten();
        joints.filter_map(|joint| joint.get("node")).chain(spring.get("center"))
    });
    colliders.chain(joints).filter_map(Value::as_u64).collect()
}

pub(crate) fn springs(extension: &Value, context: &Context, notes: &mut Notes) -> SpringBones {
    let list = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let mut colliders = Vec::new();
    // Colliders that cannot be read keep their place in the list, without a bone.
    let mut readable = Vec::new();
    for (at, given) in list(extension, "colliders").iter().enumerate() {
        let read = collider(given, context);
        if read.is_none() {
            notes
                .add(&format!("VRMC_springBone.colliders[{at}]"), "cannot be read; it is left out");
        }
        readable.push(read.map(|collider| {
            colliders.push(collider);
            colliders.len() - 1
        }));
    }
    let groups: Vec<Vec<usize>> = list(extension, "colliderGroups")
        .iter()
        .map(|group| {
            let indices = list(group, "colliders");
            let at = |v: &Value| *readable.get(v.as_u64()? as usize)?;
            indices.iter().filter_map(at).collect()
        })
        .collect();
    let mut springs = Vec::new();
    for (at, given) in list(extension, "springs").iter().enumerate() {
        let field = format!("VRMC_springBone.springs[{at}]");
        let joints = list(given, "joints");
        let bones: Option<Vec<usize>> =
            joints.iter().map(|joint| context.bone(joint.get("node")?.as_u64()?)).collect();
        let Some(bones) = bones else {
            notes.add(&field, "has a joint whose node does not exist; it is left out");
            continue;
        };
        let groups = list(given, "colliderGroups")
            .iter()
            .filter_map(|group| groups.get(group.as_u64()? as usize).cloned())
            .flatten()
            .collect();
        springs.push(Spring {
            name: given.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            joints: bones
                .windows(2)
                .zip(&joints)
                .map(|(pair, given)| {
                    joint(
                        pair[0],
                        context.place(pair[1]) - context.place(pair[0]),
                        given.as_object(),
                    )
                })
                .collect(),
            colliders: groups,
            center: given.get("center").and_then(Value::as_u64).and_then(|n| context.bone(n)),
        });
    }
    SpringBones { colliders, springs }
}

fn joint(bone: usize, tail: Vec3, given: Option<&Map<String, Value>>) -> SpringJoint {
    let number = |name: &str, default: f32, most: f32| {
        let value = given.and_then(|given| given.get(name)).and_then(Value::as_f64);
        value.map_or(default, |v| (v as f32).clamp(0.0, most))
    };
    let down = given.and_then(|given| given.get("gravityDir")).and_then(vec3);
    SpringJoint {
        bone,
        tail,
        hit_radius: number("hitRadius", 0.0, 10.0),
        stiffness: number("stiffness", 1.0, 100.0),
        gravity_power: number("gravityPower", 0.0, 100.0),
        gravity_dir: down.and_then(Vec3::try_normalize).unwrap_or(Vec3::NEG_Y),
        drag: number("dragForce", 0.5, 1.0),
    }
}

fn collider(given: &Value, context: &Context) -> Option<Collider> {
    let node = given.get("node")?.as_u64()?;
    let bone = context.bone(node)?;
    let axes = Mat3::from_mat4(context.tree.worlds[node as usize]);
    let sphere = given.pointer("/shape/sphere");
    let shape = sphere.or_else(|| given.pointer("/shape/capsule"))?;
    let at = |name: &str| axes * shape.get(name).and_then(vec3).unwrap_or(Vec3::ZERO);
    let radius = shape.get("radius").and_then(Value::as_f64).unwrap_or(0.0) as f32;
    let scale = axes.determinant().abs().cbrt();
    let offset = at("offset");
    Some(Collider {
        bone,
        offset,
        tail: if sphere.is_some() { offset } else { at("tail") },
        radius: (radius * scale).clamp(0.0, 100.0),
    })
}

impl Context<'_> {
    /// Binds of one of the file's targets on those meshes.
    pub(crate) fn binds(
        &self,
        target: usize,
        weight: f32,
        on: impl Fn(&(usize, usize)) -> bool,
    ) -> impl Iterator<Item = MorphBind> {
        let weight = if weight.is_finite() { weight.clamp(-10.0, 10.0) } else { 0.0 };
        let meshes = self.placed.iter().enumerate().filter(move |(_, placed)| on(placed));
        meshes
            .filter(move |(mesh, _)| target < self.targets[*mesh])
            .map(move |(mesh, _)| MorphBind { mesh, target, weight })
    }
}
