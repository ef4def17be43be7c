//! Materials and textures of one person.

use crate::{
    AvatarSpec, Pack, Rgb, details,
    fabric::Weave,
    hair,
    model::{AlphaMode, Material, Substance},
    skin,
    texture::Texture,
};

/// Materials and the textures that they point to.
pub(crate) struct Looks {
    pub(crate) materials: Vec<Material>,
    pub(crate) textures: Vec<Texture>,
    /// Made with the others, added when its turn comes.
    hair: Texture,
}

impl Material {
    pub(crate) fn plain(name: &str, substance: Substance) -> Self {
        Self {
            name: name.to_owned(),
            substance,
            base_colour: [1.0; 4],
            base_texture: None,
            normal_texture: None,
            surface_texture: None,
            roughness: 0.6,
            reflectance: 0.5,
            scatter: [0.0; 3],
            alpha: AlphaMode::Opaque,
            double_sided: false,
        }
    }
}

impl Looks {
    pub(crate) const HEAD: usize = 0;
    pub(crate) const BODY: usize = 1;
    pub(crate) const MOUTH: usize = 2;
    pub(crate) const EYES: usize = 3;
    pub(crate) const CORNEAS: usize = 4;
    pub(crate) const LASHES: usize = 5;

    /// Skin, mouth, eyes and lashes.
    pub(crate) fn new(pack: &Pack, spec: &AvatarSpec) -> Self {
        let skin = || {
            let maps = pack.skin();
            rayon::join(
                || skin::paint(&maps.head, spec, "head"),
                || skin::paint(&maps.body, spec, "body"),
            )
        };
        let details = || {
            let small = || (details::mouth(spec), details::lashes(spec));
            rayon::join(|| hair::texture(spec), || rayon::join(|| details::eye(spec), small))
        };
        let ((head, body), (hair, (eye, (mouth, lashes)))) = rayon::join(skin, details);
        let mut looks = Self { materials: Vec::new(), textures: Vec::new(), hair };
        for (name, [colour, normal, surface]) in [("head", head), ("body", body)] {
            let material = Material {
                base_texture: Some(looks.add(colour)),
                normal_texture: Some(looks.add(normal)),
                surface_texture: Some(looks.add(surface)),
                roughness: 1.0,
                reflectance: 0.42,
                scatter: [0.60, 0.24, 0.14].map(|s| s * (1.0 - 0.55 * spec.skin.tone)),
                ..Material::plain(name, Substance::Skin)
            };
            looks.materials.push(material);
        }
        let mouth = Material {
            base_texture: Some(looks.add(mouth)),
            roughness: 0.28,
            scatter: [0.35, 0.12, 0.10],
            ..Material::plain("mouth", Substance::Mouth)
        };
        let eyes = Material {
            base_texture: Some(looks.add(eye)),
            roughness: 0.35,
            scatter: [0.2, 0.12, 0.10],
            ..Material::plain("eyes", Substance::Eye)
        };
        let corneas = Material {
            base_colour: [1.0, 1.0, 1.0, 0.03],
            roughness: 0.06,
            alpha: AlphaMode::Blend,
            ..Material::plain("corneas", Substance::Cornea)
        };
        let lashes = Material {
            base_texture: Some(looks.add(lashes)),
            roughness: 0.8,
            reflectance: 0.1,
            alpha: AlphaMode::Blend,
            double_sided: true,
            ..Material::plain("lashes", Substance::Lash)
        };
        looks.materials.extend([mouth, eyes, corneas, lashes]);
        looks
    }

    /// Adds the material of the hair; the result is its index.
    pub(crate) fn hair(&mut self) -> usize {
        let texture = self.hair.clone();
        let material = Material {
            base_texture: Some(self.add(texture)),
            roughness: 0.54,
            reflectance: 0.27,
            scatter: [0.15, 0.10, 0.06],
            alpha: AlphaMode::Mask(0.4),
            double_sided: true,
            ..Material::plain("hair", Substance::Hair)
        };
        self.add_material(material)
    }

    /// Adds the material of a cloth; the result is its index.
    pub(crate) fn cloth(&mut self, pack: &Pack, name: &str, weave: Weave, colour: Rgb) -> usize {
        let [r, g, b] = colour.linear();
        let [threads, normals] = pack.fabrics.of(weave);
        let material = Material {
            base_colour: [r, g, b, 1.0],
            base_texture: Some(self.add(threads)),
            normal_texture: Some(self.add(normals)),
            roughness: 0.86,
            reflectance: 0.32,
            scatter: [0.12; 3],
            double_sided: true,
            ..Material::plain(name, Substance::Cloth)
        };
        self.add_material(material)
    }

    /// Adds the material of shoes; the result is its index.
    pub(crate) fn leather(&mut self, pack: &Pack, name: &str, colour: Rgb) -> usize {
        let at = self.cloth(pack, name, Weave::Leather, colour);
        let material = &mut self.materials[at];
        material.substance = Substance::Leather;
        material.roughness = 0.5;
        material.reflectance = 0.45;
        material.scatter = [0.0; 3];
        at
    }

    /// Adds a texture; the result is its index.
    pub(crate) fn add(&mut self, texture: Texture) -> usize {
        self.textures.push(texture);
        self.textures.len() - 1
    }

    /// Adds a material; the result is its index.
    pub(crate) fn add_material(&mut self, material: Material) -> usize {
        self.materials.push(material);
        self.materials.len() - 1
    }
}
