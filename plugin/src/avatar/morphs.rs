//! Faces and pupils: weights of the morph targets.

use super::{bones::AvatarModel, life::AvatarLife, lod::AvatarLod};
use bevy::{mesh::morph::MeshMorphWeights, prelude::*};
use reverie_avatar::Lod;

/// Targets follow the faces.
pub(super) fn morph(
    mut avatars: Query<(&mut AvatarLife, &AvatarLod, Option<&AvatarModel>)>,
    mut meshes: Query<&mut MeshMorphWeights>,
) {
    for (mut life, lod, model) in &mut avatars {
        if lod.current == Lod::Hidden {
            continue;
        }
        life.weigh();
        let (Some(model), Some(drawn)) = (model, &life.body().drawn) else { continue };
        for (part, entity) in drawn.parts.iter().zip(&model.parts) {
            if part.targets == 0 {
                continue;
            }
            let (Ok(mut mesh), Some(from)) =
                (meshes.get_mut(*entity), life.weights.targets.get(part.source))
            else {
                continue;
            };
            let MeshMorphWeights::Value { weights } = &mut *mesh else { continue };
            for (to, from) in weights.iter_mut().zip(from) {
                *to = *from;
            }
        }
    }
}

impl AvatarLife {
    fn weigh(&mut self) {
        self.body.face.apply(&self.pose, &mut self.weights);
    }
}

/// A form may have been chosen, or there are new meshes.
type Anew = Or<(Changed<AvatarLod>, Changed<AvatarModel>)>;

/// Meshes have the form that is chosen; lashes, corneas and mouths' insides of those who are far away
/// are not drawn.
pub(super) fn show_forms(
    mut avatars: Query<(&AvatarLife, &AvatarLod, &mut AvatarModel), Anew>,
    mut meshes: Query<(&mut Mesh3d, &mut Visibility)>,
) {
    for (life, lod, mut model) in &mut avatars {
        let shown = (lod.form, lod.current != Lod::Far);
        if model.shown == shown {
            continue;
        }
        let Some(drawn) = &life.body().drawn else { continue };
        for (part, entity) in drawn.parts.iter().zip(&model.parts) {
            let Ok((mut mesh, mut visibility)) = meshes.get_mut(*entity) else { continue };
            let form = part.meshes.get(usize::from(lod.form)).and_then(Option::as_ref);
            if let Some(form) = form {
                mesh.set_if_neq(Mesh3d(form.clone()));
            }
            let visible = form.is_some() && (shown.1 || !part.fine);
            visibility.set_if_neq(if visible { Visibility::Inherited } else { Visibility::Hidden });
        }
        model.shown = shown;
    }
}
