//! From states of words to answers, in candle as in `python/reverie_train/prompts/model.py`.

use candle_core::{D, Result, Tensor};
use candle_nn::{LayerNorm, Linear, Module as _, VarBuilder, layer_norm, linear, ops::softmax};
use reverie_inference::{Weights, WeightsError};

const EPS: f64 = 1e-5;

/// What is asked, and the answers there are, in the network's order; `-` is: it does not say.
pub const QUESTIONS: [(&str, &[&str]); 6] = [
    ("place", &["mountain", "city", "warehouse"]),
    ("named", &["named", "elsewhere", "-"]),
    ("weather", &["clear", "rain", "snow", "fog", "overcast", "-"]),
    ("strength", &["weak", "strong", "-"]),
    ("hour", &["night", "dawn", "morning", "noon", "afternoon", "golden", "dusk", "evening", "-"]),
    ("season", &["spring", "summer", "autumn", "winter", "-"]),
];

/// Chances of the answers to each of [`QUESTIONS`]; those of a question sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    pub place: Vec<f32>,
    pub named: Vec<f32>,
    pub weather: Vec<f32>,
    pub strength: Vec<f32>,
    pub hour: Vec<f32>,
    pub season: Vec<f32>,
}

/// Checks that weights answer the questions of this program.
///
/// # Errors
/// [`WeightsError::BadMetadata`] naming the question.
pub fn check_questions(weights: &Weights) -> std::result::Result<(), WeightsError> {
    for (question, answers) in QUESTIONS {
        let expected = answers.join(",");
        if weights.metadata(question)? != expected {
            return Err(WeightsError::BadMetadata {
                path: weights.path().into(),
                key: question.into(),
                problem: format!("is not `{expected}`"),
            });
        }
    }
    Ok(())
}

/// States to answers: every question looks at all words and weighs them by itself.
pub struct Reader {
    norm: LayerNorm,
    enter: Linear,
    look: Linear,
    think: Vec<Linear>,
    answer: Vec<Linear>,
}

impl Reader {
    /// Loads all tensors for states of this length; errors name file and tensor.
    pub fn load(states: usize, width: usize, hidden: usize, vb: VarBuilder<'_>) -> Result<Self> {
        let each = |part: &str, inputs: usize, outputs: fn(&[&str]) -> Option<usize>| {
            let vb = vb.pp(part);
            QUESTIONS
                .iter()
                .map(|(name, answers)| {
                    linear(inputs, outputs(answers).unwrap_or(hidden), vb.pp(name))
                })
                .collect::<Result<Vec<_>>>()
        };
        Ok(Self {
            norm: layer_norm(states, EPS, vb.pp("norm"))?,
            enter: linear(states, width, vb.pp("enter"))?,
            look: linear(width, QUESTIONS.len(), vb.pp("look"))?,
            think: each("think", width, |_| None)?,
            answer: each("answer", hidden, |answers| Some(answers.len()))?,
        })
    }

    /// Log-odds of every question's answers, of states `[words, states]`.
    pub fn log_odds(&self, states: &Tensor) -> Result<Vec<Vec<f32>>> {
        let x = self.norm.forward(states)?.apply(&self.enter)?.gelu()?;
        let weight = softmax(&x.apply(&self.look)?, 0)?;
        let seen = weight.t()?.contiguous()?.matmul(&x)?;
        let parts = self.think.iter().zip(&self.answer).enumerate();
        parts
            .map(|(at, (think, answer))| {
                let thought = seen.narrow(0, at, 1)?.apply(think)?.gelu()?;
                thought.apply(answer)?.flatten_all()?.to_vec1::<f32>()
            })
            .collect()
    }

    /// Chances of every question's answers.
    pub fn answers(&self, states: &Tensor) -> Result<Answers> {
        let mut chances = self
            .log_odds(states)?
            .into_iter()
            .map(|odds| {
                let odds = Tensor::new(odds, states.device())?;
                softmax(&odds, D::Minus1)?.to_vec1::<f32>()
            })
            .collect::<Result<Vec<_>>>()?
            .into_iter();
        let mut next = || chances.next().unwrap_or_default();
        let (place, named, weather) = (next(), next(), next());
        let (strength, hour, season) = (next(), next(), next());
        Ok(Answers { place, named, weather, strength, hour, season })
    }
}
