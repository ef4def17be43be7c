//! The judge of world models.
//!
//! Any [`WorldModel`](reverie_world_model::WorldModel) is compared with a truth that it shares the first
//! picture and the actions with. A [`Walk`] says where the camera goes; [`judge`] takes the truth and
//! all contestants along and returns their [`Scores`]; [`judge_commands`] changes weather and hour under
//! way; [`judge_straight`] goes where nobody has been and back. [`CompletionJudge`] compares windows that a
//! painter completed. [`ConditionsNetwork`] recognises both in a frame,
//! [`objects`] what was placed into it. [`HoldModel`] is the baseline that does nothing.
//!
//! The metrics themselves are plain functions on pictures ([`psnr()`], [`ssim()`], [`ms_ssim()`],
//! [`sharpness()`], [`seam_error()`]), depth ([`depth_errors`]), frames ([`align()`]), features
//! ([`frechet_distance`]) and scores of policies ([`policy_ranking`]).

mod align;
mod baseline;
mod colour;
mod completion;
mod conditions;
mod depth;
mod error;
mod frechet;
mod gradient;
mod judge;
mod mask;
pub mod objects;
mod scores;
mod seen;
mod similarity;
mod statistics;
mod walk;

pub use align::{RgbdView, align};
pub use baseline::{HOLD_NAME, HoldModel};
pub use colour::ColourTransform;
pub use completion::{
    BEST_SAMPLES, COMPLETION_PSNR_CAP_DB, CompletionCase, CompletionJudge, CompletionScores,
    MEAN_SAMPLES, RgbdImage,
};
pub use conditions::{
    CONDITIONS_MODEL, ConditionsConfig, ConditionsError, ConditionsNetwork, DOMAINS, DayPhase,
    Recognised, sun_height_deg,
};
pub use depth::{DepthErrors, MAX_COMPARED_DEPTH_M, depth_errors};
pub use error::{JudgeError, MetricError};
pub use frechet::frechet_distance;
pub use gradient::{seam_error, sharpness};
pub use judge::{
    Command, Contestant, Drift, Episode, HORIZONS, Judged, Looks, Obeyed, Straight,
    StraightOptions, TracePoint, judge, judge_commands, judge_straight,
};
pub use mask::Mask;
pub use scores::{Better, DriftPoint, Metric, PSNR_CAP_DB, Scores};
pub use seen::SeenGeometry;
pub use similarity::{mean_absolute_error, ms_ssim, psnr, ssim};
pub use statistics::{Estimate, PolicyRanking, mmrv, paired_ratio, pearson, policy_ranking};
pub use walk::{Revisit, Walk, WalkOptions};
