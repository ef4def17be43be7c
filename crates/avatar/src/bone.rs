//! The body's vocabulary: the humanoid bones of VRM 1.0.

use serde::{Deserialize, Serialize};

macro_rules! human_bones {
    ($($bone:ident = $name:literal, $parent:expr, $required:literal;)*) => {
        /// A humanoid bone of VRM 1.0. Parents come before their children. In files they go by their
        /// VRM names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum HumanBone {
            $(#[doc = concat!("`", $name, "`")] #[serde(rename = $name)] $bone,)*
        }

        impl HumanBone {
            /// All 55, parents first.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$bone,)*];

            /// The name in VRM 1.0, such as `leftUpperArm`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$bone => $name,)* }
            }

            /// The parent where all bones are there; `None` for the hips. Of bones that a body lacks,
            /// the nearest ancestor that it has takes the place (see [`Rig::parent`](crate::Rig::parent)).
            pub const fn parent(self) -> Option<Self> {
                use HumanBone::*;
                match self { $(Self::$bone => $parent,)* }
            }

            /// Whether VRM 1.0 demands it of every humanoid.
            pub const fn is_required(self) -> bool {
                match self { $(Self::$bone => $required,)* }
            }

            /// The bone of that VRM 1.0 name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|bone| bone.name() == name)
            }
        }
    };
}

human_bones! {
    Hips = "hips", None, true;
    Spine = "spine", Some(Hips), true;
    Chest = "chest", Some(Spine), false;
    UpperChest = "upperChest", Some(Chest), false;
    Neck = "neck", Some(UpperChest), false;
    Head = "head", Some(Neck), true;
    LeftEye = "leftEye", Some(Head), false;
    RightEye = "rightEye", Some(Head), false;
    Jaw = "jaw", Some(Head), false;
    LeftUpperLeg = "leftUpperLeg", Some(Hips), true;
    LeftLowerLeg = "leftLowerLeg", Some(LeftUpperLeg), true;
    LeftFoot = "leftFoot", Some(LeftLowerLeg), true;
    LeftToes = "leftToes", Some(LeftFoot), false;
    RightUpperLeg = "rightUpperLeg", Some(Hips), true;
    RightLowerLeg = "rightLowerLeg", Some(RightUpperLeg), true;
    RightFoot = "rightFoot", Some(RightLowerLeg), true;
    RightToes = "rightToes", Some(RightFoot), false;
    LeftShoulder = "leftShoulder", Some(UpperChest), false;
    LeftUpperArm = "leftUpperArm", Some(LeftShoulder), true;
    LeftLowerArm = "leftLowerArm", Some(LeftUpperArm), true;
    LeftHand = "leftHand", Some(LeftLowerArm), true;
    RightShoulder = "rightShoulder", Some(UpperChest), false;
    RightUpperArm = "rightUpperArm", Some(RightShoulder), true;
    RightLowerArm = "rightLowerArm", Some(RightUpperArm), true;
    RightHand = "rightHand", Some(RightLowerArm), true;
    LeftThumbMetacarpal = "leftThumbMetacarpal", Some(LeftHand), false;
    LeftThumbProximal = "leftThumbProximal", Some(LeftThumbMetacarpal), false;
    LeftThumbDistal = "leftThumbDistal", Some(LeftThumbProximal), false;
    LeftIndexProximal = "leftIndexProximal", Some(LeftHand), false;
    LeftIndexIntermediate = "leftIndexIntermediate", Some(LeftIndexProximal), false;
    LeftIndexDistal = "leftIndexDistal", Some(LeftIndexIntermediate), false;
    LeftMiddleProximal = "leftMiddleProximal", Some(LeftHand), false;
    LeftMiddleIntermediate = "leftMiddleIntermediate", Some(LeftMiddleProximal), false;
    LeftMiddleDistal = "leftMiddleDistal", Some(LeftMiddleIntermediate), false;
    LeftRingProximal = "leftRingProximal", Some(LeftHand), false;
    LeftRingIntermediate = "leftRingIntermediate", Some(LeftRingProximal), false;
    LeftRingDistal = "leftRingDistal", Some(LeftRingIntermediate), false;
    LeftLittleProximal = "leftLittleProximal", Some(LeftHand), false;
    LeftLittleIntermediate = "leftLittleIntermediate", Some(LeftLittleProximal), false;
    LeftLittleDistal = "leftLittleDistal", Some(LeftLittleIntermediate), false;
    RightThumbMetacarpal = "rightThumbMetacarpal", Some(RightHand), false;
    RightThumbProximal = "rightThumbProximal", Some(RightThumbMetacarpal), false;
    RightThumbDistal = "rightThumbDistal", Some(RightThumbProximal), false;
    RightIndexProximal = "rightIndexProximal", Some(RightHand), false;
    RightIndexIntermediate = "rightIndexIntermediate", Some(RightIndexProximal), false;
    RightIndexDistal = "rightIndexDistal", Some(RightIndexIntermediate), false;
    RightMiddleProximal = "rightMiddleProximal", Some(RightHand), false;
    RightMiddleIntermediate = "rightMiddleIntermediate", Some(RightMiddleProximal), false;
    RightMiddleDistal = "rightMiddleDistal", Some(RightMiddleIntermediate), false;
    RightRingProximal = "rightRingProximal", Some(RightHand), false;
    RightRingIntermediate = "rightRingIntermediate", Some(RightRingProximal), false;
    RightRingDistal = "rightRingDistal", Some(RightRingIntermediate), false;
    RightLittleProximal = "rightLittleProximal", Some(RightHand), false;
    RightLittleIntermediate = "rightLittleIntermediate", Some(RightLittleProximal), false;
    RightLittleDistal = "rightLittleDistal", Some(RightLittleIntermediate), false;
}

impl HumanBone {
    /// How many there are.
    pub const COUNT: usize = 55;

    /// The bone of the other side; bones of the middle are their own.
    pub fn mirrored(self) -> Self {
        let name = self.name();
        let twin = |stem: &str, side: &str| {
            Self::ALL.into_iter().find(|b| b.name().strip_prefix(side) == Some(stem))
        };
        match (name.strip_prefix("left"), name.strip_prefix("right")) {
            (Some(stem), _) => twin(stem, "right").unwrap_or(self),
            (_, Some(stem)) => twin(stem, "left").unwrap_or(self),
            _ => self,
        }
    }
}
