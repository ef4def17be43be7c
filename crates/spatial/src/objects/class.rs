//! What can be placed, and how much of its box it fills.

/// A class of object that the object painter knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectClass(u8);

/// The shape by which an object throws shadows and is lit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solid {
    /// Its whole box.
    Cuboid,
    /// An upright elliptic cylinder that fills the box.
    Cylinder,
    /// An ellipsoid that fills the box.
    Ellipsoid,
    /// An ellipsoid in the upper two thirds of the box.
    Crown,
}

impl Solid {
    /// As shaders tell them apart.
    #[must_use]
    pub fn number(self) -> f32 {
        f32::from(self as u8)
    }
}

struct Row {
    name: &'static str,
    solid: Solid,
    /// Width of what stands in a body's way, over the box's.
    trunk: f32,
}

const fn row(name: &'static str, solid: Solid, trunk: f32) -> Row {
    Row { name, solid, trunk }
}

/// In the order of the network.
const ROWS: [Row; 15] = [
    row("box", Solid::Cuboid, 1.0),
    row("crate", Solid::Cuboid, 1.0),
    row("ball", Solid::Ellipsoid, 0.8),
    row("barrel", Solid::Cylinder, 1.0),
    row("cylinder", Solid::Cylinder, 1.0),
    row("cone", Solid::Crown, 0.8),
    row("wall", Solid::Cuboid, 1.0),
    row("house", Solid::Cuboid, 0.94),
    row("tree", Solid::Crown, 0.12),
    row("conifer", Solid::Crown, 0.15),
    row("bush", Solid::Ellipsoid, 0.7),
    row("rock", Solid::Ellipsoid, 0.85),
    row("car", Solid::Cuboid, 1.0),
    row("bench", Solid::Cuboid, 1.0),
    row("lamp", Solid::Cylinder, 0.3),
];

impl ObjectClass {
    /// How many there are.
    pub const COUNT: usize = ROWS.len();

    /// Every class, in the network's order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// The class of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|class| class.name() == name)
    }

    /// The class at a place of the list.
    pub(crate) fn from_index(index: u32) -> Option<Self> {
        Self::all().nth(index as usize)
    }

    /// Its place in the list.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The name that events call it by, for example `crate`.
    #[must_use]
    pub fn name(self) -> &'static str {
        ROWS[self.index()].name
    }

    /// The shape by which it throws shadows and is lit.
    #[must_use]
    pub fn solid(self) -> Solid {
        ROWS[self.index()].solid
    }

    /// Width of what stands in a body's way, over the box's: of a tree it is the trunk.
    pub(crate) fn trunk(self) -> f32 {
        ROWS[self.index()].trunk
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectClass;

    #[test]
    fn every_class_is_found_by_its_name() {
        for class in ObjectClass::all() {
            assert_eq!(ObjectClass::from_name(class.name()), Some(class));
            assert_eq!(ObjectClass::from_index(class.index() as u32), Some(class));
        }
        assert_eq!(ObjectClass::from_name("Crate"), None);
        assert_eq!(ObjectClass::from_index(ObjectClass::COUNT as u32), None);
    }
}
