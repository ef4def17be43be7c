//! From a spec to a body.

use crate::{
    AvatarSpec, Pack, PackError, SpecError, assemble,
    assemble::Figure,
    eyes, hair,
    looks::Looks,
    model::{Body, BodyMesh},
    outfit, shape, skeleton,
    topology::Sheet,
};
use glam::Vec3;
use reverie_avatar::RigError;

/// Why a body could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The spec is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The pack lacks something.
    #[error("pack: {0}")]
    Pack(#[from] PackError),
    /// The pack's joints make no person.
    #[error("pack: {0}")]
    Rig(#[from] RigError),
}

impl Body {
    /// Builds a person. The same pack and spec make the same body.
    ///
    /// # Errors
    /// A spec outside its ranges, or a pack without what a body needs.
    pub fn build(pack: &Pack, spec: &AvatarSpec) -> Result<Self, BuildError> {
        spec.check()?;
        // Pictures and shape know nothing of one another.
        let (mut looks, shape) = rayon::join(
            || Looks::new(pack, spec),
            || -> Result<_, BuildError> {
                let shaped = shape::shaped(pack, spec)?;
                let face = face_scale(pack, &shaped)?;
                let posed = skeleton::pose(pack, &shaped, spec.height_m)?;
                let (bones, rig) = skeleton::skeleton(&posed.places)?;
                let normals = pack.topology.normals(&posed.positions);
                let scale = face * posed.scale;
                let shapes = assemble::shapes(pack, &posed.positions, &normals, scale);
                let figure = Figure { pack, positions: posed.positions, normals, shapes };
                Ok((figure, posed.places, bones, rig))
            },
        );
        let (figure, places, bones, rig) = shape?;
        let topology = &pack.topology;
        let [balls, corneas] = eyes::meshes(pack, &figure.positions, Looks::EYES, Looks::CORNEAS);
        let (clothes, hair) = rayon::join(
            || outfit::clothes(&figure, spec, &mut looks),
            || hair::mesh(&figure, spec, &places),
        );
        let skin = |name: &str, material: usize, sheet: &Sheet| {
            figure.mesh(name, material, sheet, outfit::seen(pack, &clothes, &sheet.sources))
        };
        let mut meshes = vec![
            skin("head", Looks::HEAD, &topology.head),
            skin("body", Looks::BODY, &topology.body),
            figure.mesh("mouth", Looks::MOUTH, &topology.mouth, |_| true),
            balls,
        ];
        meshes.extend(clothes.meshes);
        let material = looks.hair();
        meshes.extend(hair.map(|mesh| BodyMesh { material, ..mesh }));
        meshes.push(figure.mesh("lashes", Looks::LASHES, &topology.lashes, |_| true));
        meshes.push(corneas);
        let Looks { materials, textures, .. } = looks;
        Ok(Self {
            name: spec.name.clone(),
            height_m: spec.height_m,
            rig,
            skeleton: bones,
            meshes,
            materials,
            textures,
        })
    }
}

/// How much larger a face is than that of the base mesh, along each axis.
fn face_scale(pack: &Pack, shaped: &[Vec3]) -> Result<Vec3, PackError> {
    let size = |positions: &[Vec3]| -> Result<Vec3, PackError> {
        let place = |name: &str| pack.joint(name).map(|at| positions[at]);
        let (left, right) = (place("l-eye")?, place("r-eye")?);
        let eyes = 0.5 * (left + right);
        Ok(Vec3::new(left.x - right.x, eyes.y - place("jaw")?.y, eyes.z - place("head")?.z))
    };
    let ratio = size(shaped)? / size(&pack.vertices)?;
    Ok(ratio.clamp(Vec3::splat(0.6), Vec3::splat(1.6)))
}
