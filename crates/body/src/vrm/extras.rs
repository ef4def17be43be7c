//! What a VRM says beyond a body: faces by name, where the eyes turn, what swings, whose it is.

use super::{look_at::LookAt, spring::SpringBones};
use reverie_avatar::FaceShape;

/// Which kind of file a model came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// VRM 1.0.
    Vrm1,
    /// VRM 0.x.
    Vrm0,
    /// glTF without words about people; bones are known by their names.
    Gltf,
}

/// VRM 1.0's names of expressions that every viewer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Preset {
    Happy,
    Angry,
    Sad,
    Relaxed,
    Surprised,
    Neutral,
    Aa,
    Ih,
    Ou,
    Ee,
    Oh,
    Blink,
    BlinkLeft,
    BlinkRight,
    LookUp,
    LookDown,
    LookLeft,
    LookRight,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Happy,
        Self::Angry,
        Self::Sad,
        Self::Relaxed,
        Self::Surprised,
        Self::Neutral,
        Self::Aa,
        Self::Ih,
        Self::Ou,
        Self::Ee,
        Self::Oh,
        Self::Blink,
        Self::BlinkLeft,
        Self::BlinkRight,
        Self::LookUp,
        Self::LookDown,
        Self::LookLeft,
        Self::LookRight,
    ];

    /// The name in VRM 1.0.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Happy => "happy",
            Self::Angry => "angry",
            Self::Sad => "sad",
            Self::Relaxed => "relaxed",
            Self::Surprised => "surprised",
            Self::Neutral => "neutral",
            Self::Aa => "aa",
            Self::Ih => "ih",
            Self::Ou => "ou",
            Self::Ee => "ee",
            Self::Oh => "oh",
            Self::Blink => "blink",
            Self::BlinkLeft => "blinkLeft",
            Self::BlinkRight => "blinkRight",
            Self::LookUp => "lookUp",
            Self::LookDown => "lookDown",
            Self::LookLeft => "lookLeft",
            Self::LookRight => "lookRight",
        }
    }

    /// The preset of that VRM 1.0 name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The preset of a VRM 0.x blend shape group.
    pub fn from_vrm0(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "joy" => Self::Happy,
            "fun" => Self::Relaxed,
            "angry" => Self::Angry,
            "sorrow" => Self::Sad,
            "neutral" => Self::Neutral,
            "a" => Self::Aa,
            "i" => Self::Ih,
            "u" => Self::Ou,
            "e" => Self::Ee,
            "o" => Self::Oh,
            "blink" => Self::Blink,
            "blink_l" => Self::BlinkLeft,
            "blink_r" => Self::BlinkRight,
            "lookup" => Self::LookUp,
            "lookdown" => Self::LookDown,
            "lookleft" => Self::LookLeft,
            "lookright" => Self::LookRight,
            _ => return None,
        })
    }
}

/// What an expression does to others while it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Override {
    /// Nothing.
    #[default]
    None,
    /// Switches them off.
    Block,
    /// Weakens them by its own weight.
    Blend,
}

/// A morph target that an expression moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MorphBind {
    /// Index into [`Body::meshes`](crate::Body::meshes).
    pub mesh: usize,
    /// Index into [`BodyMesh::targets`](crate::BodyMesh::targets).
    pub target: usize,
    /// Weight of the target at the expression's weight 1.
    pub weight: f32,
}

/// A face that a model can make.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// The model's name for it.
    pub name: String,
    /// Which of VRM's presets it is.
    pub preset: Option<Preset>,
    /// Which of ARKit's shapes it is, by its name (models made for face tracking have them).
    pub shape: Option<FaceShape>,
    /// Whether it is either on (above 0.5) or off.
    pub is_binary: bool,
    /// What it does to blinks.
    pub override_blink: Override,
    /// What it does to the eyes' directions.
    pub override_look_at: Override,
    /// What it does to visemes.
    pub override_mouth: Override,
    /// What it moves.
    pub binds: Vec<MorphBind>,
}

/// Whose a model is and what is allowed, as its file says. Empty texts were not given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who made it.
    pub authors: Vec<String>,
    /// Where the licence can be read.
    pub licence_url: String,
    /// The licence's name in VRM 0.x, such as `CC0`.
    pub licence_name: String,
    /// Who may perform with it: VRM 1.0's `avatarPermission`.
    pub who_may_use: String,
    /// VRM 1.0's `commercialUsage`.
    pub commercial_usage: String,
    /// VRM 1.0's `creditNotation`.
    pub credit: String,
    /// VRM 1.0's `modification`.
    pub modification: String,
    /// Whether it may be passed on.
    pub redistribution: bool,
    /// Whether violence may be shown with it.
    pub violence: bool,
    /// Whether sexual acts may be shown with it.
    pub sexual: bool,
    /// Whether political or religious use is allowed.
    pub political: bool,
    /// Whether hateful use is allowed.
    pub antisocial: bool,
}

impl Meta {
    /// A body that belongs to everybody (CC0): all is allowed, nobody must be named.
    pub fn public_domain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: "1".to_owned(),
            authors: vec!["Reverie, from MakeHuman's CC0 base mesh".to_owned()],
            licence_url: "https://vrm.dev/licenses/1.0/".to_owned(),
            licence_name: "CC0".to_owned(),
            who_may_use: "everyone".to_owned(),
            commercial_usage: "corporation".to_owned(),
            credit: "unnecessary".to_owned(),
            modification: "allowModificationRedistribution".to_owned(),
            redistribution: true,
            violence: true,
            sexual: true,
            political: true,
            antisocial: true,
        }
    }
}

/// How a mesh is drawn for the person who looks out of the model's own eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstPerson {
    /// What hangs on the head is left out.
    #[default]
    Auto,
    /// Drawn for all.
    Both,
    /// Drawn for others alone.
    ThirdPersonOnly,
    /// Drawn for the person alone.
    FirstPersonOnly,
}

/// What a file says beyond the body.
#[derive(Debug, Clone, PartialEq)]
pub struct VrmExtras {
    /// What the file was.
    pub origin: Origin,
    /// Whose it is; `None` for plain glTF.
    pub meta: Option<Meta>,
    /// The faces it can make, in the order of the file (presets first in VRM 1.0).
    pub expressions: Vec<Expression>,
    /// How its eyes turn.
    pub look_at: LookAt,
    /// What swings.
    pub springs: SpringBones,
    /// How each of [`Body::meshes`](crate::Body::meshes) is drawn from inside.
    pub first_person: Vec<FirstPerson>,
}
