//! The parts of glTF 2.0 that are read.

use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) type Extensions = Option<Map<String, Value>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Buffer {
    pub uri: Option<String>,
    pub byte_length: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BufferView {
    pub buffer: u64,
    pub byte_offset: Option<u64>,
    pub byte_length: u64,
    pub byte_stride: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accessor {
    pub buffer_view: Option<u64>,
    pub byte_offset: Option<u64>,
    pub component_type: u64,
    pub normalized: Option<bool>,
    pub count: u64,
    #[serde(rename = "type")]
    pub shape: String,
    pub sparse: Option<Sparse>,
    pub name: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Sparse {
    pub count: u64,
    pub indices: SparseIndices,
    pub values: SparseValues,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SparseIndices {
    pub buffer_view: u64,
    pub byte_offset: Option<u64>,
    pub component_type: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SparseValues {
    pub buffer_view: u64,
    pub byte_offset: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct Scene {
    pub nodes: Option<Vec<u64>>,
}

#[derive(Deserialize)]
pub(crate) struct Node {
    pub name: Option<String>,
    pub children: Option<Vec<u64>>,
    pub mesh: Option<u64>,
    pub skin: Option<u64>,
    pub matrix: Option<[f32; 16]>,
    pub translation: Option<[f32; 3]>,
    pub rotation: Option<[f32; 4]>,
    pub scale: Option<[f32; 3]>,
    pub extensions: Extensions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Skin {
    pub inverse_bind_matrices: Option<u64>,
    pub joints: Vec<u64>,
}

#[derive(Deserialize)]
pub(crate) struct Mesh {
    pub name: Option<String>,
    pub primitives: Vec<Primitive>,
    pub extras: Option<Value>,
}

#[derive(Deserialize)]
pub(crate) struct Primitive {
    pub attributes: Map<String, Value>,
    pub indices: Option<u64>,
    pub material: Option<u64>,
    pub mode: Option<u64>,
    pub targets: Option<Vec<Map<String, Value>>>,
    pub extras: Option<Value>,
    pub extensions: Extensions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Material {
    pub name: Option<String>,
    pub pbr_metallic_roughness: Option<Pbr>,
    pub normal_texture: Option<TextureInfo>,
    pub occlusion_texture: Option<TextureInfo>,
    pub alpha_mode: Option<String>,
    pub alpha_cutoff: Option<f32>,
    pub double_sided: Option<bool>,
    pub extras: Option<Value>,
    pub extensions: Extensions,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pbr {
    pub base_color_factor: Option<[f32; 4]>,
    pub base_color_texture: Option<TextureInfo>,
    pub metallic_factor: Option<f32>,
    pub roughness_factor: Option<f32>,
    pub metallic_roughness_texture: Option<TextureInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TextureInfo {
    pub index: u64,
    pub tex_coord: Option<u64>,
    pub extensions: Extensions,
}

#[derive(Deserialize)]
pub(crate) struct Texture {
    pub source: Option<u64>,
    pub extensions: Extensions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Image {
    pub name: Option<String>,
    pub uri: Option<String>,
    pub mime_type: Option<String>,
    pub buffer_view: Option<u64>,
}
