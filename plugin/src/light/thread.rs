//! The thread that estimates light.

use bevy::prelude::{Entity, Vec3};
use reverie_inference::{BackgroundPool, Worker, WorkerError};
use reverie_spatial::{
    Memory,
    light::{FoundSun, LightAround, LightEstimator},
};
use reverie_world_model::SceneLight;
use std::time::Duration;

/// Something that the sun may or may not reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub entity: Entity,
    pub point: Vec3,
    /// Half its width, metres.
    pub spread_m: f32,
}

/// What is to be estimated.
pub(super) struct Order {
    /// The number of the world's start: the sun is looked for once in each.
    pub world: u64,
    pub memory: Memory,
    pub eye: Vec3,
    pub told: Option<SceneLight>,
    pub places: Vec<Place>,
}

/// What was estimated.
pub(super) struct Answer {
    pub world: u64,
    pub light: LightAround,
    /// Share of the sun that is seen where the eye is.
    pub seen_here: f32,
    /// The same for the places of the order, in its buffer.
    pub places: Vec<Place>,
    pub seen: Vec<f32>,
}

#[derive(Default)]
struct Estimation {
    estimator: LightEstimator,
    /// The sun that was looked for, and in which world.
    sun: Option<(u64, Option<FoundSun>)>,
}

impl Estimation {
    fn answer(&mut self, order: Order) -> Result<Answer, String> {
        let Order { world, memory, eye, told, places } = order;
        let found = match (&told, self.sun) {
            (Some(_), _) => None,
            (None, Some((of, found))) if of == world => found,
            (None, _) => {
                let found = self.estimator.find_sun(&memory).map_err(|e| e.to_string())?;
                self.sun = Some((world, found));
                found
            }
        };
        let light = self
            .estimator
            .estimate(&memory, eye, told.as_ref(), found.as_ref())
            .map_err(|e| e.to_string())?;
        let mut seen_from = |point: Vec3, spread_m: f32| {
            self.estimator.sun_share(&memory, &light, point, spread_m).map_err(|e| e.to_string())
        };
        let seen_here = seen_from(eye, 0.3)?;
        let seen: Result<_, _> =
            places.iter().map(|place| seen_from(place.point, place.spread_m)).collect();
        let seen = seen?;
        Ok(Answer { world, light, seen_here, places, seen })
    }
}

/// The main thread's end.
pub(super) struct LightThread {
    worker: Worker<Order, Result<Answer, String>>,
    busy: bool,
}

impl LightThread {
    pub fn spawn() -> Result<Self, WorkerError> {
        let make = || {
            let pool = BackgroundPool::new("reverie-light", 1)?;
            Ok::<_, String>((pool, Estimation::default()))
        };
        let worker = Worker::spawn("reverie-light", 1, make, |(pool, estimation), order| {
            pool.run(|| estimation.answer(order))
        })?;
        Ok(Self { worker, busy: false })
    }

    /// An order is under way.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// Hands an order over; only when not busy.
    pub fn order(&mut self, order: Order) {
        self.busy = self.worker.try_send(order).is_ok();
    }

    /// The answer, if it is there; with `wait` it is waited for.
    pub fn answer(&mut self, wait: bool) -> Result<Option<Answer>, String> {
        if !self.busy {
            return Ok(None);
        }
        let patience = if wait { Duration::from_secs(60) } else { Duration::ZERO };
        match self.worker.receive_timeout(patience) {
            Ok(None) => Ok(None),
            Ok(Some(answer)) => {
                self.busy = false;
                answer.map(Some)
            }
            Err(error) => {
                self.busy = false;
                Err(error.to_string())
            }
        }
    }
}
