//! A small rasteriser: z-buffer, a sun, a sky, a rim light, textures; enough to judge a body by.

use glam::{Mat3, Vec2, Vec3, Vec4};
use reverie_body::{AlphaMode, Body, BodyMesh, Material, Substance, Texture};

pub struct Camera {
    pub eye: Vec3,
    pub target: Vec3,
    /// Degrees.
    pub vertical_degrees: f32,
}

pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// Linear colour.
    pub pixels: Vec<Vec3>,
    depth: Vec<f32>,
}

/// What a mesh looks like after morphing.
pub struct Shaped {
    pub positions: Vec<Vec3>,
    pub normals: Vec<Vec3>,
}

pub fn morphed(mesh: &BodyMesh, weight: impl Fn(&str) -> f32) -> Shaped {
    let mut positions: Vec<Vec3> = mesh.positions.iter().map(|p| Vec3::from(*p)).collect();
    let mut normals: Vec<Vec3> = mesh.normals.iter().map(|p| Vec3::from(*p)).collect();
    for target in &mesh.targets {
        let weight = weight(&target.name);
        if weight == 0.0 {
            continue;
        }
        for (at, vertex) in target.vertices.iter().enumerate() {
            positions[*vertex as usize] += weight * Vec3::from(target.positions[at]);
            normals[*vertex as usize] += weight * Vec3::from(target.normals[at]);
        }
    }
    Shaped { positions, normals: normals.into_iter().map(Vec3::normalize_or_zero).collect() }
}

fn sample(texture: &Texture, uv: Vec2) -> Vec4 {
    let (w, h) = (texture.width as i32, texture.height as i32);
    let place = uv * Vec2::new(w as f32, h as f32) - 0.5;
    let low = place.floor();
    let f = place - low;
    let pixel = |dx: i32, dy: i32| {
        let x = (low.x as i32 + dx).rem_euclid(w);
        let y = (low.y as i32 + dy).rem_euclid(h);
        let at = 4 * (y * w + x) as usize;
        let value = |c: usize| f32::from(texture.pixels[at + c]) / 255.0;
        let colour = Vec3::new(value(0), value(1), value(2));
        // Near enough to sRGB for looking at.
        let colour = if texture.srgb { colour.powf(2.2) } else { colour };
        colour.extend(value(3))
    };
    let top = pixel(0, 0).lerp(pixel(1, 0), f.x);
    let bottom = pixel(0, 1).lerp(pixel(1, 1), f.x);
    top.lerp(bottom, f.y)
}

impl Picture {
    pub fn new(width: usize, height: usize) -> Self {
        let pixels = (0..width * height)
            .map(|at| {
                let y = (at / width) as f32 / height as f32;
                Vec3::new(0.20, 0.22, 0.25).lerp(Vec3::new(0.07, 0.075, 0.085), y)
            })
            .collect();
        Self { width, height, pixels, depth: vec![f32::MAX; width * height] }
    }

    pub fn draw(&mut self, body: &Body, shaped: &[Shaped], offset: Vec3, camera: &Camera) {
        for blended in [false, true] {
            for (mesh, shaped) in body.meshes.iter().zip(shaped) {
                let material = &body.materials[mesh.material];
                if (material.alpha == AlphaMode::Blend) == blended {
                    self.draw_mesh(body, mesh, material, shaped, offset, camera);
                }
            }
        }
    }

    fn draw_mesh(
        &mut self,
        body: &Body,
        mesh: &BodyMesh,
        material: &Material,
        shaped: &Shaped,
        offset: Vec3,
        camera: &Camera,
    ) {
        let forward = (camera.target - camera.eye).normalize();
        let right = forward.cross(Vec3::Y).normalize();
        let up = right.cross(forward);
        let zoom = 0.5 * self.height as f32 / (0.5 * camera.vertical_degrees.to_radians()).tan();
        let project = |p: Vec3| {
            let p = p + offset - camera.eye;
            let depth = p.dot(forward);
            let x = 0.5 * self.width as f32 + zoom * p.dot(right) / depth;
            let y = 0.5 * self.height as f32 - zoom * p.dot(up) / depth;
            Vec3::new(x, y, depth)
        };
        let screen: Vec<Vec3> = shaped.positions.iter().map(|p| project(*p)).collect();
        let texture = |at: Option<usize>| at.map(|at| &body.textures[at]);
        let (base, normal_map, surface) = (
            texture(material.base_texture),
            texture(material.normal_texture),
            texture(material.surface_texture),
        );
        for triangle in mesh.indices.chunks_exact(3) {
            let corner = [triangle[0] as usize, triangle[1] as usize, triangle[2] as usize];
            let [a, b, c] = corner.map(|at| screen[at]);
            if a.z < 0.05 || b.z < 0.05 || c.z < 0.05 {
                continue;
            }
            let (ab, ac) = ((b - a).truncate(), (c - a).truncate());
            let area = ab.perp_dot(ac);
            let is_front = area < 0.0;
            if area.abs() < 1e-9 || (!is_front && !material.double_sided) {
                continue;
            }
            let low = a.min(b).min(c).floor();
            let high = a.max(b).max(c).ceil();
            let xs = (low.x.max(0.0) as usize)..(high.x.clamp(0.0, self.width as f32) as usize);
            let ys = (low.y.max(0.0) as usize)..(high.y.clamp(0.0, self.height as f32) as usize);
            for y in ys {
                for x in xs.clone() {
                    let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) - a.truncate();
                    let (v, w) = (p.perp_dot(ac) / area, ab.perp_dot(p) / area);
                    let u = 1.0 - v - w;
                    if u < 0.0 || v < 0.0 || w < 0.0 {
                        continue;
                    }
                    let depth = 1.0 / (u / a.z + v / b.z + w / c.z);
                    let at = y * self.width + x;
                    if depth >= self.depth[at] {
                        continue;
                    }
                    let share = [u / a.z * depth, v / b.z * depth, w / c.z * depth];
                    let blend3 = |values: &[Vec3]| {
                        (0..3).map(|i| values[corner[i]] * share[i]).sum::<Vec3>()
                    };
                    let uv =
                        (0..3).map(|i| Vec2::from(mesh.uvs[corner[i]]) * share[i]).sum::<Vec2>();
                    let mut colour = Vec4::from(material.base_colour);
                    if let Some(texture) = base {
                        colour *= sample(texture, uv);
                    }
                    match material.alpha {
                        AlphaMode::Mask(least) if colour.w < least => continue,
                        _ => {}
                    }
                    let mut normal = blend3(&shaped.normals).normalize_or(Vec3::Z);
                    if let Some(map) = normal_map.filter(|_| !mesh.tangents.is_empty()) {
                        let tangent: Vec4 =
                            (0..3).map(|i| Vec4::from(mesh.tangents[corner[i]]) * share[i]).sum();
                        let t = tangent.truncate();
                        let t = (t - normal * normal.dot(t)).normalize_or(Vec3::X);
                        let frame =
                            Mat3::from_cols(t, normal.cross(t) * tangent.w.signum(), normal);
                        let n = sample(map, uv).truncate() * 2.0 - 1.0;
                        normal = (frame * n).normalize_or(normal);
                    }
                    let place = blend3(&shaped.positions) + offset;
                    let view = (camera.eye - place).normalize();
                    if !is_front {
                        normal = -normal;
                    }
                    let surface = surface.map_or(Vec4::new(1.0, 1.0, 0.0, 1.0), |s| sample(s, uv));
                    let lit = shade(material, colour.truncate(), surface, normal, view);
                    if material.alpha == AlphaMode::Blend {
                        self.pixels[at] = if material.substance == Substance::Cornea {
                            self.pixels[at] + lit
                        } else {
                            self.pixels[at].lerp(lit, colour.w)
                        };
                    } else {
                        self.depth[at] = depth;
                        self.pixels[at] = lit;
                    }
                }
            }
        }
    }

    pub fn save(&self, path: &str) -> Result<(), image::ImageError> {
        let mut out = image::RgbImage::new(self.width as u32, self.height as u32);
        for (pixel, colour) in out.pixels_mut().zip(&self.pixels) {
            // ACES as fitted by Narkowicz.
            let c = *colour;
            let mapped = (c * (c * 2.51 + 0.03)) / (c * (c * 2.43 + 0.59) + 0.14);
            let srgb = mapped.clamp(Vec3::ZERO, Vec3::ONE).powf(1.0 / 2.2);
            pixel.0 = srgb.to_array().map(|v| (255.0 * v + 0.5) as u8);
        }
        out.save(path)
    }

    /// Every pixel from `factor` x `factor` of these.
    pub fn reduced(&self, factor: usize) -> Self {
        let mut out = Self::new(self.width / factor, self.height / factor);
        for (at, pixel) in out.pixels.iter_mut().enumerate() {
            let (x, y) = (at % out.width * factor, at / out.width * factor);
            let sum: Vec3 = (0..factor * factor)
                .map(|i| {
                    let c = self.pixels[(y + i / factor) * self.width + x + i % factor];
                    // Highlights are brought down first, or they alias.
                    c / (1.0 + c.max_element())
                })
                .sum();
            let mean = sum / (factor * factor) as f32;
            *pixel = mean / (1.0 - mean.max_element()).max(1e-3);
        }
        out
    }

    pub fn paste(&mut self, other: &Self, left: usize, top: usize) {
        for y in 0..other.height.min(self.height.saturating_sub(top)) {
            for x in 0..other.width.min(self.width.saturating_sub(left)) {
                self.pixels[(top + y) * self.width + left + x] = other.pixels[y * other.width + x];
            }
        }
    }
}

fn specular(normal: Vec3, view: Vec3, light: Vec3, roughness: f32, f0: f32) -> f32 {
    let half = (view + light).normalize_or(normal);
    let (nh, nl, nv) =
        (normal.dot(half).max(0.0), normal.dot(light).max(0.0), normal.dot(view).max(0.05));
    let a2 = roughness.max(0.06).powi(4);
    let d = a2 / (std::f32::consts::PI * ((nh * nh) * (a2 - 1.0) + 1.0).powi(2));
    let fresnel = f0 + (1.0 - f0) * (1.0 - view.dot(half).max(0.0)).powi(5);
    let k = (roughness + 1.0).powi(2) / 8.0;
    d * fresnel * nl / (4.0 * (nl * (1.0 - k) + k) * (nv * (1.0 - k) + k))
}

fn shade(material: &Material, base: Vec3, surface: Vec4, normal: Vec3, view: Vec3) -> Vec3 {
    let roughness = material.roughness * surface.y;
    let f0 = 0.16 * material.reflectance * material.reflectance;
    let lights = [
        (Vec3::new(-0.5, 0.55, 0.75), Vec3::new(1.0, 0.95, 0.88) * 2.3),
        (Vec3::new(0.8, 0.2, 0.6), Vec3::new(0.75, 0.85, 1.0) * 0.6),
        (Vec3::new(0.5, 0.6, -0.9), Vec3::new(0.9, 0.95, 1.0) * 1.6),
    ];
    let scatter = Vec3::from(material.scatter);
    let sky =
        Vec3::new(0.50, 0.54, 0.60).lerp(Vec3::new(0.24, 0.20, 0.18), 0.5 - 0.5 * normal.y) * 0.75;
    let mut colour =
        if material.substance == Substance::Cornea { Vec3::ZERO } else { base * sky * surface.x };
    for (direction, light) in lights {
        let direction = direction.normalize();
        let lambert = normal.dot(direction);
        // Light that went through flesh: wraps around the terminator, red the farthest.
        let wrap = scatter * 0.6;
        let wrapped = ((Vec3::splat(lambert) + wrap) / (1.0 + wrap)).max(Vec3::ZERO);
        let wrapped = wrapped.powf(1.15);
        let gleam = specular(normal, view, direction, roughness, f0) * std::f32::consts::PI;
        if material.substance != Substance::Cornea {
            colour += base * wrapped * light * (0.5 + 0.5 * surface.x) / 2.2;
        }
        colour += light * gleam * surface.x / 2.2;
    }
    if material.substance == Substance::Cornea {
        let mirror = 2.0 * normal.dot(view) * normal - view;
        let fresnel = f0 + (1.0 - f0) * (1.0 - normal.dot(view).max(0.0)).powi(5);
        // A window of sky in the eye.
        let window = if mirror.y > 0.15 && mirror.x > -0.7 && mirror.x < 0.1 { 1.6 } else { 0.25 };
        colour += Vec3::splat(window * fresnel);
    }
    colour
}
