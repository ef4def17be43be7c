//! Materials and their pictures, written.

use super::glb::{Glb, num, nums};
use crate::{
    AlphaMode, Body, Material, Texture,
    vrm::{error::Problem, read::substance_name},
};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use rayon::prelude::*;
use serde_json::{Value, json};

pub(super) struct Surfaces {
    pub materials: Vec<Value>,
    pub textures: Vec<Value>,
    pub images: Vec<Value>,
}

/// Where transparency of a picture counts, and what it is used for at all.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    Nothing,
    Colours,
    All,
}

pub(super) fn surfaces(glb: &mut Glb, body: &Body) -> Result<Surfaces, Problem> {
    let mut needs = vec![Need::Nothing; body.textures.len()];
    for (at, material) in body.materials.iter().enumerate() {
        let used = [
            (material.base_texture, material.alpha != AlphaMode::Opaque),
            (material.normal_texture, false),
            (material.surface_texture, false),
        ];
        for (texture, alpha) in used {
            let Some(texture) = texture else { continue };
            let Some(need) = needs.get_mut(texture) else {
                let reason = format!("there is no texture {texture}");
                return Err(Problem::field(format!("materials[{at}]"), reason));
            };
            if alpha {
                *need = Need::All;
            } else if *need == Need::Nothing {
                *need = Need::Colours;
            }
        }
    }
    let files: Vec<Option<Result<Vec<u8>, String>>> = (body.textures.par_iter().zip(&needs))
        .map(|(texture, need)| (*need != Need::Nothing).then(|| png(texture, *need == Need::All)))
        .collect();
    let mut surfaces = Surfaces { materials: Vec::new(), textures: Vec::new(), images: Vec::new() };
    let mut slots = vec![None; body.textures.len()];
    for (at, file) in files.into_iter().enumerate() {
        let Some(file) = file else { continue };
        let file = file.map_err(|reason| Problem::field(format!("textures[{at}]"), reason))?;
        let view = glb.view(&file, None);
        slots[at] = Some(surfaces.textures.len());
        surfaces.textures.push(json!({ "source": surfaces.images.len(), "sampler": 0 }));
        let name = &body.textures[at].name;
        surfaces.images.push(json!({ "name": name, "mimeType": "image/png", "bufferView": view }));
    }
    let slot = |texture: Option<usize>| texture.and_then(|texture| slots[texture]);
    surfaces.materials = body.materials.iter().map(|material| describe(material, slot)).collect();
    Ok(surfaces)
}

fn describe(material: &Material, slot: impl Fn(Option<usize>) -> Option<usize>) -> Value {
    let surface = slot(material.surface_texture);
    let mut pbr = json!({
        "baseColorFactor": nums(&material.base_colour.map(|c| c.clamp(0.0, 1.0))),
        "metallicFactor": if surface.is_some() { 1 } else { 0 },
        "roughnessFactor": num(material.roughness.clamp(0.0, 1.0)),
    });
    if let Some(texture) = slot(material.base_texture) {
        pbr["baseColorTexture"] = json!({ "index": texture });
    }
    let mut json = json!({
        "name": material.name,
        "doubleSided": material.double_sided,
        "extras": { "reverie": {
            "substance": substance_name(material.substance),
            "reflectance": num(material.reflectance),
            "scatter": nums(&material.scatter),
        } },
    });
    if let Some(texture) = surface {
        pbr["metallicRoughnessTexture"] = json!({ "index": texture });
        json["occlusionTexture"] = json!({ "index": texture });
    }
    if let Some(texture) = slot(material.normal_texture) {
        json["normalTexture"] = json!({ "index": texture });
    }
    match material.alpha {
        AlphaMode::Opaque => json["alphaMode"] = json!("OPAQUE"),
        AlphaMode::Blend => json["alphaMode"] = json!("BLEND"),
        AlphaMode::Mask(cutoff) => {
            json["alphaMode"] = json!("MASK");
            json["alphaCutoff"] = num(cutoff.clamp(0.0, 1.0));
        }
    }
    json["pbrMetallicRoughness"] = pbr;
    json
}

fn png(texture: &Texture, alpha: bool) -> Result<Vec<u8>, String> {
    let pixels = u64::from(texture.width) * u64::from(texture.height);
    if pixels == 0 || texture.pixels.len() as u64 != pixels * 4 {
        let (width, height, len) = (texture.width, texture.height, texture.pixels.len());
        return Err(format!("{width} x {height} pixels do not fit {len} bytes"));
    }
    let mut file = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive);
    let (width, height) = (texture.width, texture.height);
    let written = if alpha {
        encoder.write_image(&texture.pixels, width, height, ExtendedColorType::Rgba8)
    } else {
        let rgb: Vec<u8> =
            texture.pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        encoder.write_image(&rgb, width, height, ExtendedColorType::Rgb8)
    };
    written.map_err(|e| e.to_string())?;
    Ok(file)
}
