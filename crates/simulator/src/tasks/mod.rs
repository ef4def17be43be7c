//! Robot tasks in the simulator's worlds.
//!
//! | task | world | body | done when |
//! |---|---|---|---|
//! | `go_to_goal` | warehouse | rover | within 1 m of the goal |
//! | `fetch_box` | warehouse | rover | a box of the wanted colour stands in the dock's field |
//! | `patrol` | warehouse | rover | all points were visited in their order, without a collision |
//! | `fly_gates` | mountain | drone | all gates were flown through in their order |
//! | `reach_address` | city | walker | within 1.2 m of the door, at most a tenth of the time off the pavement |
//!
//! Every task follows from the scene's seed. A collision begins when the body comes within 5 cm of
//! anything but the ground. The reward of a tick is 10 for the whole way (the share of it that was
//! gained), -0.5 for a collision that began, -0.01 off the pavement, -0.002 for the time, and 5 for
//! success.

mod marks;
mod pilot;
mod planning;
mod setup;

use glam::{Quat, Vec2, Vec3};
use reverie_world_model::{Embodiment, EmbodimentState, SpatialQuery};
use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::living::Sites;
use crate::scenes::SceneKind;

pub(crate) use marks::Marks;
pub use pilot::{Pilot, Policy, Situation};

/// What a robot is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Drive to a place.
    GoToGoal,
    /// Bring a box of a colour to a dock.
    FetchBox,
    /// Visit some places in order and touch nothing.
    Patrol,
    /// Fly through gates in order.
    FlyGates,
    /// Walk to a door and keep to the pavement.
    ReachAddress,
}

impl TaskKind {
    /// Every task, in the order used by messages.
    pub const ALL: [Self; 5] =
        [Self::GoToGoal, Self::FetchBox, Self::Patrol, Self::FlyGates, Self::ReachAddress];

    /// The name, for example `go_to_goal`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GoToGoal => "go_to_goal",
            Self::FetchBox => "fetch_box",
            Self::Patrol => "patrol",
            Self::FlyGates => "fly_gates",
            Self::ReachAddress => "reach_address",
        }
    }

    /// The task of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The world it takes place in.
    #[must_use]
    pub const fn scene(self) -> SceneKind {
        match self {
            Self::GoToGoal | Self::FetchBox | Self::Patrol => SceneKind::Warehouse,
            Self::FlyGates => SceneKind::Mountain,
            Self::ReachAddress => SceneKind::City,
        }
    }

    /// The body that does it.
    #[must_use]
    pub const fn embodiment(self) -> Embodiment {
        match self {
            Self::GoToGoal | Self::FetchBox | Self::Patrol => Embodiment::Rover,
            Self::FlyGates => Embodiment::Drone,
            Self::ReachAddress => Embodiment::Walker,
        }
    }

    /// Time that is given, seconds.
    #[must_use]
    pub const fn limit_secs(self) -> f32 {
        match self {
            Self::GoToGoal | Self::FlyGates => 40.0,
            Self::FetchBox | Self::Patrol | Self::ReachAddress => 60.0,
        }
    }
}

/// How a task stands after a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskState {
    /// Which task.
    pub kind: TaskKind,
    /// Time since it began, seconds; stands still once it is over.
    pub time_secs: f32,
    /// It was done.
    pub success: bool,
    /// It was done or the time is up.
    pub over: bool,
    /// Reward of this tick.
    pub reward: f32,
    /// Sum of the rewards.
    pub total_reward: f32,
    /// Collisions that have begun so far.
    pub collisions: u32,
    /// Time off the pavement where that matters, seconds.
    pub off_path_secs: f32,
    /// Share of the way that was made, 0 to 1.
    pub progress: f32,
}

impl TaskState {
    /// One number for the whole attempt, 0 to 1: over 0.5 for a success, the more the sooner;
    /// collisions and time off the pavement cost.
    #[must_use]
    pub fn score(&self) -> f32 {
        let time = self.time_secs / self.kind.limit_secs();
        let made = if self.success { 1.0 - 0.4 * time } else { 0.5 * self.progress };
        let hurt = 0.02 * self.collisions.min(8) as f32;
        let astray = 0.3 * self.off_path_secs / self.time_secs.max(1.0);
        (made - hurt - astray).clamp(0.0, 1.0)
    }
}

/// A gate to fly through.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Middle, metres.
    pub position: Vec3,
    /// The way through it is that of a camera with this yaw, radians.
    pub yaw_rad: f32,
}

impl Gate {
    /// Inner radius, metres.
    pub const RADIUS_M: f32 = 1.8;

    /// Unit vector of the way through.
    #[must_use]
    pub fn way(&self) -> Vec3 {
        Quat::from_rotation_y(self.yaw_rad) * Vec3::NEG_Z
    }

    fn passed(&self, from: Vec3, to: Vec3) -> bool {
        let way = self.way();
        let (a, b) = ((from - self.position).dot(way), (to - self.position).dot(way));
        if a > 0.0 || b <= 0.0 {
            return false;
        }
        let at = from.lerp(to, a / (a - b));
        at.distance(self.position) <= Self::RADIUS_M
    }
}

/// A task with its state: scores a body in any world that answers questions about its geometry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Places to reach in order; the middles of gates; the dock's field.
    goals: Vec<Gate>,
    /// Of the next goal.
    next: u32,
    /// Colour of the box that is wanted, as in [`LooseBox::colour`](crate::LooseBox::colour).
    colour: Option<String>,
    /// Distance to the next goal when it became the next, and the smallest since.
    first_m: f32,
    best_m: f32,
    touching: bool,
    last: Vec3,
    state: TaskState,
}

/// Most goals of a task that is read.
const MAX_GOALS: usize = 64;
/// Nearer than this to a surface is a collision, beyond the body's own radius, metres.
const TOUCH_M: f32 = 0.05;
/// A box this near to the dock's middle is delivered, metres.
pub(crate) const DELIVERED_M: f32 = 1.3;

fn flat(v: Vec3) -> Vec2 {
    Vec2::new(v.x, v.z)
}

impl Task {
    fn new(kind: TaskKind, goals: Vec<Gate>, colour: Option<String>, start: Vec3) -> Self {
        let state = TaskState {
            kind,
            time_secs: 0.0,
            success: false,
            over: false,
            reward: 0.0,
            total_reward: 0.0,
            collisions: 0,
            off_path_secs: 0.0,
            progress: 0.0,
        };
        let mut task = Self {
            goals,
            next: 0,
            colour,
            first_m: 0.0,
            best_m: 0.0,
            touching: false,
            last: start,
            state,
        };
        let away = task.goals.first().map_or(0.0, |goal| goal.position.distance(start));
        (task.first_m, task.best_m) = (away, away);
        task
    }

    /// Which task.
    #[must_use]
    pub fn kind(&self) -> TaskKind {
        self.state.kind
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> &TaskState {
        &self.state
    }

    /// All goals in order: places to reach, gates, or the dock.
    #[must_use]
    pub fn goals(&self) -> &[Gate] {
        &self.goals
    }

    /// Index of the next goal; the number of goals when all are reached.
    #[must_use]
    pub fn next_goal(&self) -> usize {
        self.next as usize
    }

    /// Colour of the box that is wanted.
    #[must_use]
    pub fn colour(&self) -> Option<&str> {
        self.colour.as_deref()
    }

    /// Scores one tick of `dt_secs` after the body has moved. `surface` is the class straight below
    /// the body, where it is known.
    pub fn advance(
        &mut self,
        dt_secs: f32,
        body: &EmbodimentState,
        world: &dyn SpatialQuery,
        sites: &Sites,
        surface: Option<Class>,
    ) {
        if self.state.over {
            self.state.reward = 0.0;
            return;
        }
        let before = self.state.progress;
        let touching = touches(body, world);
        let began = touching && !self.touching;
        self.touching = touching;
        self.state.collisions += u32::from(began);
        let astray = self.kind() == TaskKind::ReachAddress
            && !matches!(surface, None | Some(Class::Pavement | Class::Crossing | Class::Door));
        self.state.off_path_secs += if astray { dt_secs } else { 0.0 };
        self.state.time_secs += dt_secs;
        self.reach(body.position, sites);
        self.last = body.position;
        let share = 1.0 - (self.best_m / self.first_m.max(0.1)).clamp(0.0, 1.0);
        let count = self.goals.len().max(1) as f32;
        let made = if self.next_goal() < self.goals.len() { share } else { 0.0 };
        let progress = ((self.next as f32 + made) / count).clamp(0.0, 1.0);
        self.state.progress = self.state.progress.max(progress);
        if self.next_goal() >= self.goals.len() {
            let clean = match self.kind() {
                TaskKind::Patrol => self.state.collisions == 0,
                TaskKind::ReachAddress => self.state.off_path_secs <= 0.1 * self.state.time_secs,
                _ => true,
            };
            self.state.success = clean;
            self.state.over = true;
        }
        self.state.over |= self.state.time_secs >= self.kind().limit_secs();
        let mut reward = 10.0 * (self.state.progress - before) - 0.002;
        reward -= if began { 0.5 } else { 0.0 };
        reward -= if astray { 0.01 } else { 0.0 };
        reward += if self.state.success { 5.0 } else { 0.0 };
        self.state.reward = reward;
        self.state.total_reward += reward;
    }

    /// Takes the next goal when it is reached, and the distance to it when not.
    fn reach(&mut self, position: Vec3, sites: &Sites) {
        let Some(goal) = self.goals.get(self.next_goal()).copied() else { return };
        let away = flat(position).distance(flat(goal.position));
        let (reached, left) = match self.kind() {
            TaskKind::GoToGoal | TaskKind::Patrol => (away < 1.0, away),
            TaskKind::ReachAddress => (away < 1.2, away),
            TaskKind::FlyGates => {
                (goal.passed(self.last, position), position.distance(goal.position))
            }
            TaskKind::FetchBox => {
                // The way of the nearest box to the dock, and of the robot to the box, which
                // counts as a third.
                let wanted = sites.boxes.iter().filter(|b| Some(b.colour) == self.colour());
                let mut left = f32::INFINITY;
                let mut delivered = false;
                for item in wanted {
                    let to_dock = flat(item.position).distance(flat(goal.position));
                    let to_box = flat(item.position).distance(flat(position));
                    let to_box = if item.held { 0.0 } else { to_box };
                    left = left.min(to_dock + 0.5 * to_box);
                    let lies = item.position.y < goal.position.y + 2.0 * item.half_m.y + 0.1;
                    delivered |= !item.held && lies && to_dock < DELIVERED_M;
                }
                if self.state.time_secs < 0.1 && left.is_finite() {
                    (self.first_m, self.best_m) = (left, left);
                }
                (delivered, left)
            }
        };
        self.best_m = self.best_m.min(left);
        if reached {
            self.next += 1;
            if let Some(goal) = self.goals.get(self.next_goal()) {
                let away = position.distance(goal.position);
                (self.first_m, self.best_m) = (away, away);
            }
        }
    }

    /// Checks a task that was read; an error says what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.goals.is_empty() || self.goals.len() > MAX_GOALS {
            return Err(format!("goals: {}, expected 1 to {MAX_GOALS}", self.goals.len()));
        }
        let sane = |v: f32| v.is_finite() && v.abs() <= 1e6;
        let fine = self.next_goal() <= self.goals.len()
            && self.goals.iter().all(|g| {
                g.position.is_finite() && g.position.abs().max_element() <= 1e6 && sane(g.yaw_rad)
            })
            && self.last.is_finite()
            && self.colour.as_ref().is_none_or(|colour| colour.len() <= 60)
            && [
                self.first_m,
                self.best_m,
                self.state.time_secs,
                self.state.reward,
                self.state.total_reward,
                self.state.off_path_secs,
                self.state.progress,
            ]
            .into_iter()
            .all(sane);
        if fine { Ok(()) } else { Err("has values out of range".to_owned()) }
    }
}

/// Whether a body is at something, looked for in eight directions at two heights (for a drone also
/// up and down).
fn touches(body: &EmbodimentState, world: &dyn SpatialQuery) -> bool {
    let reach = body.body.radius_m + TOUCH_M;
    let low = body.body.step_height_m - body.body.eye_height_m;
    let heights: &[f32] = if body.embodiment == Embodiment::Drone { &[0.0] } else { &[0.0, 1.0] };
    let around = heights.iter().any(|share| {
        let from = body.position + Vec3::Y * (low * share);
        (0..8).any(|i| {
            let (sin, cos) = (i as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
            // Slopes that can be climbed are ground.
            let hit = world.ray_cast(from, Vec3::new(cos, 0.0, sin), reach);
            hit.is_some_and(|hit| hit.normal.y < 0.6)
        })
    });
    let above = || world.ray_cast(body.position, Vec3::Y, reach).is_some();
    let below = || world.ray_cast(body.position, Vec3::NEG_Y, reach).is_some();
    around || (body.embodiment == Embodiment::Drone && (above() || below()))
}
