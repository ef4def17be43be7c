//! From features of coarse pixels to the colours of vertices.

use super::{coarse::Coarse, sky};
use crate::{Tile, TileLevel, painter::encode};
use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;
use reverie_world_model::Pose;
use std::sync::Arc;

/// Vertices that pass the network together.
const LANES: usize = 16;
/// Of a vertex beside its features: its colour, the coarse colour there, code of depth, elevation.
const OWN: usize = 8;
/// How much a difference of code, or of colour, takes from a coarse pixel's weight, and most that counts.
const SAME_DEPTH: f32 = 6.0;
const SAME_COLOUR: f32 = 3.0;
const MOST_AWAY: f32 = 12.0;
/// Share of the coarse pixels around a vertex of the sky that have to show sky, if what they tell is to be enough.
const SKY_ENOUGH: f32 = 0.25;

type Lanes = [f32; LANES];

struct Layer {
    weight: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
}

impl Layer {
    fn load(inputs: usize, outputs: usize, vb: VarBuilder<'_>) -> Result<Self> {
        let flat = |tensor: Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let (weight, bias) = (vb.get((outputs, inputs), "weight")?, vb.get(outputs, "bias")?);
        Ok(Self { weight: flat(weight)?, bias: flat(bias)?, inputs })
    }

    fn apply(&self, x: &[Lanes], out: &mut [Lanes], rectified: bool) {
        for ((row, bias), out) in self.weight.chunks_exact(self.inputs).zip(&self.bias).zip(out) {
            let mut sum = [*bias; LANES];
            for (weight, x) in row.iter().zip(x) {
                for (sum, x) in sum.iter_mut().zip(x) {
                    *sum += weight * x;
                }
            }
            *out = if rectified { sum.map(|s| s.max(0.0)) } else { sum };
        }
    }
}

/// The quadratic B-spline: smooth, 0 from 1.5 on. A kernel that ends abruptly, such as a bilinear one, would show steps where
/// the only pixel of the same surface leaves it.
fn spline(t: f32) -> f32 {
    let t = t.abs();
    if t < 0.5 { 0.75 - t * t } else { 0.5 * (1.5 - t).max(0.0).powi(2) }
}

/// The network of a vertex: two hidden layers, a scale and a shift of its colour.
pub struct VertexNetwork {
    features: usize,
    layers: [Layer; 3],
}

/// Buffers of one thread.
struct Scratch {
    inputs: Vec<Lanes>,
    hidden: [Vec<Lanes>; 2],
    answer: [Lanes; 6],
}

impl VertexNetwork {
    pub fn load(features: usize, hidden: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let layers = [
            Layer::load(OWN + features, hidden, vb.pp("vertex1"))?,
            Layer::load(hidden, hidden, vb.pp("vertex2"))?,
            Layer::load(hidden, 6, vb.pp("vertex3"))?,
        ];
        Ok(Self { features, layers })
    }

    fn scratch(&self) -> Scratch {
        let hidden = || vec![[0.0; LANES]; self.layers[1].inputs];
        Scratch {
            inputs: vec![[0.0; LANES]; OWN + self.features],
            hidden: [hidden(), hidden()],
            answer: [[0.0; LANES]; 6],
        }
    }

    /// Colours of up to [`LANES`] vertices whose inputs are in the scratch.
    fn answer(&self, scratch: &mut Scratch) {
        let Scratch { inputs, hidden: [first, second], answer } = scratch;
        self.layers[0].apply(inputs, first, true);
        self.layers[1].apply(first, second, true);
        self.layers[2].apply(second, answer, false);
    }
}

/// A coarse picture with features: what vertices take their colours from.
pub struct Canvas<'a> {
    network: &'a VertexNetwork,
    coarse: &'a Coarse,
    /// `side * side * features`.
    features: &'a [f32],
    /// Coarse colours and features of the sky, everywhere; `None` where none is seen.
    sky: Option<Vec<f32>>,
    /// The code of the sky.
    sky_code: f32,
}

/// A vertex to paint.
#[derive(Debug, Clone, Copy)]
pub struct Vertex {
    /// Column and row of its place in the coarse picture, 0 to 1.
    pub at: [f32; 2],
    /// sRGB, 0 to 1.
    pub rgb: [f32; 3],
    /// See [`encode`].
    pub code: f32,
    /// Sine of its ray's angle over the horizon.
    pub elevation: f32,
}

impl<'a> Canvas<'a> {
    pub fn new(network: &'a VertexNetwork, coarse: &'a Coarse, features: &'a [f32]) -> Self {
        let (count, sky_code) = (network.features, encode(0.0));
        let seen: Vec<bool> = coarse.code.iter().map(|code| *code == sky_code).collect();
        let both = coarse.rgb.iter().zip(features.chunks_exact(count));
        let both: Vec<f32> =
            both.flat_map(|(rgb, features)| rgb.iter().chain(features).copied()).collect();
        let sky = sky::spread(&both, &seen, coarse.side, 3 + count);
        Self { network, coarse, features, sky, sky_code }
    }

    /// Colours of vertices, unbounded; `paint` is told each with its index.
    pub fn paint(&self, vertices: &[Vertex], mut paint: impl FnMut(usize, [f32; 3])) {
        let mut scratch = self.network.scratch();
        for (group, vertices) in vertices.chunks(LANES).enumerate() {
            for (lane, vertex) in vertices.iter().enumerate() {
                self.look(vertex, lane, &mut scratch.inputs);
            }
            self.network.answer(&mut scratch);
            for (lane, vertex) in vertices.iter().enumerate() {
                let colour = [0, 1, 2].map(|c| {
                    vertex.rgb[c] * (1.0 + scratch.answer[c][lane]) + scratch.answer[3 + c][lane]
                });
                paint(group * LANES + lane, colour);
            }
        }
    }

    /// The inputs of a vertex: what the coarse pixels around it tell that show the same.
    fn look(&self, vertex: &Vertex, lane: usize, inputs: &mut [Lanes]) {
        let (side, count) = (self.coarse.side, self.network.features);
        // What lies beyond the picture takes after its border.
        let places = vertex.at.map(|at| (at * side as f32).clamp(0.0, side as f32));
        let last = side as f32 - 1.0;
        let centres = places.map(|place| place.floor().clamp(0.0, last));
        for input in inputs.iter_mut() {
            input[lane] = 0.0;
        }
        let sky = self.sky.as_ref().filter(|_| vertex.code == self.sky_code);
        let (mut total, mut of_sky) = (0.0, 0.0);
        for corner in 0..9 {
            let step = [(corner % 3) as f32 - 1.0, (corner / 3) as f32 - 1.0];
            let [wx, wy] = [0, 1].map(|k| spline(places[k] - 0.5 - centres[k] - step[k]));
            let [x, y] = [0, 1].map(|k| (centres[k] + step[k]).clamp(0.0, last) as usize);
            let at = y * side + x;
            let rgb = self.coarse.rgb[at];
            let off = [0, 1, 2].map(|c| (rgb[c] - vertex.rgb[c]).abs());
            let away = SAME_DEPTH * (self.coarse.code[at] - vertex.code).abs()
                + SAME_COLOUR * ((off[0] + off[1] + off[2]) / 3.0);
            let weight = wy * wx * (-away.min(MOST_AWAY)).exp();
            total += weight;
            if self.coarse.code[at] == self.sky_code {
                of_sky += wy * wx;
            }
            for (input, rgb) in inputs[3..6].iter_mut().zip(rgb) {
                input[lane] += weight * rgb;
            }
            let features = &self.features[at * count..(at + 1) * count];
            for (input, feature) in inputs[OWN..].iter_mut().zip(features) {
                input[lane] += weight * feature;
            }
        }
        let (own, features) = inputs.split_at_mut(OWN);
        for input in own[3..6].iter_mut().chain(features.iter_mut()) {
            input[lane] /= total;
        }
        let behind = 1.0 - of_sky / SKY_ENOUGH;
        if let Some(sky) = sky.filter(|_| behind > 0.0) {
            // Between outlines, smoothly: what the sky would show behind them.
            let kept = 1.0 - behind;
            for input in own[3..6].iter_mut().chain(features.iter_mut()) {
                input[lane] *= kept;
            }
            for corner in 0..9 {
                let step = [(corner % 3) as f32 - 1.0, (corner / 3) as f32 - 1.0];
                let [wx, wy] = [0, 1].map(|k| spline(places[k] - 0.5 - centres[k] - step[k]));
                let [x, y] = [0, 1].map(|k| (centres[k] + step[k]).clamp(0.0, last) as usize);
                let from = (y * side + x) * (3 + count);
                let values = &sky[from..from + 3 + count];
                for (input, value) in own[3..6].iter_mut().chain(features.iter_mut()).zip(values) {
                    input[lane] += behind * wy * wx * value;
                }
            }
        }
        for c in 0..3 {
            inputs[c][lane] = vertex.rgb[c] - 0.5;
            inputs[3 + c][lane] -= 0.5;
        }
        (inputs[6][lane], inputs[7][lane]) = (vertex.code, vertex.elevation);
    }

    /// A tile of the view at `pose` with other colours.
    pub fn tile(&self, tile: &Tile, pose: &Pose) -> Tile {
        let camera = *tile.view().intrinsics();
        let mut vertices = Vec::new();
        let mut places = Vec::new();
        let level = |level: &Arc<TileLevel>| {
            vertices.clear();
            places.clear();
            for (at, rgba) in level.rgba.iter().enumerate().filter(|(_, rgba)| **rgba >> 24 != 0) {
                let (column, row) = (at as u32 % level.columns, at as u32 / level.columns);
                let ray = camera.ray(tile.u(level, column), tile.v(level, row));
                let [r, g, b, _] = rgba.to_le_bytes().map(|byte| f32::from(byte) / 255.0);
                vertices.push(Vertex {
                    at: [0.5 + 0.5 * ray.x, 0.5 - 0.5 * ray.y],
                    rgb: [r, g, b],
                    code: encode(level.inverse_depth[at]),
                    elevation: (pose.rotation * ray).y / ray.length(),
                });
                places.push(at);
            }
            let mut rgba = level.rgba.clone();
            self.paint(&vertices, |k, colour| {
                let [r, g, b] = colour.map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
                rgba[places[k]] = u32::from_le_bytes([r, g, b, 255]);
            });
            Arc::new(TileLevel { rgba, ..TileLevel::clone(level) })
        };
        tile.with_levels(tile.levels().iter().map(level).collect())
    }
}
