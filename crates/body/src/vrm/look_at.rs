//! From where to look to how the eyes turn.

use glam::Vec3;
use reverie_avatar::Eye;

/// How an angle of gaze becomes an angle of the eye's bone, or a weight of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeMap {
    /// Radians of gaze from which nothing more happens.
    pub input_max: f32,
    /// What comes out there: radians for bones, a weight for expressions.
    pub output: f32,
    /// Keys of VRM 0.x's curve over 0 to 1: time, value, slopes before and after. Empty for a line.
    pub curve: Vec<[f32; 4]>,
}

impl RangeMap {
    /// A straight one.
    pub fn new(input_max: f32, output: f32) -> Self {
        Self { input_max, output, curve: Vec::new() }
    }

    /// `angle` is 0 or more, radians.
    pub fn map(&self, angle: f32) -> f32 {
        if angle <= 0.0 {
            return 0.0;
        }
        let along = if self.input_max > 0.0 { (angle / self.input_max).min(1.0) } else { 1.0 };
        self.output * self.follow(along)
    }

    fn follow(&self, along: f32) -> f32 {
        let (Some(first), Some(last)) = (self.curve.first(), self.curve.last()) else {
            return along;
        };
        if along <= first[0] {
            return first[1];
        }
        let Some(pair) = self.curve.windows(2).find(|pair| along <= pair[1][0]) else {
            return last[1];
        };
        let ([t0, v0, _, out], [t1, v1, into, _]) = (pair[0], pair[1]);
        let span = t1 - t0;
        if span <= 0.0 {
            return v1;
        }
        let t = (along - t0) / span;
        let (t2, t3) = (t * t, t * t * t);
        (2.0 * t3 - 3.0 * t2 + 1.0) * v0
            + (t3 - 2.0 * t2 + t) * span * out
            + (3.0 * t2 - 2.0 * t3) * v1
            + (t3 - t2) * span * into
    }
}

/// Whether eyes turn by bones or by expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookAtKind {
    /// The bones of the eyes.
    Bone,
    /// The presets `lookUp`, `lookDown`, `lookLeft`, `lookRight`.
    Expression,
}

/// How a model's eyes turn.
#[derive(Debug, Clone, PartialEq)]
pub struct LookAt {
    /// By what.
    pub kind: LookAtKind,
    /// Where the eyes' middle is, from the head bone's place, model axes, metres.
    pub offset_from_head: Vec3,
    /// Towards the nose.
    pub inner: RangeMap,
    /// Away from the nose; for expressions, to either side.
    pub outer: RangeMap,
    /// Down.
    pub down: RangeMap,
    /// Up.
    pub up: RangeMap,
}

impl LookAt {
    /// Eyes that turn by bones as far as people's do: 1 to 1 up to 30° to the nose, 35° away from it,
    /// 30° down, 25° up.
    pub fn human(offset_from_head: Vec3) -> Self {
        let plain = |degrees: f32| RangeMap::new(degrees.to_radians(), degrees.to_radians());
        Self {
            kind: LookAtKind::Bone,
            offset_from_head,
            inner: plain(30.0),
            outer: plain(35.0),
            down: plain(30.0),
            up: plain(25.0),
        }
    }

    /// How far the bones of the left and the right eye turn for a gaze relative to the head (radians,
    /// yaw to the person's left).
    pub fn eyes(&self, yaw: f32, pitch: f32) -> [Eye; 2] {
        let pitch = if pitch < 0.0 { -self.down.map(-pitch) } else { self.up.map(pitch) };
        let (left, right) = if yaw < 0.0 {
            (-self.inner.map(-yaw), -self.outer.map(-yaw))
        } else {
            (self.outer.map(yaw), self.inner.map(yaw))
        };
        [Eye { yaw: left, pitch }, Eye { yaw: right, pitch }]
    }

    /// Weights of `lookUp`, `lookDown`, `lookLeft`, `lookRight` for a gaze relative to the head.
    pub fn weights(&self, yaw: f32, pitch: f32) -> [f32; 4] {
        [self.up.map(pitch), self.down.map(-pitch), self.outer.map(yaw), self.outer.map(-yaw)]
            .map(|weight| weight.clamp(0.0, 1.0))
    }
}
