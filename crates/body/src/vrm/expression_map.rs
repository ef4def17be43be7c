//! From the 52 shapes of a face to a model's own morph targets.

use super::{
    Model,
    extras::{Expression, Override, Preset},
    fit::Fit,
    look_at::LookAtKind,
};
use crate::BodyMesh;
use reverie_avatar::{
    FaceShape::{self, *},
    FaceWeights,
};

/// What parts of the face an override can weaken.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Blink,
    LookAt,
    Mouth,
    Other,
}

/// Weights for every morph target of a body, and of its expressions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MorphWeights {
    /// By mesh, then by target; −1 to 1, as a rule 0 to 1.
    pub targets: Vec<Vec<f32>>,
    /// By expression, after binary and override flags; 0 to 1.
    pub expressions: Vec<f32>,
}

impl MorphWeights {
    /// The weight of one target; 0 if it is not there.
    pub fn get(&self, mesh: usize, target: usize) -> f32 {
        self.targets.get(mesh).and_then(|mesh| mesh.get(target)).copied().unwrap_or(0.0)
    }
}

/// Turns [`FaceWeights`] into a model's own morph weights. Shapes that the model has by ARKit's names
/// (as morph targets, else as expressions) are passed on as they are. The others are told in what the
/// model has: blinks and directions of the eyes directly, the rest as the mixture of `aa` to `oh` and of
/// emotions that is nearest (non-negative least squares). Binary expressions and overrides work as VRM
/// says.
#[derive(Debug, Clone)]
pub struct ExpressionMap {
    targets: Vec<usize>,
    expressions: Vec<Expression>,
    /// By shape: the targets that are it.
    direct: Vec<Vec<(usize, usize)>>,
    /// By shape: the expression that is it, if there is no target.
    named: Vec<Option<usize>>,
    presets: [Option<usize>; Preset::ALL.len()],
    looks: bool,
    fit: Fit,
}

impl ExpressionMap {
    /// For a model.
    pub fn new(model: &Model) -> Self {
        let look_at = model.extras.look_at.kind;
        Self::of(&model.body.meshes, &model.extras.expressions, look_at)
    }

    /// For meshes with these expressions; a body without expressions has none.
    pub fn of(meshes: &[BodyMesh], expressions: &[Expression], look_at: LookAtKind) -> Self {
        let mut direct = vec![Vec::new(); FaceShape::COUNT];
        for (at, mesh) in meshes.iter().enumerate() {
            for (index, target) in mesh.targets.iter().enumerate() {
                if let Some(shape) = target.shape {
                    direct[shape as usize].push((at, index));
                }
            }
        }
        let named: Vec<Option<usize>> = FaceShape::ALL
            .iter()
            .map(|shape| {
                let is = |e: &Expression| e.shape == Some(*shape) && !e.binds.is_empty();
                let named = expressions.iter().position(is);
                named.filter(|_| direct[*shape as usize].is_empty())
            })
            .collect();
        let presets = Preset::ALL.map(|preset| {
            let is = |e: &Expression| e.preset == Some(preset) && !e.binds.is_empty();
            expressions.iter().position(is)
        });
        let lacking =
            |shape: FaceShape| direct[shape as usize].is_empty() && named[shape as usize].is_none();
        let fit = Fit::new(|preset| presets[preset as usize].is_some(), lacking);
        Self {
            targets: meshes.iter().map(|mesh| mesh.targets.len()).collect(),
            expressions: expressions.to_vec(),
            direct,
            named,
            presets,
            looks: look_at == LookAtKind::Expression,
            fit,
        }
    }

    /// Index of a preset among the model's expressions.
    pub fn preset(&self, preset: Preset) -> Option<usize> {
        self.presets[preset as usize]
    }

    /// Whether the model has this shape by ARKit's name.
    pub fn has(&self, shape: FaceShape) -> bool {
        !self.direct[shape as usize].is_empty() || self.named[shape as usize].is_some()
    }

    /// Weights of all targets for a face; `own` are expressions of the model that are set besides, by
    /// index. Allocates only when `out` is of another model.
    pub fn apply(&self, face: &FaceWeights, own: &[(usize, f32)], out: &mut MorphWeights) {
        out.targets.resize(self.targets.len(), Vec::new());
        for (weights, count) in out.targets.iter_mut().zip(&self.targets) {
            weights.clear();
            weights.resize(*count, 0.0);
        }
        out.expressions.clear();
        out.expressions.resize(self.expressions.len(), 0.0);
        let mut face = *face;
        face.clamp();
        self.express(&face, &mut out.expressions);
        for (at, weight) in own {
            if let Some(slot) = out.expressions.get_mut(*at).filter(|_| weight.is_finite()) {
                *slot += weight;
            }
        }
        let left = self.settle(&mut out.expressions);

        for (expression, weight) in self.expressions.iter().zip(&out.expressions) {
            for bind in expression.binds.iter().filter(|_| *weight > 0.0) {
                let mesh = out.targets.get_mut(bind.mesh);
                if let Some(slot) = mesh.and_then(|mesh| mesh.get_mut(bind.target)) {
                    *slot += weight * bind.weight;
                }
            }
        }
        for shape in FaceShape::ALL {
            let weight = face[shape] * left(part_of_shape(shape));
            for (mesh, target) in &self.direct[shape as usize] {
                out.targets[*mesh][*target] += weight;
            }
        }
        for weight in out.targets.iter_mut().flatten() {
            *weight = weight.clamp(-1.0, 1.0);
        }
    }

    /// The face in the model's expressions.
    fn express(&self, face: &FaceWeights, out: &mut [f32]) {
        for shape in FaceShape::ALL {
            if let Some(at) = self.named[shape as usize] {
                out[at] += face[shape];
            }
        }
        let mut set = |preset: Preset, weight: f32| {
            if let Some(at) = self.presets[preset as usize] {
                out[at] += weight;
            }
        };
        if !self.has(EyeBlinkLeft) && !self.has(EyeBlinkRight) {
            let (left, right) = (face[EyeBlinkLeft], face[EyeBlinkRight]);
            let sides = [Preset::BlinkLeft, Preset::BlinkRight].map(|p| self.preset(p).is_some());
            if sides == [true, true] {
                set(Preset::BlinkLeft, left);
                set(Preset::BlinkRight, right);
            } else {
                set(Preset::Blink, (left + right) / 2.0);
            }
        }
        if self.looks && !self.has(EyeLookUpLeft) && !self.has(EyeLookOutLeft) {
            set(Preset::LookUp, (face[EyeLookUpLeft] + face[EyeLookUpRight]) / 2.0);
            set(Preset::LookDown, (face[EyeLookDownLeft] + face[EyeLookDownRight]) / 2.0);
            set(Preset::LookLeft, (face[EyeLookOutLeft] + face[EyeLookInRight]) / 2.0);
            set(Preset::LookRight, (face[EyeLookInLeft] + face[EyeLookOutRight]) / 2.0);
        }
        for (preset, weight) in self.fit.of(face) {
            set(preset, weight);
        }
    }

    /// Applies binary and override flags; tells what is left of each part of the face.
    fn settle(&self, weights: &mut [f32]) -> impl Fn(Part) -> f32 + use<> {
        let mut left = [1.0f32; 3];
        for (expression, weight) in self.expressions.iter().zip(weights.iter_mut()) {
            *weight = weight.clamp(0.0, 1.0);
            if expression.is_binary {
                *weight = if *weight > 0.5 { 1.0 } else { 0.0 };
            }
            let flags =
                [expression.override_blink, expression.override_look_at, expression.override_mouth];
            for (left, flag) in left.iter_mut().zip(flags) {
                *left -= match flag {
                    Override::None => 0.0,
                    Override::Block if *weight > 0.0 => 1.0,
                    Override::Block => 0.0,
                    Override::Blend => *weight,
                };
            }
        }
        let left = left.map(|left| left.max(0.0));
        let of = move |part: Part| match part {
            Part::Blink => left[0],
            Part::LookAt => left[1],
            Part::Mouth => left[2],
            Part::Other => 1.0,
        };
        for (expression, weight) in self.expressions.iter().zip(weights) {
            let part = match (expression.preset, expression.shape) {
                (Some(preset), _) => part_of(preset),
                (None, Some(shape)) => part_of_shape(shape),
                (None, None) => Part::Other,
            };
            let share = of(part);
            // What is either on or off cannot be weakened.
            *weight *= if expression.is_binary && share < 1.0 { 0.0 } else { share };
        }
        of
    }
}

fn part_of(preset: Preset) -> Part {
    match preset {
        Preset::Aa | Preset::Ih | Preset::Ou | Preset::Ee | Preset::Oh => Part::Mouth,
        Preset::Blink | Preset::BlinkLeft | Preset::BlinkRight => Part::Blink,
        Preset::LookUp | Preset::LookDown | Preset::LookLeft | Preset::LookRight => Part::LookAt,
        _ => Part::Other,
    }
}

fn part_of_shape(shape: FaceShape) -> Part {
    let name = shape.name();
    if name.starts_with("eyeBlink") {
        Part::Blink
    } else if name.starts_with("eyeLook") {
        Part::LookAt
    } else if ["mouth", "jaw", "tongue"].iter().any(|start| name.starts_with(start)) {
        Part::Mouth
    } else {
        Part::Other
    }
}
