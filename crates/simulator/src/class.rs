//! What a pixel shows.

use serde::{Deserialize, Serialize};

/// Semantic class of a surface. The numbers are those of the class channel in datasets; new
/// classes are added at the end.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Class {
    /// No surface: the sky.
    Sky = 0,
    /// Anything without a class of its own.
    #[default]
    Other = 1,
    /// Natural ground: earth, sand, scree.
    Ground = 2,
    /// Trodden path.
    Trail = 3,
    /// Rock face or boulder.
    Rock = 4,
    /// Lake, river, sea.
    Water = 5,
    /// Grass, bushes, flowers.
    Plant = 6,
    /// Trees.
    Tree = 7,
    /// Carriageway.
    Road = 8,
    /// Pavement for walkers.
    Pavement = 9,
    /// Zebra crossing.
    Crossing = 10,
    /// House, tower, hut, hall.
    Building = 11,
    /// Door.
    Door = 12,
    /// Sign, traffic light, hoarding.
    Sign = 13,
    /// Lamp and its post.
    Lamp = 14,
    /// Bench, bin, bollard, fence.
    Furniture = 15,
    /// Car, van, bus.
    Car = 16,
    /// A person.
    Person = 17,
    /// An animal.
    Animal = 18,
    /// Floor inside.
    Floor = 19,
    /// Wall inside.
    Wall = 20,
    /// Ceiling and what hangs from it.
    Ceiling = 21,
    /// Storage rack.
    Rack = 22,
    /// Box or parcel.
    Box = 23,
    /// Pallet.
    Pallet = 24,
    /// Forklift or other machine.
    Forklift = 25,
    /// Where goods are to be put down.
    Dock = 26,
    /// Something placed by an event.
    Obstacle = 27,
    /// A gate to fly through.
    Gate = 28,
    /// A goal's marker.
    Goal = 29,
}

impl Class {
    /// Every class, by number.
    pub const ALL: [Self; 30] = [
        Self::Sky,
        Self::Other,
        Self::Ground,
        Self::Trail,
        Self::Rock,
        Self::Water,
        Self::Plant,
        Self::Tree,
        Self::Road,
        Self::Pavement,
        Self::Crossing,
        Self::Building,
        Self::Door,
        Self::Sign,
        Self::Lamp,
        Self::Furniture,
        Self::Car,
        Self::Person,
        Self::Animal,
        Self::Floor,
        Self::Wall,
        Self::Ceiling,
        Self::Rack,
        Self::Box,
        Self::Pallet,
        Self::Forklift,
        Self::Dock,
        Self::Obstacle,
        Self::Gate,
        Self::Goal,
    ];

    /// The class's name in manifests, for example `car`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sky => "sky",
            Self::Other => "other",
            Self::Ground => "ground",
            Self::Trail => "trail",
            Self::Rock => "rock",
            Self::Water => "water",
            Self::Plant => "plant",
            Self::Tree => "tree",
            Self::Road => "road",
            Self::Pavement => "pavement",
            Self::Crossing => "crossing",
            Self::Building => "building",
            Self::Door => "door",
            Self::Sign => "sign",
            Self::Lamp => "lamp",
            Self::Furniture => "furniture",
            Self::Car => "car",
            Self::Person => "person",
            Self::Animal => "animal",
            Self::Floor => "floor",
            Self::Wall => "wall",
            Self::Ceiling => "ceiling",
            Self::Rack => "rack",
            Self::Box => "box",
            Self::Pallet => "pallet",
            Self::Forklift => "forklift",
            Self::Dock => "dock",
            Self::Obstacle => "obstacle",
            Self::Gate => "gate",
            Self::Goal => "goal",
        }
    }

    /// The number in the class channel.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}
