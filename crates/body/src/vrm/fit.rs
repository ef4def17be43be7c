//! Faces in VRM's presets: the mixture that is nearest.

use super::{extras::Preset, presets::recipe};
use reverie_avatar::{FaceShape, FaceWeights};

/// Presets to which a face is fitted.
const FITTED: [Preset; 10] = [
    Preset::Happy,
    Preset::Angry,
    Preset::Sad,
    Preset::Relaxed,
    Preset::Surprised,
    Preset::Aa,
    Preset::Ih,
    Preset::Ou,
    Preset::Ee,
    Preset::Oh,
];

/// How much of a preset (of its squared weights) must be shapes that are to be fitted for it to be
/// used.
const MOSTLY: f32 = 0.7;
/// What a preset must earn: faces at rest stay neutral.
const PRICE: f32 = 0.02;

/// Finds the weights of `aa` to `oh` and of emotions whose sum is nearest to a face.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    columns: Vec<Column>,
}

#[derive(Debug, Clone)]
struct Column {
    preset: Preset,
    /// Over the shapes to be fitted.
    weights: Vec<(FaceShape, f32)>,
    /// Products with all columns.
    products: Vec<f32>,
}

impl Fit {
    /// With the presets that there are, for the shapes that nothing else shows.
    pub(super) fn new(has: impl Fn(Preset) -> bool, lacking: impl Fn(FaceShape) -> bool) -> Self {
        let square = |parts: &[(FaceShape, f32)]| {
            parts.iter().map(|(_, weight)| weight * weight).sum::<f32>()
        };
        let column = |preset: Preset| {
            let mut weights = recipe(preset).to_vec();
            let whole = square(&weights);
            weights.retain(|(shape, _)| lacking(*shape));
            let fits = has(preset) && square(&weights) >= MOSTLY * whole;
            fits.then_some(Column { preset, weights, products: Vec::new() })
        };
        let mut columns: Vec<Column> = FITTED.into_iter().filter_map(column).collect();
        for at in 0..columns.len() {
            let own = columns[at].weights.clone();
            columns[at].products = columns
                .iter()
                .map(|other| {
                    let pairs = own.iter().flat_map(|a| other.weights.iter().map(move |b| (a, b)));
                    pairs.filter(|(a, b)| a.0 == b.0).map(|(a, b)| a.1 * b.1).sum()
                })
                .collect();
        }
        Self { columns }
    }

    /// Weights of the presets, 0 to 1, those of the mouth 1 at most together. Allocates nothing.
    pub(super) fn of(&self, face: &FaceWeights) -> impl Iterator<Item = (Preset, f32)> {
        let weights = self.nearest(face);
        let viseme = |column: &Column| {
            use Preset::*;
            matches!(column.preset, Aa | Ih | Ou | Ee | Oh)
        };
        let spoken: f32 =
            self.columns.iter().zip(weights).filter(|(c, _)| viseme(c)).map(|(_, w)| w).sum();
        self.columns.iter().zip(weights).map(move |(column, weight)| {
            let share = if viseme(column) && spoken > 1.0 { 1.0 / spoken } else { 1.0 };
            (column.preset, (weight * share).min(1.0))
        })
    }

    /// Non-negative least squares by coordinate descent.
    fn nearest(&self, face: &FaceWeights) -> [f32; FITTED.len()] {
        let mut weights = [0.0f32; FITTED.len()];
        let mut aims = [0.0f32; FITTED.len()];
        for (aim, column) in aims.iter_mut().zip(&self.columns) {
            *aim = column.weights.iter().map(|(shape, weight)| face[*shape] * weight).sum();
        }
        if aims.iter().all(|aim| *aim <= PRICE) {
            return weights;
        }
        for _ in 0..16 {
            for (at, column) in self.columns.iter().enumerate() {
                let others: f32 = column.products.iter().zip(&weights).map(|(g, w)| g * w).sum();
                let own = column.products[at];
                let gain = aims[at] - PRICE - (others - own * weights[at]);
                weights[at] = (gain / own).max(0.0);
            }
        }
        weights
    }
}
