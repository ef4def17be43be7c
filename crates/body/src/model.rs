//! What a body is, as plain data for any renderer or file format.

use crate::texture::Texture;
use glam::Vec3;
use reverie_avatar::{FaceShape, HumanBone, Rig};

/// What a mesh or a material is made of, for renderers that have their own shading for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Substance {
    /// Skin: light scatters below its surface.
    Skin,
    /// Eyeball under the cornea: white, iris, pupil.
    Eye,
    /// The clear, wet shell of the eye.
    Cornea,
    /// What shades the eye below its lids.
    EyeShade,
    /// Teeth, tongue, lining of the mouth.
    Mouth,
    /// Lashes.
    Lash,
    /// Hair: strands along v of the texture.
    Hair,
    /// Cloth.
    Cloth,
    /// Shoes.
    Leather,
    /// Anything else.
    Other,
}

/// How a material treats what is not opaque.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AlphaMode {
    /// Alpha is ignored.
    Opaque,
    /// Drawn where alpha is at least this.
    Mask(f32),
    /// Blended.
    Blend,
}

/// A surface, in the terms of glTF's metallic-roughness model. Textures are indices into
/// [`Body::textures`].
#[derive(Debug, Clone, PartialEq)]
pub struct Material {
    /// For people and files.
    pub name: String,
    /// What it is.
    pub substance: Substance,
    /// Linear RGBA factor.
    pub base_colour: [f32; 4],
    /// sRGB colour and alpha.
    pub base_texture: Option<usize>,
    /// Tangent-space normals, +Y up (as glTF and Bevy have them).
    pub normal_texture: Option<usize>,
    /// Occlusion in red, roughness in green, metalness in blue; in skin, alpha says how much light
    /// scatters.
    pub surface_texture: Option<usize>,
    /// Factor of the roughness, 0 to 1.
    pub roughness: f32,
    /// Reflectance of dielectrics as Bevy counts: 0.5 is 4 % at normal incidence.
    pub reflectance: f32,
    /// Linear colour of light scattered below the surface; black for none.
    pub scatter: [f32; 3],
    /// What is not opaque.
    pub alpha: AlphaMode,
    /// Whether both sides are drawn.
    pub double_sided: bool,
}

/// Moves some vertices of a mesh.
#[derive(Debug, Clone, PartialEq)]
pub struct MorphTarget {
    /// ARKit's name for shapes of the face; otherwise a name of the body's own.
    pub name: String,
    /// The shape of the face that this is.
    pub shape: Option<FaceShape>,
    /// Indices of vertices, rising.
    pub vertices: Vec<u32>,
    /// By how much each moves at weight 1, metres.
    pub positions: Vec<[f32; 3]>,
    /// By how much each normal changes at weight 1.
    pub normals: Vec<[f32; 3]>,
}

/// A mesh in model space, in the rest pose.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BodyMesh {
    /// For people and files.
    pub name: String,
    /// Index into [`Body::materials`].
    pub material: usize,
    /// Metres.
    pub positions: Vec<[f32; 3]>,
    /// Unit vectors.
    pub normals: Vec<[f32; 3]>,
    /// Unit vectors along u, and the sign of the bitangent; empty if not given.
    pub tangents: Vec<[f32; 4]>,
    /// v down.
    pub uvs: Vec<[f32; 2]>,
    /// Indices into [`Skeleton::bones`].
    pub joints: Vec<[u16; 4]>,
    /// Weights of the joints, summing to 1.
    pub weights: Vec<[f32; 4]>,
    /// Triangles, counter-clockwise from outside.
    pub indices: Vec<u32>,
    /// Sparse morph targets.
    pub targets: Vec<MorphTarget>,
}

/// One bone. Its rest rotation is the identity for bodies built here.
#[derive(Debug, Clone, PartialEq)]
pub struct Bone {
    /// VRM's name for humanoid bones; otherwise a name of the body's own.
    pub name: String,
    /// Which humanoid bone it is.
    pub human: Option<HumanBone>,
    /// Index of the parent, which comes before it.
    pub parent: Option<usize>,
    /// Rest place in model space, metres.
    pub position: Vec3,
    /// Rest rotation in model space.
    pub rotation: glam::Quat,
}

/// The bones of a body, parents first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Skeleton {
    /// All bones.
    pub bones: Vec<Bone>,
}

impl Skeleton {
    /// Index of a humanoid bone.
    pub fn find(&self, human: HumanBone) -> Option<usize> {
        self.bones.iter().position(|bone| bone.human == Some(human))
    }
}

/// A body: everything a renderer needs.
#[derive(Debug, Clone)]
pub struct Body {
    /// What people call them.
    pub name: String,
    /// From sole to crown, metres, without hair and shoes.
    pub height_m: f32,
    /// Where bones rest, for what moves the body.
    pub rig: Rig,
    /// The bones.
    pub skeleton: Skeleton,
    /// The meshes, opaque ones first.
    pub meshes: Vec<BodyMesh>,
    /// Their materials.
    pub materials: Vec<Material>,
    /// Pictures of the materials.
    pub textures: Vec<Texture>,
}

impl Body {
    /// A number that is the same for the same geometry and textures (FNV-1a).
    pub fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        let mut feed = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        };
        for mesh in &self.meshes {
            for value in mesh.positions.iter().flatten().chain(mesh.normals.iter().flatten()) {
                feed(&value.to_bits().to_le_bytes());
            }
            for value in mesh.uvs.iter().flatten().chain(mesh.weights.iter().flatten()) {
                feed(&value.to_bits().to_le_bytes());
            }
            for index in &mesh.indices {
                feed(&index.to_le_bytes());
            }
            for target in &mesh.targets {
                feed(target.name.as_bytes());
                for value in target.positions.iter().flatten() {
                    feed(&value.to_bits().to_le_bytes());
                }
            }
        }
        for texture in &self.textures {
            feed(&texture.pixels);
        }
        hash
    }
}
