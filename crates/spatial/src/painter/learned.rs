//! The embedded painter: a layout network, and texture from what was seen.

use super::network::{
    CAPTION, CONDITIONS, FIRST_CHANNELS, FIRST_SIDE, Inputs, Layout, LayoutConfig, NOISE, OUTPUTS,
    decode, encode,
};
use super::texture::{self, Picture, Plausible, SEARCH_SIDE};
use super::{PaintError, Painted, Painter, PainterFactory, Window, noise, window_camera};
use crate::{Frame, Memory, Renderer, SpatialError, filler::Filler, sharpness::Sharpness};
use candle_core::{DType, Device, Result as Computed, Tensor};
use glam::{Vec3, Vec4};
use reverie_inference::{ModelStore, Weights};
use reverie_world_model::{Intrinsics, Pose, RgbImage};
use std::sync::Arc;

/// Name of the network in the store.
pub const LAYOUT_NAME: &str = "painter_layout";

/// Largest side of painted windows, pixels.
const MOST_SIDE: usize = 4 * SEARCH_SIDE;
/// A painted window's pixels are at most this share of what was seen can tell apart, as far as
/// [`MOST_SIDE`] goes.
const GRAIN_SHARE: f32 = 0.75;
/// Cells are known at a size of the search while they are not larger than this, its pixels.
const KNOWN_CELL_PX: f32 = 1.4;
/// Side of the picture that everything is known finely enough for, pixels.
const SMOOTHEST_SIDE: usize = 8;
/// Root mean square over what the network says of detail: it learns the median.
const DETAIL_SCALE: f32 = 1.15;
/// Most views beside the window itself that texture is copied from.
const MOST_SOURCES: usize = 2;
/// Views of which less can be seen than this, as a share of their window, are no sources.
const LEAST_KNOWN: f32 = 0.05;

/// Completes windows with a network and with texture from what was seen.
pub struct LearnedPainter {
    layout: Layout,
    /// Side of the network's windows, pixels.
    layout_side: u32,
    /// Noise means something to the network.
    diverse: bool,
    device: Device,
    /// What the world is like, see [`CONDITIONS`].
    conditions: [f32; CONDITIONS],
    renderer: Renderer,
    sharpness: Sharpness,
    filler: Filler,
    frame: Frame,
}

fn failed(error: candle_core::Error) -> PaintError {
    PaintError::Painter(error.to_string().lines().next().unwrap_or("no reason given").to_owned())
}

impl LearnedPainter {
    /// Builds the painter from weights whose metadata carry their configuration.
    ///
    /// # Errors
    /// [`PaintError::Painter`] naming file and field when the configuration makes no sense or a
    /// tensor is missing or of another shape.
    pub fn from_weights(weights: &Weights, device: &Device) -> Result<Self, PaintError> {
        let misfit = |problem: &dyn std::fmt::Display| {
            let problem = problem.to_string();
            let problem = problem.lines().next().unwrap_or("does not fit").to_owned();
            PaintError::Painter(format!("{}: {problem}", weights.path().display()))
        };
        let text = weights.metadata("config").map_err(|e| PaintError::Painter(e.to_string()))?;
        let shape: LayoutConfig = serde_json::from_str(text)
            .map_err(|e| misfit(&format!("config: is no configuration: {e}")))?;
        if let Some(problem) = shape.problem() {
            return Err(misfit(&problem));
        }
        let builder = weights.var_builder(DType::F32, device);
        let layout = Layout::load(&shape, builder).map_err(|e| misfit(&e))?;
        Ok(Self {
            layout,
            layout_side: shape.size as u32,
            diverse: shape.diverse,
            device: device.clone(),
            conditions: [0.0; CONDITIONS],
            renderer: Renderer::new(),
            sharpness: Sharpness::default(),
            filler: Filler::default(),
            frame: Frame::new(),
        })
    }

    /// Loads the shipped network from a store.
    ///
    /// # Errors
    /// [`PaintError::Painter`] when weights are missing, damaged or do not fit.
    pub fn load(store: &ModelStore, device: &Device) -> Result<Self, PaintError> {
        let weights = store.weights(LAYOUT_NAME).map_err(|e| PaintError::Painter(e.to_string()))?;
        Self::from_weights(&weights, device)
    }

    /// Makes painters of a store's network, on the CPU.
    #[must_use]
    pub fn factory(store: ModelStore) -> PainterFactory {
        Arc::new(move || Ok(Box::new(Self::load(&store, &Device::Cpu)?)))
    }

    /// What is plausible in a window, at [`SEARCH_SIDE`].
    fn plausible(&mut self, window: &Window<'_>, here: &Picture) -> Result<Plausible, PaintError> {
        let side = self.layout_side;
        let first = self.first_view(window.memory)?;
        let camera = window_camera().resized(side, side);
        // Means of what is known, as in training, and the calm fill around them.
        let small = texture::shrunk(here, side as usize);
        self.frame.resize(side, side);
        let (rgba, inverse_depth) = self.frame.buffers_mut();
        for (at, texel) in small.texels.iter().enumerate() {
            let [r, g, b] = [texel.x, texel.y, texel.z].map(byte);
            rgba[at] = if small.is_there(at) { u32::from_le_bytes([r, g, b, 255]) } else { 0 };
            inverse_depth[at] = decode(texel.w);
        }
        self.filler.fill(window.memory.backdrop(), &window.pose, &camera, &mut self.frame);
        let noise = if self.diverse { noise::normals(window.rng_seed) } else { [0.0; NOISE] };
        let inputs = self.inputs(&camera, &window.pose, first, noise).map_err(failed)?;
        let answer = self.layout.forward(&inputs).and_then(|x| x.flatten_all()?.to_vec1::<f32>());
        let answer = answer.map_err(failed)?;
        let pixels = answer.chunks_exact(OUTPUTS);
        let texels = pixels.clone().map(|p| Vec4::new(p[0], p[1], p[2], p[3])).collect();
        let detail = pixels.map(|p| DETAIL_SCALE * p[4].max(0.0)).collect();
        let side = side as usize;
        Ok(Plausible {
            texels: texture::resized(texels, side, SEARCH_SIDE),
            detail: texture::resized(detail, side, SEARCH_SIDE),
        })
    }

    /// The view that the world began with, as the network sees it: it says what kind of place this is.
    fn first_view(&mut self, memory: &Memory) -> Result<Vec<f32>, SpatialError> {
        let Some(first) = memory.views().iter().find(|view| !view.painted()) else {
            return Ok(vec![0.0; FIRST_SIDE * FIRST_SIDE * FIRST_CHANNELS]);
        };
        let (pose, camera) = (*first.view().pose(), window_camera());
        let memory = memory.with_views(vec![first.clone()]);
        self.renderer.render(&memory, &pose, &camera, &mut self.frame)?;
        let picture = picture(&self.frame, &camera, &pose, None);
        let small = texture::shrunk(&picture, FIRST_SIDE);
        let pixels = (0..small.texels.len()).flat_map(|at| {
            let there = small.is_there(at);
            let [r, g, b, code] = if there { small.texels[at].to_array() } else { [0.0; 4] };
            [r, g, b, code, f32::from(u8::from(there)), small.elevation[at]]
        });
        Ok(pixels.collect())
    }

    /// The rendered frame as the network sees it.
    fn inputs(
        &self,
        camera: &Intrinsics,
        pose: &Pose,
        first: Vec<f32>,
        noise: [f32; NOISE],
    ) -> Computed<Inputs> {
        let picture = picture(&self.frame, camera, pose, None);
        let (side, device) = (picture.side, &self.device);
        let known: Vec<f32> =
            picture.known.iter().map(|known| f32::from(u8::from(*known))).collect();
        let fill: Vec<f32> = picture.texels.iter().flat_map(|texel| texel.to_array()).collect();
        let seen: Vec<f32> = fill
            .chunks_exact(4)
            .zip(&known)
            .flat_map(|(t, k)| [0, 1, 2, 3].map(|c| t[c] * k))
            .collect();
        Ok(Inputs {
            known: Tensor::from_vec(known, (side, side), device)?,
            seen: Tensor::from_vec(seen, (side, side, 4), device)?,
            fill: Tensor::from_vec(fill, (side, side, 4), device)?,
            elevation: Tensor::from_vec(picture.elevation, (side, side), device)?,
            proxy_class: Tensor::zeros((side, side), DType::U32, device)?,
            proxy_rgb: Tensor::zeros((side, side, 3), DType::F32, device)?,
            conditions: Tensor::new(&self.conditions, device)?,
            caption: Tensor::zeros(CAPTION, DType::F32, device)?,
            first: Tensor::from_vec(first, (FIRST_SIDE, FIRST_SIDE, FIRST_CHANNELS), device)?,
            noise,
        })
    }

    /// What is known at a pose.
    fn look(
        &mut self,
        memory: &Memory,
        pose: &Pose,
        side: usize,
        largest_cell_rad: f32,
    ) -> Result<Picture, SpatialError> {
        let camera = window_camera().resized(side as u32, side as u32);
        let Self { renderer, sharpness, frame, .. } = self;
        renderer.render(memory, pose, &camera, frame)?;
        let sharp = memory.sharp_part(pose, largest_cell_rad);
        let sharp = sharpness.of(frame, &sharp, pose, &camera, renderer)?;
        Ok(picture(frame, &camera, pose, Some(&sharp)))
    }

    /// What is coarse in a window of this side. Details that were painted before do not count: what is
    /// made up on what was made up turns to rubble within a few steps.
    fn coarse(&mut self, window: &Window<'_>, side: usize) -> Result<Coarse, SpatialError> {
        let memory = window.memory.with_views(window.memory.surfaces().cloned().collect());
        let mut level = SMOOTHEST_SIDE;
        let mut coarse = Coarse {
            smooth: self.look(&memory, &window.pose, level, f32::INFINITY)?.texels,
            known_at: Vec::new(),
        };
        while level < side {
            level *= 2;
            let largest_cell_rad = KNOWN_CELL_PX * 2.0 / level as f32;
            let Picture { texels, known, .. } =
                self.look(&memory, &window.pose, level, largest_cell_rad)?;
            coarse.smooth = texture::resized(coarse.smooth, level / 2, level);
            for (smooth, (texel, known)) in coarse.smooth.iter_mut().zip(texels.iter().zip(&known))
            {
                if *known {
                    *smooth = *texel;
                }
            }
            if texture::FIXED_SIDES.contains(&level) {
                coarse.known_at.push(known);
            }
        }
        Ok(coarse)
    }
}

/// What a window shows where it is coarse.
#[derive(Default)]
struct Coarse {
    /// Its colours: each pixel from the finest picture in which what it shows is known, and between
    /// the pixels of that one.
    smooth: Vec<Vec4>,
    /// What is known finely enough for smaller pictures, see [`texture::FIXED_SIDES`].
    known_at: Vec<Vec<bool>>,
}

/// A colour as it is stored.
fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Side of a memory's windows: fine enough for what was seen.
fn side_for(memory: &Memory) -> usize {
    let wanted = 2.0 / (GRAIN_SHARE * memory.grain_rad());
    let sides = std::iter::successors(Some(SEARCH_SIDE), |side| Some(2 * side));
    sides
        .take_while(|side| *side <= MOST_SIDE)
        .find(|side| *side as f32 >= wanted)
        .unwrap_or(MOST_SIDE)
}

/// A frame as a picture; where nothing is known it has the calm fill. `sharp` tells what of the
/// known is not coarse.
fn picture(frame: &Frame, camera: &Intrinsics, pose: &Pose, sharp: Option<&[bool]>) -> Picture {
    let side = camera.width as usize;
    let mut picture = Picture { side, ..Picture::default() };
    // The ray through a pixel is an affine function of its place.
    let up = |x: f32, y: f32| pose.rotation * camera.ray(x, y);
    let first = up(0.5, 0.5);
    let (right, down) = (up(1.5, 0.5) - first, up(0.5, 1.5) - first);
    for (at, pixel) in frame.rgba8().chunks_exact(4).enumerate() {
        let [r, g, b] = [0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0);
        picture.texels.push(Vec4::new(r, g, b, encode(frame.inverse_depth()[at])));
        let known = sharp.map_or(frame.is_known(at), |sharp| sharp[at]);
        picture.known.push(known);
        picture.coarse.push(frame.is_known(at) && !known);
        let ray: Vec3 = first + (at % side) as f32 * right + (at / side) as f32 * down;
        picture.elevation.push(ray.y / ray.length());
    }
    picture
}

/// From where the views of a memory were seen, the nearest to a pose first.
fn viewpoints(memory: &Memory, pose: &Pose) -> Vec<Pose> {
    let distance = |other: &Pose| other.position.distance(pose.position);
    let turn = |other: &Pose| other.forward().angle_between(pose.forward());
    let mut seen: Vec<Pose> = memory.views().iter().map(|view| *view.view().pose()).collect();
    seen.sort_by(|a, b| (distance(a) + turn(a)).total_cmp(&(distance(b) + turn(b))));
    seen.truncate(MOST_SOURCES);
    seen
}

impl Painter for LearnedPainter {
    fn sharpens(&self) -> bool {
        true
    }

    fn steps(&self) -> u32 {
        texture::STEPS
    }

    fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
        let _span = tracing::info_span!("painter").entered();
        let (side, sharp_rad) = (side_for(window.memory), window.memory.sharp_rad());
        let mut here = self.look(window.memory, &window.pose, side, sharp_rad)?;
        let mut coarse = Coarse::default();
        if here.coarse.contains(&true) {
            coarse = self.coarse(window, side)?;
            let texels = here.texels.iter_mut().zip(&coarse.smooth).zip(&here.coarse);
            for ((texel, smooth), _) in texels.filter(|(_, coarse)| **coarse) {
                *texel = smooth.truncate().extend(texel.w);
            }
        }
        let plausible = self.plausible(window, &here)?;
        // Texture comes from what was seen: copies of copies would wear out.
        let seen = window.memory.without_painted();
        let mut sources = Vec::new();
        for pose in std::iter::once(window.pose).chain(viewpoints(&seen, &window.pose)) {
            let source = self.look(&seen, &pose, side, sharp_rad)?;
            let known = source.known.iter().filter(|known| **known).count();
            if known as f32 >= LEAST_KNOWN * source.known.len() as f32 {
                sources.push(source);
            }
        }
        let seed = noise::mixed(window.rng_seed);
        let texels = texture::complete(&here, &coarse.known_at, &plausible, &sources, seed);
        let rgb = texels.iter().flat_map(|texel| [texel.x, texel.y, texel.z].map(byte)).collect();
        let rgb = RgbImage::new(side as u32, side as u32, rgb)
            .map_err(|e| PaintError::Painter(e.to_string()))?;
        Ok(Painted { rgb, inverse_depth: texels.iter().map(|texel| decode(texel.w)).collect() })
    }
}
