//! Surfaces and their pictures.

use super::Notes;
use crate::{
    AlphaMode, Material, Substance, Texture,
    vrm::gltf::{Document, decode_picture, schema},
};
use glam::{Mat2, Vec2};
use serde_json::Value;
use std::collections::BTreeMap;

/// Which texture coordinates a material uses, and what is done to them.
pub(crate) struct Uvs {
    pub set: u64,
    matrix: Mat2,
    offset: Vec2,
}

impl Uvs {
    const PLAIN: Self = Self { set: 0, matrix: Mat2::IDENTITY, offset: Vec2::ZERO };

    fn new(info: Option<&schema::TextureInfo>) -> Self {
        let Some(info) = info else { return Self::PLAIN };
        let mut uvs = Self { set: info.tex_coord.unwrap_or(0), ..Self::PLAIN };
        let Some(t) = info.extensions.as_ref().and_then(|e| e.get("KHR_texture_transform")) else {
            return uvs;
        };
        let pair = |name: &str| {
            let pair = t.get(name)?.as_array()?;
            Some(Vec2::new(pair.first()?.as_f64()? as f32, pair.get(1)?.as_f64()? as f32))
        };
        let angle = t.get("rotation").and_then(Value::as_f64).unwrap_or(0.0) as f32;
        uvs.set = t.get("texCoord").and_then(Value::as_u64).unwrap_or(uvs.set);
        uvs.offset = pair("offset").unwrap_or(Vec2::ZERO);
        uvs.matrix =
            Mat2::from_angle(-angle) * Mat2::from_diagonal(pair("scale").unwrap_or(Vec2::ONE));
        uvs
    }

    pub(crate) fn apply(&self, coordinates: &mut [[f32; 2]]) {
        if self.matrix == Mat2::IDENTITY && self.offset == Vec2::ZERO {
            return;
        }
        for uv in coordinates {
            let moved = self.matrix * Vec2::from_array(*uv) + self.offset;
            *uv = if moved.is_finite() { moved.to_array() } else { [0.0; 2] };
        }
    }
}

/// What a picture is for, with what is put into its channels.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Colour,
    Normal,
    /// Whether red is occlusion, and the factor of metalness in 255ths.
    Surface(bool, u8),
}

struct Pictures<'a> {
    document: &'a Document<'a>,
    budget: u64,
    made: BTreeMap<(u64, Use), Option<usize>>,
    textures: Vec<Texture>,
}

impl Pictures<'_> {
    fn get(
        &mut self,
        info: &schema::TextureInfo,
        use_: Use,
        field: &str,
        notes: &mut Notes,
    ) -> Option<usize> {
        let Some(image) = self.image(info) else {
            notes.add(field, &format!("there is no picture for textures[{}]", info.index));
            return None;
        };
        if let Some(known) = self.made.get(&(image, use_)) {
            return *known;
        }
        let made = match decode_picture(self.document, image as usize, &mut self.budget) {
            Ok(mut picture) => {
                if let Use::Surface(occlusion, metal) = use_ {
                    for pixel in picture.pixels_mut() {
                        if !occlusion {
                            pixel[0] = 255;
                        }
                        pixel[2] = ((u16::from(pixel[2]) * u16::from(metal) + 127) / 255) as u8;
                    }
                }
                let named = self.document.images[image as usize].name.clone();
                self.textures.push(Texture {
                    name: named.unwrap_or_else(|| format!("image {image}")),
                    width: picture.width(),
                    height: picture.height(),
                    srgb: use_ == Use::Colour,
                    pixels: picture.into_raw().into(),
                });
                Some(self.textures.len() - 1)
            }
            Err(reason) => {
                notes.add(&format!("images[{image}]"), &format!("{reason}; it is left out"));
                None
            }
        };
        self.made.insert((image, use_), made);
        made
    }

    fn image(&self, info: &schema::TextureInfo) -> Option<u64> {
        let texture = self.document.textures.get(info.index as usize)?;
        let webp = texture.extensions.as_ref().and_then(|e| e.get("EXT_texture_webp"));
        webp.and_then(|e| e.get("source")).and_then(Value::as_u64).or(texture.source)
    }
}

/// All materials, one for meshes that name none at the end; what they do to texture coordinates; all
/// pictures.
pub(crate) fn read(
    document: &Document,
    notes: &mut Notes,
) -> (Vec<Material>, Vec<Uvs>, Vec<Texture>) {
    let mut pictures = Pictures {
        document,
        budget: document.limits.pixels,
        made: BTreeMap::new(),
        textures: Vec::new(),
    };
    let mut materials = Vec::new();
    let mut uvs = Vec::new();
    for (at, given) in document.materials.iter().enumerate() {
        let plain = schema::Pbr::default();
        let pbr = given.pbr_metallic_roughness.as_ref().unwrap_or(&plain);
        uvs.push(Uvs::new(pbr.base_color_texture.as_ref().or(given.normal_texture.as_ref())));
        materials.push(material(at, given, pbr, &mut pictures, notes));
    }
    materials.push(Material { name: "plain".to_owned(), ..plain() });
    uvs.push(Uvs::PLAIN);
    (materials, uvs, pictures.textures)
}

fn plain() -> Material {
    Material {
        name: String::new(),
        substance: Substance::Other,
        base_colour: [1.0; 4],
        base_texture: None,
        normal_texture: None,
        surface_texture: None,
        roughness: 1.0,
        reflectance: 0.5,
        scatter: [0.0; 3],
        alpha: AlphaMode::Opaque,
        double_sided: false,
    }
}

fn material(
    at: usize,
    given: &schema::Material,
    pbr: &schema::Pbr,
    pictures: &mut Pictures,
    notes: &mut Notes,
) -> Material {
    let field = format!("materials[{at}]");
    let unit = |value: f32| if value.is_finite() { value.clamp(0.0, 1.0) } else { 1.0 };
    let metal = unit(pbr.metallic_factor.unwrap_or(1.0));
    let extension = |name: &str| given.extensions.as_ref().is_some_and(|e| e.contains_key(name));
    let drawn = extension("KHR_materials_unlit") || extension("VRMC_materials_mtoon");
    let mut picture =
        |info: Option<&schema::TextureInfo>, use_: Use| pictures.get(info?, use_, &field, notes);
    let base_texture = picture(pbr.base_color_texture.as_ref(), Use::Colour);
    let normal_texture = picture(given.normal_texture.as_ref(), Use::Normal);
    let occludes = |surface: &schema::TextureInfo| {
        given.occlusion_texture.as_ref().is_some_and(|occlusion| occlusion.index == surface.index)
    };
    let surface = pbr.metallic_roughness_texture.as_ref();
    let surface_texture = surface.and_then(|surface| {
        picture(Some(surface), Use::Surface(occludes(surface), (metal * 255.0).round() as u8))
    });
    // Metal without a picture of it: one pixel says so.
    let surface_texture = surface_texture.or_else(|| {
        (metal > 0.0 && !drawn && pbr.metallic_factor.is_some()).then(|| {
            pictures.textures.push(Texture {
                name: format!("metal of {field}"),
                width: 1,
                height: 1,
                srgb: false,
                pixels: vec![255, 255, (metal * 255.0).round() as u8, 255].into(),
            });
            pictures.textures.len() - 1
        })
    });
    let mut material = Material {
        name: given.name.clone().unwrap_or_else(|| format!("material {at}")),
        base_colour: pbr.base_color_factor.unwrap_or([1.0; 4]).map(unit),
        base_texture,
        normal_texture,
        surface_texture,
        roughness: if drawn { 0.9 } else { unit(pbr.roughness_factor.unwrap_or(1.0)) },
        alpha: match given.alpha_mode.as_deref() {
            Some("BLEND") => AlphaMode::Blend,
            Some("MASK") => AlphaMode::Mask(unit(given.alpha_cutoff.unwrap_or(0.5))),
            _ => AlphaMode::Opaque,
        },
        double_sided: given.double_sided.unwrap_or(false),
        ..plain()
    };
    if let Some(own) = given.extras.as_ref().and_then(|extras| extras.get("reverie")) {
        own_words(own, &mut material);
    }
    material
}

/// What glTF has no words for, from files that were written here.
fn own_words(own: &Value, material: &mut Material) {
    if let Some(name) = own.get("substance").and_then(Value::as_str) {
        material.substance = substance(name);
    }
    let number = |value: &Value| value.as_f64().map(|v| (v as f32).clamp(0.0, 1.0));
    if let Some(reflectance) = own.get("reflectance").and_then(number) {
        material.reflectance = reflectance;
    }
    if let Some([r, g, b]) = own.get("scatter").and_then(Value::as_array).map(Vec::as_slice) {
        material.scatter = [r, g, b].map(|v| number(v).unwrap_or(0.0));
    }
}

const SUBSTANCES: &[(&str, Substance)] = &[
    ("skin", Substance::Skin),
    ("eye", Substance::Eye),
    ("cornea", Substance::Cornea),
    ("eyeShade", Substance::EyeShade),
    ("mouth", Substance::Mouth),
    ("lash", Substance::Lash),
    ("hair", Substance::Hair),
    ("cloth", Substance::Cloth),
    ("leather", Substance::Leather),
];

fn substance(name: &str) -> Substance {
    let found = SUBSTANCES.iter().find(|(known, _)| *known == name);
    found.map_or(Substance::Other, |(_, substance)| *substance)
}

pub(crate) fn substance_name(substance: Substance) -> &'static str {
    let found = SUBSTANCES.iter().find(|(_, known)| *known == substance);
    found.map_or("other", |(name, _)| name)
}
