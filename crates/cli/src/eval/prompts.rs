//! Do first views show what was asked for? Captions written by hand become worlds, and the judge's network looks at the first
//! view of each.
//!
//! What counts is what the caption says, not what the program understood. The view is the one that `explore` takes; the
//! network has no part in choosing it.

use crate::{error::CliError, prompts};
use indicatif::ProgressBar;
use reverie_evaluation::{ConditionsNetwork, DOMAINS, DayPhase};
use reverie_imagination::imagine;
use reverie_inference::ModelStore;
use reverie_language::EncoderKind;
use reverie_simulator::SimulatorModel;
use reverie_world_model::{Season, Weather, WorldModel as _};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};

/// Place, weather, hour, season and sentence, tab by tab; never trained on.
const CAPTIONS: &str = include_str!("../../../../python/reverie_train/prompts/captions_test.tsv");
/// Every so many captions are judged in a quick run.
const QUICK_STRIDE: usize = 8;
/// Worlds in which weather and hour can be seen: in the hall the network sees neither.
const OUTSIDE: [&str; 2] = ["mountain", "city"];

/// What was found.
#[derive(Debug, Serialize)]
pub struct PromptLine {
    /// Captions that became worlds.
    pub prompts: usize,
    pub prompt_encoder: EncoderKind,
    /// Share of the captions that name a kind of place whose view is recognised as that kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_domain_agreement: Option<f64>,
    /// Mean of the two shares below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_condition_agreement: Option<f64>,
    /// Share of the captions of mountains and cities that say a weather whose view is recognised as that weather.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_weather_agreement: Option<f64>,
    /// The same for the hour: the phase of the day that is recognised is one that the caption allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_hour_agreement: Option<f64>,
    /// Captions behind the three shares.
    pub prompt_domain_count: u32,
    pub prompt_weather_count: u32,
    pub prompt_hour_count: u32,
    /// Every view that was taken for something else.
    pub prompt_misses: Vec<PromptMiss>,
}

/// A view that was taken for something else than its caption says.
#[derive(Debug, Serialize)]
pub struct PromptMiss {
    pub sentence: String,
    /// `place`, `weather` or `hour`.
    pub what: &'static str,
    pub wanted: String,
    pub seen: String,
    pub cause: Cause,
    /// The scene that was made of the sentence.
    pub scene: String,
}

/// Where what a caption says was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The scene is not what the caption says.
    Reading,
    /// The scene is; its view does not show it, or the judge's network is wrong.
    View,
}

#[derive(Default)]
struct Share {
    right: u32,
    all: u32,
}

impl Share {
    /// Counts an answer and gives it back.
    fn note(&mut self, right: bool) -> bool {
        self.right += u32::from(right);
        self.all += 1;
        right
    }

    fn value(&self) -> Option<f64> {
        (self.all > 0).then(|| f64::from(self.right) / f64::from(self.all))
    }
}

/// Renders and judges the first views.
///
/// # Errors
/// [`CliError::Interrupted`], and when a view cannot be made.
pub fn run(
    store: &ModelStore,
    network: &ConditionsNetwork,
    simulator: &mut SimulatorModel,
    domains: &[&str],
    quick: bool,
    progress: &ProgressBar,
    interrupted: &AtomicBool,
) -> Result<PromptLine, CliError> {
    let reader = prompts::reader(store, None)?;
    let rows: Vec<[&str; 5]> = captions()?;
    let rows = rows.iter().filter(|[place, ..]| domains.contains(place));
    let stride = if quick { QUICK_STRIDE } else { 1 };
    let [mut domain, mut weather, mut hour] =
        [Share::default(), Share::default(), Share::default()];
    let mut count = 0;
    let mut misses = Vec::new();
    for [place, wanted_weather, wanted_hour, _, sentence] in rows.step_by(stride) {
        if interrupted.load(Ordering::Relaxed) {
            return Err(CliError::Interrupted);
        }
        progress.set_message(format!("prompt {}", count + 1));
        let imagined = imagine(&reader, sentence, 0, None)?;
        let chosen = &imagined.candidate;
        let view = simulator.begin(&chosen.seed())?.rgb;
        let seen = network.recognise(&view).map_err(|e| CliError::Failed(e.to_string()))?;
        count += 1;
        let scene = &chosen.scene;
        let mut miss = |what, wanted: &str, seen: &str, shown: bool| {
            let (wanted, seen) = (wanted.to_owned(), seen.to_owned());
            let cause = if shown { Cause::View } else { Cause::Reading };
            let (sentence, scene) = ((*sentence).to_owned(), chosen.address());
            misses.push(PromptMiss { sentence, what, wanted, seen, cause, scene });
        };
        if !domain.note(seen.domain() == *place) {
            miss("place", place, seen.domain(), scene.name == *place);
        }
        if !OUTSIDE.contains(place) {
            continue;
        }
        let wants = |weather: Weather| wanted_weather.split('/').any(|w| w == weather.word());
        if *wanted_weather != "-" && !weather.note(wants(seen.weather())) {
            miss("weather", wanted_weather, seen.weather().word(), wants(scene.weather));
        }
        // A clock is judged as the height of the sun that it stands for.
        let wants = |phase| wanted_hour.split('/').any(|wanted| fits(wanted, phase, scene.season));
        // Half past six may be both.
        let told = *wanted_hour != "-" && !wanted_hour.starts_with("half past");
        if told && !hour.note(wants(seen.phase())) {
            let shown = DayPhase::ALL.iter().any(|p| wants(*p) && p.fits(scene.hour, scene.season));
            miss("hour", wanted_hour, seen.phase().name(), shown);
        }
    }
    let (weathers, hours) = (weather.value(), hour.value());
    Ok(PromptLine {
        prompts: count,
        prompt_encoder: reader.encoder(),
        prompt_domain_agreement: domain.value(),
        prompt_condition_agreement: weathers.zip(hours).map(|(a, b)| (a + b) / 2.0),
        prompt_weather_agreement: weathers,
        prompt_hour_agreement: hours,
        prompt_domain_count: domain.all,
        prompt_weather_count: weather.all,
        prompt_hour_count: hour.all,
        prompt_misses: misses,
    })
}

/// The captions that name one of the kinds of place.
fn captions() -> Result<Vec<[&'static str; 5]>, CliError> {
    let lines = CAPTIONS.lines().filter(|line| !line.starts_with('#'));
    let cells = |line: &'static str| line.split('\t').collect::<Vec<_>>().try_into();
    let rows: Result<Vec<[&str; 5]>, Vec<&str>> = lines.map(cells).collect();
    let rows =
        rows.map_err(|row| CliError::Failed(format!("captions: {row:?} has not five columns")))?;
    Ok(rows.into_iter().filter(|[place, ..]| DOMAINS.contains(place)).collect())
}

/// Whether a picture of this phase shows what a caption calls its hour.
fn fits(wanted: &str, phase: DayPhase, season: Season) -> bool {
    use DayPhase::{Day, LowSun, Night, Twilight};
    match wanted {
        "night" => phase == Night,
        "dawn" | "dusk" => matches!(phase, Twilight | LowSun),
        "morning" => matches!(phase, LowSun | Day),
        "noon" | "afternoon" => phase == Day,
        "golden" => phase == LowSun,
        "evening" => matches!(phase, LowSun | Twilight | Night),
        clock => hour_of(clock).is_some_and(|hour| phase.fits(hour, season)),
    }
}

/// Hours in the captions' own column: `16` or `7:30`.
fn hour_of(clock: &str) -> Option<f32> {
    let (hours, minutes) = clock.split_once(':').unwrap_or((clock, "0"));
    Some(hours.parse::<f32>().ok()? + minutes.parse::<f32>().ok()? / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_whole_and_their_hours_can_be_judged() {
        let rows = captions().expect("captions");
        assert!(rows.len() >= 180, "{}", rows.len());
        for [_, weather, hour, season, sentence] in rows {
            let known = |word: &str| word == "-" || word.parse::<Weather>().is_ok();
            assert!(weather.split('/').all(known), "{sentence}");
            assert!(season == "-" || season.parse::<Season>().is_ok(), "{sentence}");
            let open = hour == "-" || hour.starts_with("half past");
            let some =
                |wanted| DayPhase::ALL.iter().any(|phase| fits(wanted, *phase, Season::Summer));
            assert!(open || hour.split('/').all(some), "{sentence}");
        }
    }

    #[test]
    fn phases_are_those_of_the_caption() {
        assert!(fits("dusk", DayPhase::Twilight, Season::Summer));
        assert!(!fits("dusk", DayPhase::Day, Season::Summer));
        assert!(fits("23:30", DayPhase::Night, Season::Summer));
        assert!(!fits("23:30", DayPhase::Day, Season::Summer));
        assert!(!fits("someday", DayPhase::Day, Season::Summer));
    }
}
