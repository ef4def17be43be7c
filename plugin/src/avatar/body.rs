//! A body in Bevy's terms: meshes with joints and targets, textures with smaller levels, materials.

use super::{
    capsules::{RestCapsule, rest_capsules},
    lod::AvatarDetail,
    material::{AvatarMaterial, material},
};
use bevy::{
    asset::RenderAssetUsages,
    image::{ImageAddressMode, ImageFilterMode, ImageSampler, ImageSamplerDescriptor},
    mesh::{
        Indices, PrimitiveTopology, VertexAttributeValues,
        morph::{MAX_MORPH_WEIGHTS, MorphAttributes},
        skinning::SkinnedMeshInverseBindposes,
    },
    prelude::*,
    render::{
        render_resource::{Extent3d, TextureDimension, TextureFormat},
        renderer::RenderAdapterInfo,
    },
};
use reverie_avatar::{AvatarPose, FaceShape, Rig};
use reverie_body::{
    AlphaMode as BodyAlpha, AvatarSpec, Body, BodyMesh, COARSER, Skeleton, Substance, Texture,
    vrm::{ExpressionMap, LookAt, LookAtKind, Model, MorphWeights, SpringBones},
};
use reverie_voice::VoiceSpec;

/// Diameter of the pupil that the target `pupil` starts from, and by how much weight 1 widens it.
const PUPIL_M: f32 = 0.0038;
const PUPIL_SPAN_M: f32 = 0.0042;
/// Forms of a body's meshes: as it was built, and coarser ones.
pub(crate) const FORMS: usize = 1 + COARSER;
/// A mesh is split in two where at least this share of its vertices moves with no target.
const WORTH_SPLITTING: f32 = 0.2;

/// What all avatars with the same body share.
#[derive(Debug)]
pub(crate) struct AvatarBody {
    pub name: String,
    pub height_m: f32,
    /// The voice that suits it.
    pub voice: VoiceSpec,
    pub rig: Rig,
    pub skeleton: Skeleton,
    /// Rest places of the bones in model space.
    pub rest: Vec<Vec3>,
    pub capsules: Vec<RestCapsule>,
    pub springs: SpringBones,
    pub face: FaceMap,
    /// How eyes turn, of bodies whose eyes are bones.
    pub look_at: Option<LookAt>,
    /// Nothing where nothing is drawn.
    pub drawn: Option<Drawn>,
}

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub parts: Vec<Part>,
    pub inverse_bindposes: Handle<SkinnedMeshInverseBindposes>,
}

/// One mesh of a body.
#[derive(Debug)]
pub(crate) struct Part {
    pub name: String,
    /// Index of the body's mesh that it was cut from.
    pub source: usize,
    /// How many targets it has; none if no target moves it.
    pub targets: usize,
    /// Too small to see from afar.
    pub fine: bool,
    pub casts_shadow: bool,
    /// By form; none where nothing is left of it.
    pub meshes: [Option<Handle<Mesh>>; FORMS],
    pub material: Handle<AvatarMaterial>,
}

/// How the 52 shapes become weights of the body's targets.
#[derive(Debug)]
pub(crate) enum FaceMap {
    /// By mesh, then by target.
    Shapes(Vec<Vec<Source>>),
    /// As the file says.
    Expressions(Box<ExpressionMap>),
}

/// What drives a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Source {
    Shape(FaceShape),
    Pupil,
    Nothing,
}

impl FaceMap {
    /// Weights of all targets. Allocates when `out` is of another body only.
    pub fn apply(&self, pose: &AvatarPose, out: &mut MorphWeights) {
        match self {
            Self::Expressions(map) => map.apply(&pose.face, &[], out),
            Self::Shapes(meshes) => {
                out.targets.resize(meshes.len(), Vec::new());
                for (weights, sources) in out.targets.iter_mut().zip(meshes) {
                    weights.clear();
                    weights.extend(sources.iter().map(|source| match source {
                        Source::Shape(shape) => pose.face[*shape],
                        Source::Pupil => (pose.pupil_diameter - PUPIL_M) / PUPIL_SPAN_M,
                        Source::Nothing => 0.0,
                    }));
                }
            }
        }
    }
}

/// A body, ready to be handed to Bevy; made on another thread.
pub(crate) struct Prepared {
    body: AvatarBody,
    parts: Vec<PreparedPart>,
    images: Vec<Image>,
    materials: Vec<reverie_body::Material>,
    pub warnings: Vec<String>,
}

struct PreparedPart {
    name: String,
    source: usize,
    targets: usize,
    material: usize,
    meshes: [Option<Mesh>; FORMS],
}

/// Where the assets go.
#[derive(bevy::ecs::system::SystemParam)]
pub(crate) struct Stores<'w> {
    meshes: Option<ResMut<'w, Assets<Mesh>>>,
    images: Option<ResMut<'w, Assets<Image>>>,
    materials: Option<ResMut<'w, Assets<AvatarMaterial>>>,
    poses: Option<ResMut<'w, Assets<SkinnedMeshInverseBindposes>>>,
    detail: Res<'w, AvatarDetail>,
    adapter: Option<Res<'w, RenderAdapterInfo>>,
}

impl Prepared {
    /// A person from a spec.
    pub fn person(body: Body, spec: &AvatarSpec) -> Self {
        let sources = |mesh: &BodyMesh| {
            let source = |target: &reverie_body::MorphTarget| match target.shape {
                Some(shape) => Source::Shape(shape),
                None if target.name == "pupil" => Source::Pupil,
                None => Source::Nothing,
            };
            mesh.targets.iter().map(source).collect()
        };
        let face = FaceMap::Shapes(body.meshes.iter().map(sources).collect());
        let voice = VoiceSpec::of_person(spec.age, spec.sex, spec.height_m, spec.seed);
        let mut prepared = Self::new(body, face, SpringBones::default(), None, Vec::new());
        prepared.body.voice = voice;
        prepared
    }

    /// A model from a file.
    pub fn model(model: Model) -> Self {
        let face = FaceMap::Expressions(Box::new(ExpressionMap::new(&model)));
        let mut warnings: Vec<String> = model.warnings.iter().map(ToString::to_string).collect();
        let look_at = model.extras.look_at;
        let look_at = (look_at.kind == LookAtKind::Bone).then_some(look_at);
        if model.body.meshes.iter().any(|mesh| mesh.targets.len() > MAX_MORPH_WEIGHTS) {
            warnings.push(format!("meshes: only {MAX_MORPH_WEIGHTS} morph targets each are used"));
        }
        Self::new(model.body, face, model.extras.springs, look_at, warnings)
    }

    fn new(
        body: Body,
        face: FaceMap,
        springs: SpringBones,
        look_at: Option<LookAt>,
        warnings: Vec<String>,
    ) -> Self {
        let capsules = rest_capsules(&body);
        let coarser = body.coarser();
        let Body { name, height_m, rig, skeleton, meshes, materials, textures } = body;
        let mut parts = Vec::new();
        for (source, mesh) in meshes.iter().enumerate() {
            let tangents = materials.get(mesh.material).is_some_and(|material| {
                material.normal_texture.is_some() || material.substance == Substance::Hair
            });
            let forms: [&BodyMesh; FORMS] = std::array::from_fn(|form| {
                form.checked_sub(1).map_or(mesh, |coarser_by| &coarser[coarser_by][source])
            });
            for half in halves(mesh) {
                let moves = *half != Half::Still;
                parts.push(PreparedPart {
                    name: mesh.name.clone(),
                    source,
                    targets: if moves { mesh.targets.len().min(MAX_MORPH_WEIGHTS) } else { 0 },
                    material: mesh.material,
                    meshes: forms.map(|form| {
                        let cut = half.of(form);
                        (!cut.indices.is_empty()).then(|| cut.mesh(form, moves, tangents))
                    }),
                });
            }
        }
        let masked = |at: usize| {
            materials.iter().any(|material| {
                material.base_texture == Some(at) && matches!(material.alpha, BodyAlpha::Mask(_))
            })
        };
        let images =
            textures.iter().enumerate().map(|(at, texture)| image(texture, masked(at))).collect();
        let rest = skeleton.bones.iter().map(|bone| bone.position).collect();
        let body = AvatarBody {
            // A model's file does not say who it is.
            voice: VoiceSpec::default(),
            name,
            height_m,
            rig,
            skeleton,
            rest,
            capsules,
            springs,
            face,
            look_at,
            drawn: None,
        };
        Self { body, parts, images, materials, warnings }
    }

    /// Hands everything to Bevy.
    pub fn store(self, stores: &mut Stores) -> AvatarBody {
        let Self { mut body, parts, images, materials, .. } = self;
        let Stores {
            meshes: Some(meshes),
            images: Some(textures),
            materials: Some(surfaces),
            poses: Some(poses),
            detail,
            adapter,
        } = stores
        else {
            return body;
        };
        let lean = detail.is_reduced(adapter.as_deref());
        let images: Vec<Handle<Image>> =
            images.into_iter().map(|image| textures.add(for_light(image, lean))).collect();
        let handles: Vec<Handle<AvatarMaterial>> = materials
            .iter()
            .map(|from| surfaces.add(material(from, &images, body.height_m, lean)))
            .collect();
        let parts = parts
            .into_iter()
            .filter_map(|part| {
                let substance = materials.get(part.material)?.substance;
                Some(Part {
                    name: part.name,
                    source: part.source,
                    targets: part.targets,
                    fine: matches!(
                        substance,
                        Substance::Lash | Substance::Cornea | Substance::Mouth
                    ),
                    casts_shadow: !matches!(
                        substance,
                        Substance::Cornea | Substance::Lash | Substance::EyeShade
                    ),
                    meshes: part.meshes.map(|mesh| mesh.map(|mesh| meshes.add(mesh))),
                    material: handles.get(part.material)?.clone(),
                })
            })
            .collect();
        let inverse: Vec<Mat4> =
            body.rest.iter().map(|place| Mat4::from_translation(-*place)).collect();
        let inverse_bindposes = poses.add(SkinnedMeshInverseBindposes::from(inverse));
        body.drawn = Some(Drawn { parts, inverse_bindposes });
        body
    }
}

/// Some triangles of a mesh.
struct Cut {
    /// Old indices of its vertices.
    vertices: Vec<u32>,
    indices: Vec<u32>,
    /// New indices by old ones.
    places: Vec<u32>,
}

/// Bevy stores every target for every vertex; what no target moves goes into a mesh of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    /// The whole mesh, which targets move.
    Whole,
    /// What targets move.
    Live,
    /// What no target moves.
    Still,
}

/// What a mesh is cut into.
fn halves(mesh: &BodyMesh) -> &'static [Half] {
    if Half::Live.of(mesh).indices.is_empty() {
        return &[Half::Still];
    }
    let still = Half::Still.of(mesh).vertices.len() as f32;
    if still < WORTH_SPLITTING * mesh.positions.len() as f32 {
        return &[Half::Whole];
    }
    &[Half::Live, Half::Still]
}

impl Half {
    fn of(self, mesh: &BodyMesh) -> Cut {
        let count = mesh.positions.len();
        if self == Self::Whole {
            return Cut::new(count, &mesh.indices);
        }
        let mut moved = vec![false; count];
        for vertex in mesh.targets.iter().flat_map(|target| &target.vertices) {
            if let Some(moved) = moved.get_mut(*vertex as usize) {
                *moved = true;
            }
        }
        let moves = |at: &u32| moved.get(*at as usize) == Some(&true);
        let wanted = |triangle: &&[u32]| triangle.iter().any(moves) == (self == Self::Live);
        let triangles: Vec<u32> =
            mesh.indices.chunks_exact(3).filter(wanted).flatten().copied().collect();
        Cut::new(count, &triangles)
    }
}

impl Cut {
    fn new(count: usize, triangles: &[u32]) -> Self {
        let mut places = vec![u32::MAX; count];
        let mut vertices = Vec::new();
        let mut place = |old: &u32| {
            let slot = &mut places[*old as usize];
            if *slot == u32::MAX {
                *slot = vertices.len() as u32;
                vertices.push(*old);
            }
            *slot
        };
        let indices = triangles.iter().map(&mut place).collect();
        Self { vertices, indices, places }
    }

    fn pick<T: Copy>(&self, from: &[T]) -> Vec<T> {
        self.vertices.iter().filter_map(|at| from.get(*at as usize).copied()).collect()
    }

    fn mesh(&self, from: &BodyMesh, moves: bool, tangents: bool) -> Mesh {
        let usage = RenderAssetUsages::RENDER_WORLD;
        let mut mesh = Mesh::new(PrimitiveTopology::TriangleList, usage);
        mesh.insert_attribute(Mesh::ATTRIBUTE_POSITION, self.pick(&from.positions));
        mesh.insert_attribute(Mesh::ATTRIBUTE_NORMAL, self.pick(&from.normals));
        let joints = VertexAttributeValues::Uint16x4(self.pick(&from.joints));
        mesh.insert_attribute(Mesh::ATTRIBUTE_JOINT_INDEX, joints);
        mesh.insert_attribute(Mesh::ATTRIBUTE_JOINT_WEIGHT, self.pick(&from.weights));
        if from.uvs.len() == from.positions.len() {
            mesh.insert_attribute(Mesh::ATTRIBUTE_UV_0, self.pick(&from.uvs));
        }
        mesh.insert_indices(match u16::try_from(self.vertices.len()) {
            Ok(_) => Indices::U16(self.indices.iter().map(|at| *at as u16).collect()),
            Err(_) => Indices::U32(self.indices.clone()),
        });
        if from.tangents.len() == from.positions.len() {
            mesh.insert_attribute(Mesh::ATTRIBUTE_TANGENT, self.pick(&from.tangents));
        } else if tangents && let Err(error) = mesh.generate_tangents() {
            warn!("{}: no tangents: {error}", from.name);
        }
        if moves {
            mesh.set_morph_targets(self.targets(from));
        }
        mesh
    }

    /// All targets of all vertices, as Bevy's shaders want them.
    fn targets(&self, from: &BodyMesh) -> Vec<MorphAttributes> {
        let count = self.vertices.len();
        let used = from.targets.len().min(MAX_MORPH_WEIGHTS);
        let mut dense = vec![MorphAttributes::default(); count * used];
        for (target, rows) in from.targets.iter().zip(dense.chunks_exact_mut(count.max(1))) {
            for (at, vertex) in target.vertices.iter().enumerate() {
                let place = self.places.get(*vertex as usize).copied().unwrap_or(u32::MAX);
                let Some(row) = rows.get_mut(place as usize) else { continue };
                row.position = target.positions.get(at).copied().unwrap_or_default().into();
                row.normal = target.normals.get(at).copied().unwrap_or_default().into();
            }
        }
        dense
    }
}

/// A texture as surfaces want it that are lit so, see [`AvatarSurface::lean`](super::AvatarSurface).
fn for_light(mut image: Image, lean: bool) -> Image {
    if lean {
        let format = &mut image.texture_descriptor.format;
        *format = format.remove_srgb_suffix();
    }
    image
}

/// A texture with its smaller levels.
fn image(texture: &Texture, masked: bool) -> Image {
    let (width, height) = (texture.width.max(1), texture.height.max(1));
    let mut data = texture.pixels.to_vec();
    data.resize((width * height * 4) as usize, 0);
    let mut levels = 1;
    let (mut start, mut wide, mut high) = (0usize, width as usize, height as usize);
    while wide > 1 || high > 1 {
        let end = data.len();
        let (next_wide, next_high) = ((wide / 2).max(1), (high / 2).max(1));
        data.reserve(next_wide * next_high * 4);
        for y in 0..next_high {
            for x in 0..next_wide {
                let at = |dx: usize, dy: usize| {
                    let (x, y) = ((2 * x + dx).min(wide - 1), (2 * y + dy).min(high - 1));
                    start + 4 * (y * wide + x)
                };
                let four = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
                let pixel = smaller(&data, four, masked);
                data.extend_from_slice(&pixel);
            }
        }
        (start, wide, high) = (end, next_wide, next_high);
        levels += 1;
    }
    let format =
        if texture.srgb { TextureFormat::Rgba8UnormSrgb } else { TextureFormat::Rgba8Unorm };
    let size = Extent3d { width, height, depth_or_array_layers: 1 };
    let mut image =
        Image::new_uninit(size, TextureDimension::D2, format, RenderAssetUsages::RENDER_WORLD);
    image.data = Some(data);
    image.texture_descriptor.mip_level_count = levels;
    image.sampler = ImageSampler::Descriptor(ImageSamplerDescriptor {
        address_mode_u: ImageAddressMode::Repeat,
        address_mode_v: ImageAddressMode::Repeat,
        mag_filter: ImageFilterMode::Linear,
        min_filter: ImageFilterMode::Linear,
        mipmap_filter: ImageFilterMode::Linear,
        ..default()
    });
    image
}

/// The mean of four pixels. Where alpha cuts, colour counts by alpha and thin things stay as thick as
/// they look from near.
fn smaller(data: &[u8], four: [usize; 4], masked: bool) -> [u8; 4] {
    let value = |at: usize, channel: usize| u32::from(data[at + channel]);
    let sum = |channel: usize| four.iter().map(|at| value(*at, channel)).sum::<u32>();
    let alpha = sum(3);
    if !masked {
        return [0, 1, 2, 3].map(|channel| ((sum(channel) + 2) / 4) as u8);
    }
    let most = four.iter().map(|at| value(*at, 3)).max().unwrap_or(0);
    let colour = |channel: usize| {
        if alpha == 0 {
            return (sum(channel) / 4) as u8;
        }
        let weighted: u32 = four.iter().map(|at| value(*at, channel) * value(*at, 3)).sum();
        (weighted / alpha) as u8
    };
    let kept = (3 * (alpha / 4) + most) / 4;
    [colour(0), colour(1), colour(2), kept.min(255) as u8]
}
