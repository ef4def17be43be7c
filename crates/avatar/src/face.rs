//! The face's vocabulary: the 52 blend shapes of ARKit.

use serde::{Deserialize, Serialize};
use std::ops::{Index, IndexMut};

macro_rules! face_shapes {
    ($($shape:ident = $name:literal,)*) => {
        /// One of ARKit's 52 blend shapes (`ARFaceAnchor.BlendShapeLocation`), in ARKit's order. Left
        /// is the person's own left. In files they go by their ARKit names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum FaceShape {
            $(#[doc = concat!("`", $name, "`")] #[serde(rename = $name)] $shape,)*
        }

        impl FaceShape {
            /// All 52, in ARKit's order.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$shape,)*];

            /// ARKit's name, such as `jawOpen`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$shape => $name,)* }
            }

            /// The shape of that ARKit name; files of other tools write `_L` and `_R` for the sides or
            /// begin with a capital, which is understood too.
            pub fn from_name(name: &str) -> Option<Self> {
                let (stem, side) = match name.strip_suffix("_L") {
                    Some(stem) => (stem, "Left"),
                    None => match name.strip_suffix("_R") {
                        Some(stem) => (stem, "Right"),
                        None => (name, ""),
                    },
                };
                let same = |known: &str| {
                    known.strip_suffix(side).is_some_and(|known| {
                        let (mut a, mut b) = (known.chars(), stem.chars());
                        a.next() == b.next().map(|c| c.to_ascii_lowercase()) && a.eq(b)
                    })
                };
                Self::ALL.into_iter().find(|shape| same(shape.name()))
            }
        }
    };
}

face_shapes! {
    EyeBlinkLeft = "eyeBlinkLeft",
    EyeLookDownLeft = "eyeLookDownLeft",
    EyeLookInLeft = "eyeLookInLeft",
    EyeLookOutLeft = "eyeLookOutLeft",
    EyeLookUpLeft = "eyeLookUpLeft",
    EyeSquintLeft = "eyeSquintLeft",
    EyeWideLeft = "eyeWideLeft",
    EyeBlinkRight = "eyeBlinkRight",
    EyeLookDownRight = "eyeLookDownRight",
    EyeLookInRight = "eyeLookInRight",
    EyeLookOutRight = "eyeLookOutRight",
    EyeLookUpRight = "eyeLookUpRight",
    EyeSquintRight = "eyeSquintRight",
    EyeWideRight = "eyeWideRight",
    JawForward = "jawForward",
    JawLeft = "jawLeft",
    JawRight = "jawRight",
    JawOpen = "jawOpen",
    MouthClose = "mouthClose",
    MouthFunnel = "mouthFunnel",
    MouthPucker = "mouthPucker",
    MouthLeft = "mouthLeft",
    MouthRight = "mouthRight",
    MouthSmileLeft = "mouthSmileLeft",
    MouthSmileRight = "mouthSmileRight",
    MouthFrownLeft = "mouthFrownLeft",
    MouthFrownRight = "mouthFrownRight",
    MouthDimpleLeft = "mouthDimpleLeft",
    MouthDimpleRight = "mouthDimpleRight",
    MouthStretchLeft = "mouthStretchLeft",
    MouthStretchRight = "mouthStretchRight",
    MouthRollLower = "mouthRollLower",
    MouthRollUpper = "mouthRollUpper",
    MouthShrugLower = "mouthShrugLower",
    MouthShrugUpper = "mouthShrugUpper",
    MouthPressLeft = "mouthPressLeft",
    MouthPressRight = "mouthPressRight",
    MouthLowerDownLeft = "mouthLowerDownLeft",
    MouthLowerDownRight = "mouthLowerDownRight",
    MouthUpperUpLeft = "mouthUpperUpLeft",
    MouthUpperUpRight = "mouthUpperUpRight",
    BrowDownLeft = "browDownLeft",
    BrowDownRight = "browDownRight",
    BrowInnerUp = "browInnerUp",
    BrowOuterUpLeft = "browOuterUpLeft",
    BrowOuterUpRight = "browOuterUpRight",
    CheekPuff = "cheekPuff",
    CheekSquintLeft = "cheekSquintLeft",
    CheekSquintRight = "cheekSquintRight",
    NoseSneerLeft = "noseSneerLeft",
    NoseSneerRight = "noseSneerRight",
    TongueOut = "tongueOut",
}

impl FaceShape {
    /// How many there are.
    pub const COUNT: usize = 52;

    /// The same shape on the other side of the face; shapes of the middle are their own.
    pub fn mirrored(self) -> Self {
        let name = self.name();
        let twin = |stem: &str, side: &str| {
            Self::ALL.into_iter().find(|s| s.name().strip_suffix(side) == Some(stem))
        };
        match (name.strip_suffix("Left"), name.strip_suffix("Right")) {
            (Some(stem), _) => twin(stem, "Right").unwrap_or(self),
            (_, Some(stem)) => twin(stem, "Left").unwrap_or(self),
            _ => self,
        }
    }
}

/// A weight of 0 to 1 for each of the 52 shapes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceWeights(pub [f32; FaceShape::COUNT]);

impl FaceWeights {
    /// The neutral face.
    pub const NEUTRAL: Self = Self([0.0; FaceShape::COUNT]);

    /// Brings every weight into 0 to 1; what is no number becomes 0.
    pub fn clamp(&mut self) {
        for weight in &mut self.0 {
            *weight = if weight.is_nan() { 0.0 } else { weight.clamp(0.0, 1.0) };
        }
    }
}

impl Default for FaceWeights {
    fn default() -> Self {
        Self::NEUTRAL
    }
}

impl Index<FaceShape> for FaceWeights {
    type Output = f32;
    fn index(&self, shape: FaceShape) -> &f32 {
        &self.0[shape as usize]
    }
}

impl IndexMut<FaceShape> for FaceWeights {
    fn index_mut(&mut self, shape: FaceShape) -> &mut f32 {
        &mut self.0[shape as usize]
    }
}
