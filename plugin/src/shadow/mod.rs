//! Shadows that the game's things throw on the world's picture.
//!
//! A thing with [`ShadowCapsules`] (or a mesh with [`CastsWorldShadow`]) darkens the picture where
//! it stands in the way of the sun and, near it, of the light from all around. The picture's own
//! depth tells where the shadow falls. Meshes are not darkened: they have Bevy's shadows.

mod draw;

use crate::{
    light::{WorldLight, WorldLightSettings},
    view::{WorldCamera, WorldView},
};
use bevy::{
    camera::primitives::Aabb,
    prelude::*,
    render::{extract_component::ExtractComponent, sync_component::SyncComponent},
    transform::TransformSystems,
};

/// Most capsules of one thing; more are left out.
pub const MAX_CAPSULES: usize = 40;

/// A rod with round ends, world space.
#[derive(Debug, Clone, Copy, PartialEq, Reflect)]
#[reflect(Clone, PartialEq)]
pub struct ShadowCapsule {
    /// Centre of one end, metres.
    pub a: Vec3,
    /// Centre of the other end, metres.
    pub b: Vec3,
    /// Radius, metres.
    pub radius_m: f32,
}

/// The shape by which a thing throws its shadow on a world's picture: up to [`MAX_CAPSULES`]
/// capsules in world space. Whoever moves the thing keeps them up to date; they are read after
/// transforms are propagated.
#[derive(Component, Debug, Clone, PartialEq, Default, Reflect)]
#[reflect(Component, Default, Clone, PartialEq)]
#[require(SunSeen)]
pub struct ShadowCapsules {
    /// The capsules.
    pub capsules: Vec<ShadowCapsule>,
}

impl ShadowCapsules {
    /// The middle of the thing and half its width, metres; `None` without a sound capsule.
    pub(crate) fn middle(&self) -> Option<(Vec3, f32)> {
        let (low, high) = self.bounds()?;
        let size = high - low;
        Some((0.5 * (low + high), 0.5 * size.x.max(size.z).max(0.05)))
    }

    /// The box around the sound capsules, world space.
    fn bounds(&self) -> Option<(Vec3, Vec3)> {
        self.sound().fold(None, |bounds, capsule| {
            let radius = Vec3::splat(capsule.radius_m);
            let low = capsule.a.min(capsule.b) - radius;
            let high = capsule.a.max(capsule.b) + radius;
            let (l, h) = bounds.unwrap_or((low, high));
            Some((l.min(low), h.max(high)))
        })
    }

    /// The capsules that can be drawn.
    fn sound(&self) -> impl Iterator<Item = &ShadowCapsule> {
        self.capsules.iter().take(MAX_CAPSULES).filter(|capsule| {
            capsule.a.is_finite()
                && capsule.b.is_finite()
                && capsule.radius_m > 0.0
                && capsule.radius_m < 100.0
        })
    }
}

/// A mesh throws a shadow on the world's picture, as a capsule that fills its box. For things that
/// are not made of capsules.
#[derive(Component, Debug, Clone, Copy, PartialEq, Eq, Default, Reflect)]
#[reflect(Component, Default, Clone, PartialEq)]
#[require(ShadowCapsules)]
pub struct CastsWorldShadow;

/// Share of the sun that reaches a thing. Public only because required components are.
#[derive(Component, Debug, Clone, Copy, PartialEq)]
pub struct SunSeen {
    pub(crate) goal: f32,
    now: f32,
}

impl Default for SunSeen {
    fn default() -> Self {
        Self { goal: 1.0, now: 1.0 }
    }
}

impl SunSeen {
    pub(crate) fn fade(&mut self, share: f32) {
        self.now += (self.goal - self.now) * share;
    }
}

/// The light that a camera's shadows are thrown in.
#[derive(Component, Clone, Copy, PartialEq)]
struct ShadowLight {
    light: WorldLight,
    strength: f32,
}

impl ExtractComponent for ShadowLight {
    type QueryData = &'static Self;
    type QueryFilter = ();
    type Out = Self;

    fn extract_component(light: &Self) -> Option<Self> {
        Some(*light)
    }
}

impl SyncComponent for ShadowLight {
    type Target = Self;
}

/// Shadows on the world's picture; needs [`WorldLightPlugin`](crate::WorldLightPlugin) and
/// [`WorldCompositionPlugin`](crate::WorldCompositionPlugin).
pub struct WorldShadowPlugin;

impl Plugin for WorldShadowPlugin {
    fn build(&self, app: &mut App) {
        app.register_type::<ShadowCapsules>()
            .register_type::<CastsWorldShadow>()
            .add_plugins(draw::plugin)
            .add_systems(PostUpdate, (follow_boxes, set_lights).after(TransformSystems::Propagate));
    }
}

/// Boxes that moved.
type Moved = (With<CastsWorldShadow>, Or<(Changed<Aabb>, Changed<GlobalTransform>)>);

fn follow_boxes(mut things: Query<(&Aabb, &GlobalTransform, &mut ShadowCapsules), Moved>) {
    for (bounds, transform, mut capsules) in &mut things {
        let half = Vec3::from(bounds.half_extents);
        // Along the longest side, as wide as the mean of the other two.
        let axis = [Vec3::X, Vec3::Y, Vec3::Z][half.abs().max_position()];
        let length = half.dot(axis);
        let width = 0.5 * (half.element_sum() - length);
        let scale = transform.scale();
        let reach = axis * (length - width).max(0.0);
        let centre = Vec3::from(bounds.center);
        let [a, b] = [centre - reach, centre + reach].map(|p| transform.transform_point(p));
        let radius_m = width * scale.abs().element_sum() / 3.0;
        capsules.capsules.clear();
        capsules.capsules.push(ShadowCapsule { a, b, radius_m });
    }
}

fn set_lights(
    mut commands: Commands,
    mut cameras: Query<(Entity, &WorldCamera, Option<&mut ShadowLight>)>,
    views: Query<&WorldLight, With<WorldView>>,
    settings: Res<WorldLightSettings>,
) {
    for (entity, shows, shadow) in &mut cameras {
        let light = views.get(shows.view.unwrap_or(entity)).ok().or_else(|| match shows.view {
            None => views.single().ok(),
            Some(_) => None,
        });
        let strength = settings.shadow_strength;
        let strength = if strength.is_finite() { strength.clamp(0.0, 1.0) } else { 0.0 };
        let wanted = light
            .filter(|light| settings.on && light.known && strength > 0.0)
            .map(|light| ShadowLight { light: *light, strength });
        match (wanted, shadow) {
            (Some(wanted), Some(mut shadow)) => {
                shadow.set_if_neq(wanted);
            }
            (Some(wanted), None) => {
                commands.entity(entity).insert(wanted);
            }
            (None, Some(_)) => {
                commands.entity(entity).remove::<ShadowLight>();
            }
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsound_capsules_are_left_out() {
        let capsule = ShadowCapsule { a: Vec3::ZERO, b: Vec3::Y, radius_m: 0.2 };
        let capsules = vec![
            ShadowCapsule { radius_m: f32::NAN, ..capsule },
            ShadowCapsule { a: Vec3::splat(f32::INFINITY), ..capsule },
            ShadowCapsule { radius_m: -1.0, ..capsule },
        ];
        let mut thing = ShadowCapsules { capsules };
        assert_eq!(thing.bounds(), None);
        thing.capsules.push(capsule);
        assert_eq!(thing.bounds(), Some((Vec3::splat(-0.2), Vec3::new(0.2, 1.2, 0.2))));
        assert_eq!(thing.middle(), Some((Vec3::Y * 0.5, 0.2)));
    }
}
