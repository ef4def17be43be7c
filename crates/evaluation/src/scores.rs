//! What is measured, and means of it.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use std::collections::BTreeMap;

/// PSNR of equal pictures, and the most that counts in a mean, dB.
pub const PSNR_CAP_DB: f64 = 100.0;

/// Every figure of the judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Peak signal-to-noise ratio to the truth.
    Psnr,
    /// The same where the seed picture shows the surface.
    PsnrSeen,
    /// The same where it does not.
    PsnrUnseen,
    /// Structural similarity to the truth.
    Ssim,
    /// Multi-scale structural similarity to the truth.
    MsSsim,
    /// Relative error of depth.
    DepthAbsRel,
    /// Share of pixels with depth within 25 %.
    DepthDelta125,
    /// What the model says it knows.
    Coverage,
    /// Gradient energy to that of the truth.
    Sharpness,
    /// Steps where the seed picture ends.
    SeamError,
    /// A view seen again by another way, against itself.
    RevisitError,
    /// Back at the start, against the seed picture.
    LoopClosure,
    /// Translation in the frames against the commanded one.
    FollowTranslation,
    /// Rotation in the frames against the commanded one.
    FollowRotation,
    /// Frames that show the weather the world began with.
    WeatherKept,
    /// Frames that show the hour the world began with.
    HourKept,
    /// Frames that show the kind of world it began as.
    PlaceKept,
    /// Frames that show a weather that was commanded on the way.
    WeatherFollowed,
    /// Frames that show an hour that was commanded on the way.
    HourFollowed,
    /// Between the features of generated and true frames.
    FrechetConditions,
}

/// Which way a figure improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// The nearer to 1 the better.
    One,
    /// The nearer to 0 the better.
    Zero,
    /// Says something about the model, but not how good it is.
    Neither,
}

impl Metric {
    /// Every figure, in the order of tables.
    pub const ALL: [Self; 20] = [
        Self::Psnr,
        Self::PsnrSeen,
        Self::PsnrUnseen,
        Self::Ssim,
        Self::MsSsim,
        Self::DepthAbsRel,
        Self::DepthDelta125,
        Self::Coverage,
        Self::Sharpness,
        Self::SeamError,
        Self::RevisitError,
        Self::LoopClosure,
        Self::FollowTranslation,
        Self::FollowRotation,
        Self::WeatherKept,
        Self::HourKept,
        Self::PlaceKept,
        Self::WeatherFollowed,
        Self::HourFollowed,
        Self::FrechetConditions,
    ];

    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Psnr => "psnr_db",
            Self::PsnrSeen => "psnr_seen_db",
            Self::PsnrUnseen => "psnr_unseen_db",
            Self::Ssim => "ssim",
            Self::MsSsim => "ms_ssim",
            Self::DepthAbsRel => "depth_abs_rel",
            Self::DepthDelta125 => "depth_delta_125",
            Self::Coverage => "coverage",
            Self::Sharpness => "sharpness",
            Self::SeamError => "seam_error",
            Self::RevisitError => "revisit_error",
            Self::LoopClosure => "loop_closure_db",
            Self::FollowTranslation => "follow_translation_percent",
            Self::FollowRotation => "follow_rotation_percent",
            Self::WeatherKept => "weather_kept_percent",
            Self::HourKept => "hour_kept_percent",
            Self::PlaceKept => "place_kept_percent",
            Self::WeatherFollowed => "weather_followed_percent",
            Self::HourFollowed => "hour_followed_percent",
            Self::FrechetConditions => "frechet_conditions_features",
        }
    }

    /// A short heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Psnr => "PSNR",
            Self::PsnrSeen => "PSNR seen",
            Self::PsnrUnseen => "PSNR new",
            Self::Ssim => "SSIM",
            Self::MsSsim => "MS-SSIM",
            Self::DepthAbsRel => "AbsRel",
            Self::DepthDelta125 => "delta",
            Self::Coverage => "coverage",
            Self::Sharpness => "sharpness",
            Self::SeamError => "seam",
            Self::RevisitError => "revisit",
            Self::LoopClosure => "loop",
            Self::FollowTranslation => "move err",
            Self::FollowRotation => "turn err",
            Self::WeatherKept => "weather kept",
            Self::HourKept => "hour kept",
            Self::PlaceKept => "place kept",
            Self::WeatherFollowed => "weather followed",
            Self::HourFollowed => "hour followed",
            Self::FrechetConditions => "Frechet distance (conditions features)",
        }
    }

    /// The unit, empty for shares and ratios.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Psnr | Self::PsnrSeen | Self::PsnrUnseen | Self::LoopClosure => "dB",
            Self::SeamError | Self::RevisitError => "/255",
            Self::FollowTranslation
            | Self::FollowRotation
            | Self::WeatherKept
            | Self::HourKept
            | Self::PlaceKept
            | Self::WeatherFollowed
            | Self::HourFollowed => "%",
            _ => "",
        }
    }

    /// Digits after the point that mean something.
    pub fn digits(self) -> usize {
        match self {
            Self::Ssim | Self::MsSsim | Self::DepthAbsRel | Self::DepthDelta125 => 3,
            Self::Coverage | Self::Sharpness | Self::RevisitError | Self::FrechetConditions => 2,
            _ => 1,
        }
    }

    /// Which way it improves.
    pub fn better(self) -> Better {
        match self {
            Self::Psnr
            | Self::PsnrSeen
            | Self::PsnrUnseen
            | Self::Ssim
            | Self::MsSsim
            | Self::DepthDelta125
            | Self::LoopClosure
            | Self::WeatherKept
            | Self::HourKept
            | Self::PlaceKept
            | Self::WeatherFollowed
            | Self::HourFollowed => Better::Higher,
            Self::DepthAbsRel
            | Self::FrechetConditions
            | Self::RevisitError
            | Self::FollowTranslation
            | Self::FollowRotation => Better::Lower,
            Self::Sharpness => Better::One,
            Self::SeamError => Better::Zero,
            Self::Coverage => Better::Neither,
        }
    }

    /// One sentence for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Psnr => {
                "Peak signal-to-noise ratio to the true frame; equal frames count as 100."
            }
            Self::PsnrSeen => "PSNR where the surface is in the seed picture too.",
            Self::PsnrUnseen => "PSNR where the seed picture does not show the surface.",
            Self::Ssim => "Structural similarity to the true frame.",
            Self::MsSsim => {
                "Multi-scale structural similarity; small frames have fewer than five scales."
            }
            Self::DepthAbsRel => "Mean relative error of depth where the truth is within 80 m.",
            Self::DepthDelta125 => {
                "Share of those pixels whose depth is right within a factor 1.25."
            }
            Self::Coverage => "Share of pixels that the model says it knows rather than fills.",
            Self::Sharpness => "Gradient energy over the truth's: below 1 blurred, above 1 noisy.",
            Self::SeamError => {
                "Steps across the edge of what the seed picture shows, beyond the truth's."
            }
            Self::RevisitError => {
                "Mean difference between two frames from one pose, the second after leaving and \
                 coming back another way, where the truth shows the same both times (nothing \
                 moved of itself)."
            }
            Self::LoopClosure => {
                "PSNR of the last frame, from the first pose, to the first frame, where the truth \
                 shows the same both times."
            }
            Self::FollowTranslation => {
                "Error of the translation found in the frames, share of the commanded one; 100 is \
                 standing still."
            }
            Self::FollowRotation => {
                "Error of the rotation found in the frames, share of the commanded one; 100 is \
                 standing still."
            }
            Self::WeatherKept => {
                "Frames of the walks in which the conditions network sees the weather that the \
                 world began with; the truth's figure is the network's own accuracy."
            }
            Self::HourKept => {
                "The same for the hour, judged as the phase of the day by the sun's height: night, \
                 twilight, low sun, day. Morning and evening are one."
            }
            Self::PlaceKept => "The same for the kind of world: mountain, city, warehouse.",
            Self::WeatherFollowed => {
                "Frames half a second after a change of weather was commanded that show it; the \
                 truth's figure is the network's own accuracy."
            }
            Self::HourFollowed => "The same for a change of the hour.",
            Self::FrechetConditions => {
                "Frechet distance between generated and true frames of the same walks in the \
                 conditions network's features. No FID or FVD; few frames make it larger."
            }
        }
    }
}

/// Errors at one number of ticks after the start.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct DriftPoint {
    /// PSNR to the true frame, dB, at most [`PSNR_CAP_DB`].
    pub psnr_db: f64,
    /// SSIM to the true frame.
    pub ssim: f64,
    /// Relative error of depth; `None` for a model without depth or a view without any within reach.
    pub depth_abs_rel: Option<f64>,
}

/// Figures of one model on one walk, or the mean of several.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// What could be measured; what could not is not there.
    pub figures: BTreeMap<Metric, f64>,
    /// By horizon in ticks.
    pub drift: BTreeMap<u64, DriftPoint>,
}

impl Scores {
    /// Means, each over those that have the figure.
    pub fn mean<'a>(all: impl IntoIterator<Item = &'a Scores>) -> Self {
        let mut figures: BTreeMap<Metric, Mean> = BTreeMap::new();
        let mut drift: BTreeMap<u64, [Mean; 3]> = BTreeMap::new();
        for scores in all {
            for (metric, value) in &scores.figures {
                figures.entry(*metric).or_default().add(*value);
            }
            for (horizon, point) in &scores.drift {
                let [psnr, ssim, depth] = drift.entry(*horizon).or_default();
                psnr.add(point.psnr_db);
                ssim.add(point.ssim);
                if let Some(error) = point.depth_abs_rel {
                    depth.add(error);
                }
            }
        }
        let figures = figures.into_iter().filter_map(|(m, mean)| Some((m, mean.value()?)));
        let point = |[psnr, ssim, depth]: [Mean; 3]| {
            Some(DriftPoint {
                psnr_db: psnr.value()?,
                ssim: ssim.value()?,
                depth_abs_rel: depth.value(),
            })
        };
        let drift = drift.into_iter().filter_map(|(h, means)| Some((h, point(means)?)));
        Self { figures: figures.collect(), drift: drift.collect() }
    }
}

impl Serialize for Scores {
    /// One object: a field a figure, and `drift` with a field a horizon.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.figures.len() + 1))?;
        for (metric, value) in &self.figures {
            map.serialize_entry(metric.key(), value)?;
        }
        map.serialize_entry("drift", &self.drift)?;
        map.end()
    }
}

/// A running mean.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    /// `None` of nothing.
    pub fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}
