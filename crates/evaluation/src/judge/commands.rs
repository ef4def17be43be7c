//! Does a world model change weather and hour when it is told to?

use super::{Contestant, begin_all, step_all, world_error};
use crate::{ConditionsNetwork, JudgeError, Metric, Scores, scores::Mean};
use glam::Vec2;
use reverie_world_model::{
    Action, Embodiment, Observation, RgbImage, Seed, SeedSource, Weather, WorldError, WorldEvent,
    WorldModel,
};

/// Ticks that a model has to follow a command: four seconds at 24 Hz, since it may change smoothly.
const TICKS: u64 = 96;
/// The camera turns slowly meanwhile, so that a model has something to paint, radians a second.
const TURN_RPS: f32 = 0.05;

/// Conditions that are commanded, at full strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Command {
    /// The weather.
    pub weather: Weather,
    /// Hour of the day, 0 to 24.
    pub hour: f32,
}

/// How one model followed.
#[derive(Debug, Clone)]
pub struct Obeyed {
    /// The contestant's name.
    pub name: String,
    /// [`Metric::WeatherFollowed`] and [`Metric::HourFollowed`] alone.
    pub scores: Scores,
    /// The model does not take such events; it went on as it was.
    pub ignored: bool,
    /// The frame that was judged, a command each.
    pub pictures: Vec<RgbImage>,
}

/// Commands conditions one after another, by events, and asks the network four seconds later what
/// the frame shows. Contestants in their order, then the truth, whose figures are the network's own
/// accuracy. A model that does not take the events goes on as it was.
///
/// `progress` hears of every tick done and may return false to stop.
///
/// # Errors
/// [`JudgeError`] naming the model that cannot take part or fails; a seed that is no scene.
pub fn judge_commands(
    truth: &mut dyn WorldModel,
    seed: &Seed,
    contestants: &mut [Contestant<'_>],
    network: &ConditionsNetwork,
    commands: &[Command],
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<Obeyed>, JudgeError> {
    let truth_name = truth.spec().name.clone();
    let SeedSource::Scene(scene) = &seed.source else {
        let problem = "is asked for commands without a scene".to_owned();
        return Err(JudgeError::Unfit { model: truth_name, problem });
    };
    let seed = Seed { embodiment: Embodiment::Free, ..seed.clone() };
    let tick_hz = truth.spec().tick_hz;
    let begun = begin_all(truth, &seed, contestants, tick_hz)?;
    let mut results: Vec<_> = begun.seen.iter().map(|(name, _)| Following::new(name)).collect();
    let action = Action { look_rps: Vec2::new(TURN_RPS, 0.0), ..Action::default() };
    let mut tick = 0;
    for command in commands {
        let events = [
            WorldEvent::Weather { weather: command.weather, strength: 1.0 },
            WorldEvent::TimeOfDay { hour: command.hour },
        ];
        for event in &events {
            truth.apply(event).map_err(|e| world_error(&truth_name, tick, e))?;
            for (contestant, result) in contestants.iter_mut().zip(&mut results) {
                match contestant.model.apply(event) {
                    Ok(()) => {}
                    Err(WorldError::Unsupported { .. }) => result.ignored = true,
                    Err(e) => return Err(world_error(&contestant.name, tick, e)),
                }
            }
        }
        let mut seen: Vec<Observation> = Vec::new();
        for _ in 0..TICKS {
            tick += 1;
            let (stepped_true, stepped) = step_all(truth, contestants, &action);
            seen.clear();
            for (stepped, contestant) in stepped.into_iter().zip(contestants.iter()) {
                seen.push(stepped.map_err(|e| world_error(&contestant.name, tick, e))?);
            }
            seen.push(stepped_true.map_err(|e| world_error(&truth_name, tick, e))?);
            if !progress(tick) {
                return Err(JudgeError::Stopped);
            }
        }
        for (result, now) in results.iter_mut().zip(seen) {
            let recognised = network.recognise(&now.rgb);
            let found = recognised.map_err(|e| JudgeError::Conditions(e.to_string()))?;
            let percent = |right: bool| if right { 100.0 } else { 0.0 };
            result.weather.add(percent(found.weather() == command.weather));
            result.hour.add(percent(found.phase().fits(command.hour, scene.season)));
            result.pictures.push(now.rgb);
        }
    }
    Ok(results.into_iter().map(Following::finish).collect())
}

/// What is gathered about one model.
struct Following {
    name: String,
    ignored: bool,
    weather: Mean,
    hour: Mean,
    pictures: Vec<RgbImage>,
}

impl Following {
    fn new(name: &str) -> Self {
        let (weather, hour) = (Mean::default(), Mean::default());
        Self { name: name.to_owned(), ignored: false, weather, hour, pictures: Vec::new() }
    }

    fn finish(self) -> Obeyed {
        let figures = [(Metric::WeatherFollowed, self.weather), (Metric::HourFollowed, self.hour)];
        let figures = figures.into_iter().filter_map(|(m, mean)| Some((m, mean.value()?)));
        Obeyed {
            name: self.name,
            scores: Scores { figures: figures.collect(), ..Scores::default() },
            ignored: self.ignored,
            pictures: self.pictures,
        }
    }
}
