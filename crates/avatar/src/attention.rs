//! What draws the gaze: company in a conversation, and interests of the moment.

use crate::{
    Surroundings,
    random::{Channel, Draw},
};
use glam::Vec3;
use reverie_behavior::{Activity, Attraction, EntityId, Look, MAX_COMPANY, Target};
use serde::{Deserialize, Serialize};

/// The priority of those one talks with.
const COMPANY_PRIORITY: u8 = 5;
/// For so many seconds the gaze stays where something was that has vanished.
pub(crate) const GRACE_SECS: f64 = 0.5;

/// Where a target is, or which way. What is not finite is not there.
pub(crate) fn locate(
    target: &Target,
    eye: Vec3,
    surroundings: &impl Surroundings,
    time: f64,
) -> Option<Vec3> {
    let point = match target {
        Target::Entity(id) => surroundings.place(*id, time)?,
        Target::Point(point) => *point,
        Target::Direction(to) => eye + to.try_normalize()? * 50.0,
    };
    (point.is_finite() && point.abs().max_element() < 1e7).then_some(point)
}

/// Something that draws the gaze for a while.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interest {
    pub target: Target,
    pub cause: Attraction,
    priority: u8,
    from: f64,
    until: f64,
    lost_at: f64,
    /// Tells interests apart.
    pub stamp: u64,
}

/// Interests of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Interests {
    slots: [Option<Interest>; 8],
    count: u64,
}

impl Interests {
    pub fn add(&mut self, seed: u64, time: f64, look: &Look) {
        self.count += 1;
        let draw = Draw::new(seed, Channel::Reaction, self.count);
        let reaction = match look.cause {
            Attraction::Script => 0.1,
            _ => draw.normal(0, 0.2, 0.03),
        };
        let hold = look.hold_secs.unwrap_or(look.cause.hold_secs() * draw.between(2, 0.8, 1.2));
        let priority = look.priority.unwrap_or(look.cause.priority());
        let from = time + f64::from(reaction);
        let until = from + f64::from(hold);
        let (target, cause) = (look.target, look.cause);
        let new =
            Interest { target, cause, priority, from, until, lost_at: f64::MAX, stamp: self.count };
        // A free place, that of the same thing, or that of the least important one.
        let same = |slot: &Option<Interest>| slot.is_some_and(|old| old.target == look.target);
        let at = self.slots.iter().position(same).unwrap_or_else(|| {
            let rank = |at: &usize| self.slots[*at].map_or(0, |old| 1 + u16::from(old.priority));
            (0..self.slots.len()).min_by_key(rank).unwrap_or(0)
        });
        if self.slots[at].is_none_or(|old| same(&Some(old)) || old.priority <= priority) {
            self.slots[at] = Some(new);
        }
    }

    pub fn release(&mut self, target: &Target) {
        for slot in &mut self.slots {
            if slot.is_some_and(|interest| interest.target == *target) {
                *slot = None;
            }
        }
    }

    /// The one to look at now: the highest priority wins, then the newest.
    pub fn best(
        &mut self,
        time: f64,
        eye: Vec3,
        surroundings: &impl Surroundings,
        in_company: bool,
    ) -> Option<Interest> {
        let mut best: Option<Interest> = None;
        for slot in &mut self.slots {
            let Some(interest) = slot else { continue };
            let gone = locate(&interest.target, eye, surroundings, time).is_none();
            if !gone {
                interest.lost_at = f64::MAX;
            } else if interest.lost_at == f64::MAX {
                interest.lost_at = time;
            }
            if time >= interest.until || time > interest.lost_at + GRACE_SECS {
                *slot = None;
                continue;
            }
            let counts = time >= interest.from
                && interest.lost_at.max(interest.from) > interest.from
                && (!in_company || interest.priority > COMPANY_PRIORITY);
            let rank = |i: &Interest| (i.priority, i.stamp);
            if counts && best.is_none_or(|other| rank(&other) < rank(interest)) {
                best = Some(*interest);
            }
        }
        best
    }
}

/// Those one talks with.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Company {
    ids: [Option<EntityId>; MAX_COMPANY],
    pub speaker: Option<EntityId>,
    partner: Option<EntityId>,
    partner_lost_at: f64,
    turn_at: f64,
    turns: u64,
}

impl Company {
    pub fn gather(&mut self, ids: &[EntityId]) {
        self.ids = [None; MAX_COMPANY];
        for (slot, id) in self.ids.iter_mut().zip(ids) {
            *slot = Some(*id);
        }
        self.speaker = self.speaker.filter(|id| ids.contains(id));
        self.partner = self.partner.filter(|id| ids.contains(id));
        self.turn_at = f64::MAX;
        self.partner_lost_at = f64::MAX;
    }

    fn members(&self) -> impl Iterator<Item = EntityId> {
        self.ids.into_iter().flatten()
    }

    pub fn partner(&self) -> Option<EntityId> {
        self.partner
    }

    /// Somebody else of the company who is there.
    pub fn another(&self, lot: f32, there: impl Fn(EntityId) -> bool) -> Option<EntityId> {
        let others = || self.members().filter(|id| Some(*id) != self.partner && there(*id));
        let count = others().count();
        others().nth(((lot * count as f32) as usize).min(count.saturating_sub(1)))
    }

    /// Addresses somebody else of the company.
    pub fn address(&mut self, id: EntityId) {
        self.partner = Some(id);
        self.partner_lost_at = f64::MAX;
    }

    /// Finds whom to look at: who speaks, after a moment of reaction; else whom one looked at before;
    /// nobody who has gone. True if it is somebody else than before.
    pub fn tick(
        &mut self,
        seed: u64,
        time: f64,
        activity: Activity,
        there: impl Fn(EntityId) -> bool,
    ) -> bool {
        let before = self.partner;
        if let Some(id) = self.partner {
            if there(id) {
                self.partner_lost_at = f64::MAX;
            } else if self.partner_lost_at == f64::MAX {
                self.partner_lost_at = time;
            } else if time > self.partner_lost_at + GRACE_SECS {
                self.partner = None;
            }
        }
        let speaker = self
            .speaker
            .filter(|id| self.members().any(|m| m == *id) && there(*id))
            .filter(|_| activity != Activity::Talking);
        match speaker {
            Some(id) if self.partner.is_some() && self.partner != speaker => {
                if self.turn_at == f64::MAX {
                    self.turns += 1;
                    let draw = Draw::new(seed, Channel::Floor, self.turns);
                    self.turn_at = time + f64::from(draw.normal(0, 0.38, 0.08));
                } else if time >= self.turn_at {
                    self.address(id);
                    self.turn_at = f64::MAX;
                }
            }
            Some(id) => {
                self.partner = Some(id);
                self.turn_at = f64::MAX;
            }
            None => self.turn_at = f64::MAX,
        }
        if self.partner.is_none() {
            let first = self.members().find(|id| there(*id));
            self.partner = first;
            self.partner_lost_at = f64::MAX;
        }
        self.partner != before
    }
}
