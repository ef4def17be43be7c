//! The painter's judge: against the numbers of training, and with painters whose scores are known.

use reverie_evaluation::{
    COMPLETION_PSNR_CAP_DB, CompletionCase, CompletionJudge, CompletionScores, ConditionsNetwork,
    Drift, HoldModel, JudgeError, Mask, MetricError, RgbdImage, StraightOptions, Walk,
    judge_straight,
};
use reverie_inference::ModelStore;
use reverie_world_model::{
    Action, DepthImage, Embodiment, ImageSeed, Intrinsics, ModelSpec, Observation, Pose, RgbImage,
    SceneSeed, Seed, SeedSource, Snapshot, WorldError, WorldEvent, WorldModel,
};
use std::path::Path;

const SIDE: u32 = 16;

fn rgbd(colour: impl Fn(u32, u32, u32) -> u32, metres: impl Fn(u32, u32) -> f32) -> RgbdImage {
    let places = || (0..SIDE * SIDE).map(|at| (at % SIDE, at / SIDE));
    let bytes = places().flat_map(|(x, y)| [0, 1, 2].map(|c| (colour(x, y, c) % 256) as u8));
    let depth = places().map(|(x, y)| metres(x, y)).collect();
    RgbdImage {
        rgb: RgbImage::new(SIDE, SIDE, bytes.collect()).unwrap(),
        depth: DepthImage::new(SIDE, SIDE, depth).unwrap(),
    }
}

/// Ramps that wrap around; every eleventh diagonal is sky.
fn pattern([a, b, c, k]: [u32; 4], [d, e, f]: [u32; 3]) -> RgbdImage {
    rgbd(
        |x, y, channel| a * x + b * y + c * channel + k,
        |x, y| {
            let metres = 0.5 + 1.1 * ((d * x + e * y + f) % 97) as f32;
            if (x + y) % 11 == 0 { f32::INFINITY } else { metres }
        },
    )
}

fn left_and_low() -> Mask {
    let known = (0..SIDE * SIDE).map(|at| at % SIDE < 9 && at / SIDE > 2).collect();
    Mask::new(SIDE, SIDE, known).unwrap()
}

fn truth() -> RgbdImage {
    pattern([7, 13, 29, 0], [5, 3, 1])
}

fn fill() -> RgbdImage {
    pattern([3, 5, 11, 40], [2, 7, 4])
}

fn judged(samples: &[RgbdImage]) -> Result<CompletionScores, JudgeError> {
    let (truth, known, push_pull) = (truth(), left_and_low(), fill());
    let scene = SceneSeed::new("city", 1_000_000);
    let mut judge = CompletionJudge::new(None);
    let (truth, known, push_pull) = (&truth, &known, &push_pull);
    judge.add(&CompletionCase { truth, known, push_pull, samples, scene: &scene })?;
    judge.finish()
}

fn near(found: Option<f64>, wanted: f64) {
    let found = found.unwrap();
    assert!((found - wanted).abs() <= 2e-5 * wanted.abs().max(1.0), "{found}, not {wanted}");
}

/// The numbers are what `python/reverie_train/painter/metrics.py` gives for the same patterns.
#[test]
fn completions_score_as_in_training() {
    let samples: Vec<_> = (0..8)
        .map(|s| {
            let colours = if s % 2 == 0 { [7, 11, 29, 5 * s] } else { [5, 13, 29, 9 * s] };
            pattern(colours, [5, 3, 3])
        })
        .collect();
    let scores = judged(&samples).unwrap();
    near(scores.push_pull_psnr_db, 10.032_658_6);
    near(scores.gain_db, 3.119_681_4);
    near(scores.mean_gain_db, 6.460_368_2);
    near(scores.best_gain_db, 8.144_877_4);
    near(scores.sample_difference, 0.343_283_0);
    near(scores.depth_ratio, 0.098_267_1);
    near(scores.sharpness_ratio[0], 0.874_192_9);
    near(scores.sharpness_ratio[1], 0.006_693_0);
    near(scores.seam_ratio[0], 0.732_852_0);
    near(scores.seam_ratio[1], 0.227_436_9);
    assert_eq!((scores.windows, scores.sampled_windows), (1, 1));
    // Too few samples for a mean of eight: no gains, the rest as before.
    let few = judged(&samples[..7]).unwrap();
    assert_eq!((few.gain_db, few.mean_gain_db, few.sampled_windows), (None, None, 0));
    assert_eq!(few.sharpness_ratio, scores.sharpness_ratio);
}

#[test]
fn truth_push_pull_and_noise_as_painters() {
    let perfect = judged(&vec![truth(); 8]).unwrap();
    let most = COMPLETION_PSNR_CAP_DB - perfect.push_pull_psnr_db.unwrap();
    for gain in [perfect.gain_db, perfect.mean_gain_db, perfect.best_gain_db] {
        near(gain, most);
    }
    assert_eq!((perfect.depth_ratio, perfect.sample_difference), (Some(0.0), Some(0.0)));
    assert_eq!((perfect.sharpness_ratio[0], perfect.seam_ratio[0]), (Some(1.0), Some(1.0)));

    let nothing = judged(&vec![fill(); 8]).unwrap();
    for gain in [nothing.gain_db, nothing.mean_gain_db, nothing.best_gain_db] {
        near(gain, 0.0);
    }
    assert_eq!(nothing.depth_ratio, Some(1.0));
    assert_eq!(nothing.sharpness_ratio[0], nothing.sharpness_ratio[1]);
    assert_eq!(nothing.seam_ratio[0], nothing.seam_ratio[1]);

    let noise = |s: u32| {
        let random = move |x: u32, y: u32, c: u32| {
            (x * 7919 + y * 104_729 + c * 1_299_709 + s * 15_485_863).wrapping_mul(2_654_435_761)
                >> 24
        };
        rgbd(random, move |x, y| 1.0 + random(x, y, 9) as f32 / 3.0)
    };
    let noise = judged(&(0..8).map(noise).collect::<Vec<_>>()).unwrap();
    assert!(noise.gain_db.unwrap() < 0.0 && noise.depth_ratio.unwrap() > 1.0, "{noise:?}");
    assert!(noise.mean_gain_db.unwrap() > noise.gain_db.unwrap() + 2.0, "{noise:?}");
    assert!(noise.sharpness_ratio[0].unwrap() > 1.3, "{noise:?}");
    assert!(noise.seam_ratio[0].unwrap() > 1.3, "{noise:?}");
    assert!(noise.sample_difference.unwrap() > 0.2, "{noise:?}");
}

#[test]
fn distances_and_conditions_are_compared_with_push_pull_and_the_truth() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let network = ConditionsNetwork::load(&ModelStore::open_at(&assets).unwrap()).unwrap();
    let known = left_and_low();
    let judged = |painter: &dyn Fn(&RgbdImage, &RgbdImage) -> RgbdImage| {
        let mut judge = CompletionJudge::new(Some(&network));
        for k in 0..6 {
            let truth = pattern([7 + k, 13, 29, 3 * k], [5, 3, 1]);
            let push_pull = pattern([1, 2 + k, 11, 160 - 20 * k], [2, 7, 4]);
            // The conditions are what the network takes the truth for.
            let seen = network.recognise(&truth.rgb).unwrap();
            let mut scene =
                SceneSeed { weather: seen.weather(), ..SceneSeed::new("city", 1_000_000) };
            let fits = |hour: &f32| seen.phase().fits(*hour, scene.season);
            scene.hour = (0..24).map(|hour| hour as f32).find(fits).unwrap();
            let samples = &[painter(&truth, &push_pull)];
            let (truth, push_pull, known) = (&truth, &push_pull, &known);
            judge.add(&CompletionCase { truth, known, push_pull, samples, scene: &scene }).unwrap();
        }
        judge.finish().unwrap()
    };
    let perfect = judged(&|truth, _| truth.clone());
    assert!(perfect.frechet_ratio.unwrap().abs() < 1e-6, "{perfect:?}");
    assert_eq!((perfect.condition_ratio[0], perfect.condition_true_share), (Some(1.0), Some(1.0)));
    let nothing = judged(&|_, push_pull| push_pull.clone());
    assert_eq!(nothing.frechet_ratio, Some(1.0));
    assert_eq!(nothing.condition_ratio[0], nothing.condition_ratio[1]);
    assert!(nothing.condition_ratio[0].unwrap() < 1.0, "{nothing:?}");
}

#[test]
fn windows_that_make_no_sense_are_refused() {
    let metric = |samples: &[RgbdImage]| match judged(samples) {
        Err(JudgeError::Metric { error, .. }) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(metric(&[]), MetricError::Nothing(_)));
    let small = RgbdImage {
        rgb: RgbImage::filled(8, 16, [0; 3]).unwrap(),
        depth: DepthImage::new(8, 16, vec![1.0; 128]).unwrap(),
    };
    assert!(matches!(metric(std::slice::from_ref(&small)), MetricError::SizeMismatch { .. }));
    let half = RgbdImage { rgb: truth().rgb, ..small };
    assert!(matches!(metric(&[half]), MetricError::SizeMismatch { .. }));
}

const OUT: StraightOptions = StraightOptions {
    start: Pose::IDENTITY,
    speed_mps: 1.5,
    tick_hz: 24.0,
    far_ticks: 120,
    view_every: 60,
};

#[test]
fn a_straight_walk_comes_back_the_same_way() {
    let start = Pose::from_yaw_pitch_roll(glam::Vec3::new(3.0, 1.6, -2.0), 0.8, 0.3, 0.0);
    let walk = Walk::straight(&StraightOptions { start, ..OUT }).unwrap();
    let far = walk.poses[120];
    // 120 ticks without the first second and two stops of a second.
    let way = 1.5 * (120.0 - 3.0 * 24.0) / 24.0;
    assert!((far.position.distance(start.position) - way).abs() < 1e-3);
    assert!((far.position.y - 1.6).abs() < 1e-4 && far.forward().y.abs() < 1e-4);
    assert!(walk.poses[24].position.distance(start.position) < 1e-4, "it looks first");
    assert_eq!(walk.revisits.len(), 1);
    let [view] = walk.revisits[..] else { panic!() };
    assert_eq!(view.first, 60);
    let there = walk.poses[60].position;
    assert!(there.distance(walk.poses[view.again as usize].position) < 1e-3);
    assert!(there.distance(walk.poses[60 - 24].position) < 1e-3, "it stands for a second");
    assert!(walk.poses[walk.home as usize].position.distance(start.position) < 1e-3);

    for (options, field) in [
        (StraightOptions { tick_hz: 0.0, ..OUT }, "tick_hz"),
        (StraightOptions { speed_mps: f32::NAN, ..OUT }, "speed_mps"),
        (StraightOptions { view_every: 24, ..OUT }, "view_every"),
        (StraightOptions { view_every: 121, ..OUT }, "view_every"),
        (StraightOptions { far_ticks: 1 << 40, ..OUT }, "view_every"),
    ] {
        let error = Walk::straight(&options).unwrap_err();
        assert!(matches!(error, MetricError::BadValues { field: found, .. } if found == field));
    }
}

/// Its picture fades to grey with the way, and forgets where it was.
struct Fading {
    spec: ModelSpec,
    inner: HoldModel,
    /// Share of the contrast that is lost at tick 120.
    fades: f32,
}

impl Fading {
    fn new(fades: f32) -> Self {
        let inner = HoldModel::new(32, 18, 24.0);
        Self { spec: inner.spec().clone(), inner, fades }
    }
}

impl WorldModel for Fading {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }
    fn begin(&mut self, seed: &Seed) -> Result<Observation, WorldError> {
        self.inner.begin(seed)
    }
    fn step(&mut self, action: &Action) -> Result<Observation, WorldError> {
        let mut seen = self.inner.step(action)?;
        let gone = self.fades * seen.tick.saturating_sub(24) as f32 / 96.0;
        for value in seen.rgb.data_mut() {
            *value = (128.0 + (f32::from(*value) - 128.0) * (1.0 - gone)).round() as u8;
        }
        seen.coverage -= 0.5 * gone;
        Ok(seen)
    }
    fn apply(&mut self, event: &WorldEvent) -> Result<(), WorldError> {
        self.inner.apply(event)
    }
    fn save(&self) -> Result<Snapshot, WorldError> {
        self.inner.save()
    }
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), WorldError> {
        self.inner.restore(snapshot)
    }
}

fn drift(fades: f32) -> Drift {
    let bytes = (0..32 * 18 * 3).map(|at| (at * 37 % 251) as u8).collect();
    let image = ImageSeed {
        rgb: RgbImage::new(32, 18, bytes).unwrap(),
        depth: None,
        intrinsics: Some(Intrinsics::from_horizontal_fov(32, 18, 1.3)),
    };
    let seed = Seed::new(SeedSource::Image(image)).with_embodiment(Embodiment::Walker);
    let walk = judge_straight(&mut Fading::new(fades), &seed, &OUT, &mut |_| true).unwrap();
    assert_eq!((walk.far_tick, walk.revisits.len()), (120, 1));
    assert_eq!(walk.pictures.keys().filter(|tick| **tick <= 120).count(), 3);
    Drift::of(&[walk]).unwrap()
}

#[test]
fn drift_is_found() {
    let steady = drift(0.0);
    assert_eq!(steady.revisit_psnr_db, Some(100.0));
    for ratio in [steady.sharpness_ratio, steady.colour_ratio, steady.coverage_ratio] {
        assert!((ratio - 1.0).abs() < 1e-12);
    }
    // Contrast is halved: gradient energy falls to a quarter.
    let fading = drift(0.5);
    assert!((fading.sharpness_ratio - 0.25).abs() < 0.02, "{fading:?}");
    assert!((0.45..0.55).contains(&fading.colour_ratio), "{fading:?}");
    assert!((fading.coverage_ratio - 0.75).abs() < 1e-3, "{fading:?}");
    assert!(fading.revisit_psnr_db.unwrap() < 30.0, "{fading:?}");
    // Growing is as bad as fading: colours are at most 1.
    let growing = drift(-0.3);
    assert!(growing.sharpness_ratio > 1.3 && growing.colour_ratio < 0.9, "{growing:?}");
    assert!(Drift::of(&[]).is_none());

    let stop = |tick: u64| tick < 5;
    let seed = Seed::new(SeedSource::Scene(SceneSeed::new("city", 1_000_000)));
    let refused = judge_straight(&mut Fading::new(0.0), &seed, &OUT, &mut |_| true);
    assert!(matches!(refused, Err(JudgeError::World { .. })));
    let odd = StraightOptions { tick_hz: 30.0, ..OUT };
    let refused = judge_straight(&mut Fading::new(0.0), &seed, &odd, &mut { stop });
    assert!(matches!(refused, Err(JudgeError::Unfit { .. })));
}
