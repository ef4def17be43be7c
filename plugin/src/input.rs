//! The player's input: actions, their default bindings and the grabbed pointer.

use crate::{ReverieSystems, WorldView};
use bevy::{
    prelude::*,
    window::{CursorGrabMode, CursorOptions, PrimaryWindow},
};
use leafwing_input_manager::{plugin::InputManagerSystem, prelude::*};
use serde::{Deserialize, Serialize};

/// What a player does, before it becomes an [`Action`](reverie_world_model::Action) for the model.
///
/// Rebind by changing the `InputMap<WorldAction>` on the entity of the [`WorldView`].
#[derive(Actionlike, Debug, Clone, Copy, PartialEq, Eq, Hash, Reflect, Serialize, Deserialize)]
pub enum WorldAction {
    /// Right and forward, -1 to 1.
    #[actionlike(DualAxis)]
    Move,
    /// Up, -1 to 1.
    #[actionlike(Axis)]
    Rise,
    /// Look by the pointer: an angle, in pixels of motion (right and up positive).
    #[actionlike(DualAxis)]
    Point,
    /// Look by a stick or keys: a rate, -1 to 1 (right and up positive).
    #[actionlike(DualAxis)]
    Turn,
    /// The "use" button.
    Interact,
    /// Faster.
    Sprint,
}

impl WorldAction {
    /// Keyboard (WASD, Space and C, arrow keys, E, Shift), mouse and gamepad (sticks, triggers,
    /// south button, left stick press).
    pub fn default_map() -> InputMap<Self> {
        let arrows = VirtualDPad::new(
            KeyCode::ArrowUp,
            KeyCode::ArrowDown,
            KeyCode::ArrowLeft,
            KeyCode::ArrowRight,
        );
        InputMap::default()
            .with_dual_axis(Self::Move, VirtualDPad::wasd())
            .with_dual_axis(Self::Move, GamepadStick::LEFT.with_deadzone_symmetric(0.12))
            .with_axis(Self::Rise, VirtualAxis::new(KeyCode::KeyC, KeyCode::Space))
            .with_axis(
                Self::Rise,
                VirtualAxis::new(GamepadButton::LeftTrigger2, GamepadButton::RightTrigger2),
            )
            .with_dual_axis(Self::Point, MouseMove::default())
            .with_dual_axis(Self::Turn, arrows)
            .with_dual_axis(Self::Turn, GamepadStick::RIGHT.with_deadzone_symmetric(0.12))
            .with(Self::Interact, KeyCode::KeyE)
            .with(Self::Interact, GamepadButton::South)
            .with(Self::Sprint, KeyCode::ShiftLeft)
            .with(Self::Sprint, GamepadButton::LeftThumb)
    }
}

/// How quickly input moves and turns the player.
#[derive(Component, Debug, Clone, Copy, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldControls {
    /// Speed at full deflection, metres per second.
    pub speed_mps: f32,
    /// Factor on the speed while sprinting.
    pub sprint: f32,
    /// Turn per pixel of pointer motion, radians.
    pub point_rad_per_px: f32,
    /// Turn at full stick deflection, radians per second.
    pub turn_rps: f32,
    /// Pointer and stick up look down.
    pub invert_pitch: bool,
    /// The player's input is ignored, as while a menu is open.
    pub suspended: bool,
}

impl Default for WorldControls {
    fn default() -> Self {
        Self {
            speed_mps: 1.6,
            sprint: 2.5,
            point_rad_per_px: 0.0022,
            turn_rps: 1.9,
            invert_pitch: false,
            suspended: false,
        }
    }
}

/// One frame's input of one player.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct FrameInput {
    /// (right, up, forward), metres per second.
    pub move_mps: Vec3,
    /// Turn rate (yaw left, pitch up), radians per second.
    pub turn_rps: Vec2,
    /// Turn of this frame (yaw left, pitch up), radians.
    pub turn_rad: Vec2,
    /// The "use" button.
    pub interact: bool,
}

impl FrameInput {
    fn read(actions: &ActionState<WorldAction>, controls: &WorldControls, pointing: bool) -> Self {
        if controls.suspended {
            return Self::default();
        }
        let speed_mps = if actions.pressed(&WorldAction::Sprint) {
            controls.speed_mps * controls.sprint
        } else {
            controls.speed_mps
        };
        let walk = actions.clamped_axis_pair(&WorldAction::Move).clamp_length_max(1.0);
        let rise = actions.clamped_value(&WorldAction::Rise);
        // Right and up positive becomes yaw left and pitch up.
        let sign = Vec2::new(-1.0, if controls.invert_pitch { -1.0 } else { 1.0 });
        let point = if pointing { actions.axis_pair(&WorldAction::Point) } else { Vec2::ZERO };
        // Pointer motion counts downwards.
        let point = point * Vec2::new(1.0, -1.0);
        Self {
            move_mps: Vec3::new(walk.x, rise, walk.y) * speed_mps,
            turn_rps: actions.clamped_axis_pair(&WorldAction::Turn) * sign * controls.turn_rps,
            turn_rad: point * sign * controls.point_rad_per_px,
            interact: actions.pressed(&WorldAction::Interact),
        }
    }
}

/// The pointer: grabbed by a click into the window while a world is looked at, released by Escape
/// or when the window loses the focus. Looking by pointer works only while it is grabbed.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Eq, Reflect)]
#[reflect(Resource, Default)]
pub struct PointerGrab {
    /// The pointer is grabbed now.
    pub grabbed: bool,
    /// A click grabs it. A menu switches this off.
    pub on_click: bool,
}

impl Default for PointerGrab {
    fn default() -> Self {
        Self { grabbed: false, on_click: true }
    }
}

/// Player input: [`WorldAction`], [`WorldControls`], [`PointerGrab`].
pub struct WorldInputPlugin;

impl Plugin for WorldInputPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins(InputManagerPlugin::<WorldAction>::default())
            .register_type::<WorldControls>()
            .init_resource::<PointerGrab>()
            .configure_sets(
                PreUpdate,
                ReverieSystems::Input.after(InputManagerSystem::ManualControl),
            )
            .add_systems(
                PreUpdate,
                (grab_pointer.run_if(resource_exists::<ButtonInput<MouseButton>>), read_input)
                    .chain()
                    .in_set(ReverieSystems::Input),
            );
    }
}

fn grab_pointer(
    mut grab: ResMut<PointerGrab>,
    buttons: Res<ButtonInput<MouseButton>>,
    keys: Res<ButtonInput<KeyCode>>,
    captured: Option<Res<bevy_egui::input::EguiWantsInput>>,
    window: Option<Single<(&Window, &mut CursorOptions), With<PrimaryWindow>>>,
) {
    let Some(window) = window else { return };
    let (window, mut cursor) = window.into_inner();
    let over_panel = captured.is_some_and(|egui| egui.wants_any_pointer_input());
    let mut grabbed = grab.grabbed;
    if grab.on_click && buttons.just_pressed(MouseButton::Left) && !over_panel {
        grabbed = true;
    }
    if !grab.on_click || keys.just_pressed(KeyCode::Escape) || !window.focused {
        grabbed = false;
    }
    grab.set_if_neq(PointerGrab { grabbed, ..*grab });
    let wanted = if grabbed { CursorGrabMode::Locked } else { CursorGrabMode::None };
    // Where a pointer cannot be locked the window back end confines it and says so here.
    let held = cursor.grab_mode != CursorGrabMode::None;
    if held != grabbed {
        cursor.grab_mode = wanted;
        cursor.visible = !grabbed;
    }
}

fn read_input(
    grab: Res<PointerGrab>,
    captured: Option<Res<bevy_egui::input::EguiWantsInput>>,
    mut views: Query<
        (&ActionState<WorldAction>, &WorldControls, &mut crate::world::ViewRuntime),
        With<WorldView>,
    >,
) {
    // Keys that go into a text box steer nobody.
    let typing = captured.is_some_and(|egui| egui.wants_keyboard_input());
    for (actions, controls, mut runtime) in &mut views {
        if typing {
            runtime.input = FrameInput::default();
            continue;
        }
        runtime.input = FrameInput::read(actions, controls, grab.grabbed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointer_right_and_up_turn_right_and_up() {
        let mut actions = ActionState::<WorldAction>::default();
        // A pointer that moves right and up: window coordinates grow downwards.
        actions.set_axis_pair(&WorldAction::Point, Vec2::new(10.0, -5.0));
        actions.set_axis_pair(&WorldAction::Move, Vec2::new(0.0, 1.0));
        let controls = WorldControls::default();
        let input = FrameInput::read(&actions, &controls, true);
        assert!(input.turn_rad.x < 0.0 && input.turn_rad.y > 0.0, "{}", input.turn_rad);
        assert_eq!(input.move_mps, Vec3::new(0.0, 0.0, controls.speed_mps));
        let free = FrameInput::read(&actions, &controls, false);
        assert_eq!(free.turn_rad, Vec2::ZERO);
        let held = WorldControls { suspended: true, ..controls };
        assert_eq!(FrameInput::read(&actions, &held, true), FrameInput::default());
    }
}
