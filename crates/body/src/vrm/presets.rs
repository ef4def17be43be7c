//! What VRM's presets are in ARKit's shapes.

use super::extras::Preset;
use reverie_avatar::FaceShape::{self, *};

/// Shapes and weights of a preset at weight 1; both sides alike where people are. Visemes are those of
/// the speech tables; emotions leave the lids to blinks.
pub(crate) fn recipe(preset: Preset) -> &'static [(FaceShape, f32)] {
    match preset {
        Preset::Happy => &[
            (MouthSmileLeft, 0.75),
            (MouthSmileRight, 0.75),
            (CheekSquintLeft, 0.55),
            (CheekSquintRight, 0.55),
            (EyeSquintLeft, 0.35),
            (EyeSquintRight, 0.35),
            (MouthDimpleLeft, 0.15),
            (MouthDimpleRight, 0.15),
        ],
        Preset::Angry => &[
            (BrowDownLeft, 0.9),
            (BrowDownRight, 0.9),
            (NoseSneerLeft, 0.4),
            (NoseSneerRight, 0.4),
            (EyeSquintLeft, 0.35),
            (EyeSquintRight, 0.35),
            (MouthPressLeft, 0.35),
            (MouthPressRight, 0.35),
            (MouthFrownLeft, 0.3),
            (MouthFrownRight, 0.3),
            (JawForward, 0.15),
        ],
        Preset::Sad => &[
            (BrowInnerUp, 0.8),
            (MouthFrownLeft, 0.65),
            (MouthFrownRight, 0.65),
            (MouthShrugLower, 0.35),
            (EyeSquintLeft, 0.2),
            (EyeSquintRight, 0.2),
        ],
        Preset::Relaxed => &[
            (MouthSmileLeft, 0.3),
            (MouthSmileRight, 0.3),
            (EyeSquintLeft, 0.35),
            (EyeSquintRight, 0.35),
            (BrowInnerUp, 0.15),
        ],
        Preset::Surprised => &[
            (BrowInnerUp, 0.85),
            (BrowOuterUpLeft, 0.8),
            (BrowOuterUpRight, 0.8),
            (EyeWideLeft, 0.8),
            (EyeWideRight, 0.8),
            (JawOpen, 0.35),
            (MouthFunnel, 0.15),
        ],
        Preset::Neutral => &[],
        Preset::Aa => &[(JawOpen, 0.6), (MouthLowerDownLeft, 0.1), (MouthLowerDownRight, 0.1)],
        Preset::Ih => &[
            (JawOpen, 0.16),
            (MouthStretchLeft, 0.5),
            (MouthStretchRight, 0.5),
            (MouthSmileLeft, 0.32),
            (MouthSmileRight, 0.32),
            (MouthUpperUpLeft, 0.2),
            (MouthUpperUpRight, 0.2),
        ],
        Preset::Ou => &[(MouthPucker, 0.85), (MouthFunnel, 0.5), (JawOpen, 0.12)],
        Preset::Ee => &[
            (JawOpen, 0.42),
            (MouthStretchLeft, 0.32),
            (MouthStretchRight, 0.32),
            (MouthDimpleLeft, 0.22),
            (MouthDimpleRight, 0.22),
        ],
        Preset::Oh => &[(MouthFunnel, 0.7), (MouthPucker, 0.42), (JawOpen, 0.42)],
        Preset::Blink => &[(EyeBlinkLeft, 1.0), (EyeBlinkRight, 1.0)],
        Preset::BlinkLeft => &[(EyeBlinkLeft, 1.0)],
        Preset::BlinkRight => &[(EyeBlinkRight, 1.0)],
        Preset::LookUp => &[(EyeLookUpLeft, 1.0), (EyeLookUpRight, 1.0)],
        Preset::LookDown => &[(EyeLookDownLeft, 1.0), (EyeLookDownRight, 1.0)],
        Preset::LookLeft => &[(EyeLookOutLeft, 1.0), (EyeLookInRight, 1.0)],
        Preset::LookRight => &[(EyeLookInLeft, 1.0), (EyeLookOutRight, 1.0)],
    }
}
