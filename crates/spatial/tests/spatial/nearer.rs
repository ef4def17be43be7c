//! What one walks up to is painted anew, and what is seen takes the place of what was painted.

use super::{at, config, psnr, render, scene, seed};
use reverie_spatial::{
    Frame, Memory, PaintTiming, SpatialModel, ViewKind,
    painter::{PaintError, Painted, Painter, Window, window_camera},
};
use reverie_world_model::{Action, Pose, RgbImage, WorldModel};
use std::sync::Arc;

/// Paints what is really there, four times as fine as a window.
struct Oracle {
    sharpens: bool,
    /// In its complementary colours.
    inverted: bool,
}

impl Painter for Oracle {
    fn paint(&mut self, window: &Window<'_>) -> Result<Painted, PaintError> {
        let (rgb, depth) = scene::shoot(&window.pose, &window_camera().resized(512, 512));
        let inverse_depth = depth.data().iter().map(|metres| 1.0 / metres).collect();
        if !self.inverted {
            return Ok(Painted { rgb, inverse_depth });
        }
        let data = rgb.data().iter().map(|value| 255 - value).collect();
        let rgb = RgbImage::new(512, 512, data).map_err(|e| PaintError::Painter(e.to_string()))?;
        Ok(Painted { rgb, inverse_depth })
    }

    fn sharpens(&self) -> bool {
        self.sharpens
    }
}

fn model(sharpens: bool, inverted: bool) -> SpatialModel {
    let make = Arc::new(move || Ok(Box::new(Oracle { sharpens, inverted }) as Box<dyn Painter>));
    let timing = PaintTiming::Lockstep { ticks: 4 };
    let model = SpatialModel::new(config()).expect("works");
    let mut model = model.with_painter(make, timing).expect("works");
    model.begin(&seed()).expect("works");
    model
}

/// Eight metres ahead, and a stop until nothing is missing.
fn walk_up(model: &mut SpatialModel) {
    let forward = Action { move_mps: glam::Vec3::new(0.0, 0.0, 4.0), ..Action::default() };
    for _ in 0..48 {
        model.advance(&forward).expect("works");
    }
    for _ in 0..160 {
        model.advance(&Action::default()).expect("works");
        if model.paint_status().expect("works").complete {
            break;
        }
    }
    assert!(model.pose().expect("works").position.length() > 7.0);
    assert!(model.paint_status().expect("works").complete);
}

fn look(model: &SpatialModel, pose: &Pose) -> Frame {
    render(memory(model), pose, &model.intrinsics().expect("works"))
}

fn memory(model: &SpatialModel) -> &Memory {
    model.memory().expect("works")
}

fn details(memory: &Memory) -> usize {
    memory.views().iter().filter(|view| view.kind() == ViewKind::Detail).count()
}

#[test]
fn what_one_walks_up_to_is_sharpened_and_looks_as_before_from_where_one_came() {
    let (mut plain, mut sharp) = (model(false, false), model(true, false));
    let start = Pose::IDENTITY;
    let before = look(&sharp, &start);
    walk_up(&mut plain);
    walk_up(&mut sharp);
    assert_eq!(details(memory(&plain)), 0);
    assert!(details(memory(&sharp)) > 0);
    let near = sharp.pose().expect("works");
    let (truth, _) = scene::shoot(&near, &sharp.intrinsics().expect("works"));
    let [coarse_db, sharp_db] =
        [&plain, &sharp].map(|model| psnr(&look(model, &near), &truth, |_| true));
    assert!(sharp_db > coarse_db + 1.0, "{sharp_db:.1} dB after {coarse_db:.1} dB");
    // From farther away details are not drawn: the first picture is there as it was.
    let picture = before.to_rgb().expect("works");
    let found = psnr(&look(&sharp, &start), &picture, |at| before.is_known(at));
    assert!(found > 45.0, "the photograph changed: {found:.1} dB");
    // It comes back from a snapshot, too.
    let saved = sharp.save().expect("works");
    let mut restored = model(true, false);
    restored.restore(&saved).expect("works");
    assert!(look(&restored, &near) == look(&sharp, &near));
    assert!(restored.save().expect("works") == saved);
}

#[test]
fn what_is_seen_takes_the_place_of_what_was_painted() {
    let mut model = model(true, true);
    walk_up(&mut model);
    let camera = model.intrinsics().expect("works");
    // Behind the player all is painted; ahead details lie over what was seen.
    for pose in [at(0.0, 0.0, 0.5, 2.6, 0.0), model.pose().expect("works")] {
        let (truth, depth) = scene::shoot(&pose, &camera);
        let imagined = psnr(&look(&model, &pose), &truth, |_| true);
        model.insert(&truth, &depth, &pose, &camera).expect("works");
        let seen = psnr(&look(&model, &pose), &truth, |_| true);
        assert!(imagined < 16.0 && seen > 22.0, "{imagined:.1} dB, then {seen:.1} dB");
    }
}
