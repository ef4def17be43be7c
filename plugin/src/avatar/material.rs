//! What people are made of: Bevy's standard material with the shading of skin, eyes, hair and cloth on
//! top (`shaders/avatar.wgsl`).

use bevy::{
    asset::uuid_handle,
    mesh::MeshVertexBufferLayoutRef,
    pbr::{
        ExtendedMaterial, MaterialExtension, MaterialExtensionKey, MaterialExtensionPipeline,
        MaterialPlugin,
    },
    prelude::*,
    render::render_resource::{
        AsBindGroup, RenderPipelineDescriptor, ShaderType, SpecializedMeshPipelineError,
    },
    shader::{Shader, ShaderRef},
};
use reverie_body::{AlphaMode as BodyAlpha, Material as BodyMaterial, Substance};

const SHADER: Handle<Shader> = uuid_handle!("c0c8a1de-5d0e-4a52-9a57-21ab4d3d3b70");

/// The material of every part of an avatar.
pub type AvatarMaterial = ExtendedMaterial<StandardMaterial, AvatarSurface>;

/// What the shading of people needs beyond [`StandardMaterial`].
#[derive(Asset, AsBindGroup, TypePath, Debug, Clone, Default)]
#[bind_group_data(SurfaceKey)]
pub struct AvatarSurface {
    /// What it is made of.
    pub kind: SurfaceKind,
    /// It is lit more simply, see [`AvatarDetail`](super::AvatarDetail). The texture of its colour is then
    /// one without sRGB's decoding, which the shader does after filtering: a program that samples textures
    /// takes far longer to decode every texel.
    pub lean: bool,
    /// Numbers for the shader.
    #[uniform(100)]
    pub params: SurfaceParams,
}

/// How a surface is shaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum SurfaceKind {
    /// As [`StandardMaterial`] does.
    #[default]
    Plain,
    /// Light goes in and comes out redder beside where it went in; thin parts let it through.
    Skin,
    /// The ball below the cornea, shaded by the lids.
    Eye,
    /// The cornea: nothing but reflections.
    Cornea,
    /// Strands that shine across their direction.
    Hair,
    /// Fibres that stand off and catch light from behind.
    Cloth,
}

/// What selects a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct SurfaceKey {
    kind: SurfaceKind,
    lean: bool,
}

impl From<&AvatarSurface> for SurfaceKey {
    fn from(surface: &AvatarSurface) -> Self {
        Self { kind: surface.kind, lean: surface.lean }
    }
}

/// As in `shaders/avatar.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, ShaderType)]
pub struct SurfaceParams {
    /// Linear colour of light that is scattered below the surface; of cloth, of its fibres.
    pub scatter: Vec3,
    /// Size of the person, 1 for an adult of 1.70 m: how deep light goes in.
    pub size: f32,
    /// How much of its surroundings it sees from where it is, 0 to 1: little inside the mouth.
    pub open: f32,
}

impl Default for SurfaceParams {
    fn default() -> Self {
        Self { scatter: Vec3::ZERO, size: 1.0, open: 1.0 }
    }
}

impl MaterialExtension for AvatarSurface {
    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }

    fn specialize(
        _: &MaterialExtensionPipeline,
        descriptor: &mut RenderPipelineDescriptor,
        _: &MeshVertexBufferLayoutRef,
        key: MaterialExtensionKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        let SurfaceKey { kind, lean } = key.bind_group_data;
        let define = match kind {
            SurfaceKind::Plain if !lean => return Ok(()),
            SurfaceKind::Plain => "AVATAR_PLAIN",
            SurfaceKind::Skin => "AVATAR_SKIN",
            SurfaceKind::Eye => "AVATAR_EYE",
            SurfaceKind::Cornea => "AVATAR_CORNEA",
            SurfaceKind::Hair => "AVATAR_HAIR",
            SurfaceKind::Cloth => "AVATAR_CLOTH",
        };
        if let Some(fragment) = &mut descriptor.fragment {
            fragment.shader_defs.push(define.into());
            fragment.shader_defs.push("AVATAR_LIGHTS".into());
            if lean {
                fragment.shader_defs.push("AVATAR_LEAN".into());
                if matches!(kind, SurfaceKind::Hair | SurfaceKind::Cloth) {
                    fragment.shader_defs.push("AVATAR_ROUGH".into());
                }
            }
        }
        Ok(())
    }
}

pub(super) fn plugin(app: &mut App) {
    let source = include_str!("../../../shaders/avatar.wgsl");
    crate::shaders::register(app, &SHADER, "reverie/shaders/avatar.wgsl", source);
    app.add_plugins(MaterialPlugin::<AvatarMaterial>::default());
}

/// The material of a body in Bevy's terms; `images` are those of the body's textures.
pub(super) fn material(
    from: &BodyMaterial,
    images: &[Handle<Image>],
    height_m: f32,
    lean: bool,
) -> AvatarMaterial {
    let image = |at: Option<usize>| at.and_then(|at| images.get(at)).cloned();
    let [r, g, b, alpha] = from.base_colour;
    let surface = image(from.surface_texture);
    // Of a texture that has it, glTF's factor of metalness is 1.
    let metallic = if surface.is_some() { 1.0 } else { 0.0 };
    let kind = match from.substance {
        Substance::Skin | Substance::Mouth => SurfaceKind::Skin,
        Substance::Eye => SurfaceKind::Eye,
        Substance::Cornea => SurfaceKind::Cornea,
        Substance::Hair => SurfaceKind::Hair,
        Substance::Cloth => SurfaceKind::Cloth,
        _ => SurfaceKind::Plain,
    };
    let mut base = StandardMaterial {
        base_color: Color::linear_rgba(r, g, b, alpha),
        base_color_texture: image(from.base_texture),
        normal_map_texture: image(from.normal_texture),
        metallic_roughness_texture: surface.clone(),
        occlusion_texture: surface,
        perceptual_roughness: from.roughness,
        metallic,
        reflectance: from.reflectance,
        alpha_mode: match from.alpha {
            BodyAlpha::Opaque => AlphaMode::Opaque,
            BodyAlpha::Mask(least) => AlphaMode::Mask(least),
            BodyAlpha::Blend => AlphaMode::Blend,
        },
        double_sided: from.double_sided,
        cull_mode: (!from.double_sided).then_some(bevy::render::render_resource::Face::Back),
        opaque_render_method: bevy::material::OpaqueRendererMethod::Forward,
        ..default()
    };
    if from.substance == Substance::Lash {
        // One lash is narrower than a texel: what is left of it must be dark.
        base.base_color = Color::linear_rgba(0.45 * r, 0.45 * g, 0.45 * b, alpha);
    }
    if kind == SurfaceKind::Cornea {
        // Black glass that covers nothing: reflections are added to what is below.
        base.base_color = Color::linear_rgba(0.0, 0.0, 0.0, 0.0);
        base.alpha_mode = AlphaMode::Premultiplied;
    }
    let size = height_m / 1.7;
    let open = if from.substance == Substance::Mouth { 0.4 } else { 1.0 };
    let params = SurfaceParams { scatter: Vec3::from(from.scatter), size, open };
    AvatarMaterial { base, extension: AvatarSurface { kind, lean, params } }
}
