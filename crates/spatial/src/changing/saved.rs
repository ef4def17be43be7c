//! Conditions in snapshots.

use super::{
    MOST_BEFORE,
    state::{Changing, Look, Pending},
};
use crate::{
    Air, Memory,
    snapshot::{Reader, Writer},
};
use glam::Vec2;
use reverie_world_model::{Conditions, Season, Weather};

impl Changing {
    pub fn write(&self, writer: &mut Writer, memory: &Memory) {
        optional(writer, self.began.as_ref());
        optional(writer, self.wanted.as_ref());
        writer.u32(self.before.len() as u32);
        self.before.iter().for_each(|before| optional(writer, before.as_ref()));
        for air in &self.air {
            writer.f32s(&[air.extinction_per_m, air.floor_m, air.scale_height_m, air.dark_per_m]);
            writer.f32s(&air.colour.to_array());
            writer.f32s(&[air.rain, air.snow]);
            writer.f32s(&air.wind_mps.to_array());
        }
        writer.u64(self.air_since);
        writer.f32s(&[self.sheltered]);
        optional(writer, self.look.conditions.as_ref());
        writer.repainted(memory, self.look.tiles.as_ref());
        writer.u32(u32::from(self.from.is_some()));
        if let Some((tiles, since)) = &self.from {
            writer.u64(*since);
            writer.repainted(memory, tiles.as_ref());
        }
        writer.u32(u32::from(self.pending.is_some()));
        if let Some(Pending { asked_tick, conditions }) = &self.pending {
            writer.u64(*asked_tick);
            optional(writer, Some(conditions));
        }
    }

    pub fn read(reader: &mut Reader<'_>, memory: &Memory) -> Result<Self, String> {
        let (began, wanted) = (conditions(reader)?, conditions(reader)?);
        let count = reader.u32("changes")? as usize;
        if count > MOST_BEFORE {
            return Err(format!("{count} changes, at most {MOST_BEFORE} are kept"));
        }
        let before = (0..count).map(|_| conditions(reader)).collect::<Result<Vec<_>, _>>()?;
        let mut air = [Air::NONE; 2];
        for air in &mut air {
            *air = read_air(reader)?;
        }
        let air_since = reader.u64("since when the air changes")?;
        let sheltered = reader.f32("shelter")?.clamp(0.0, 1.0);
        let look = Look { conditions: conditions(reader)?, tiles: reader.repainted(memory)? };
        if look.conditions.is_some() != look.tiles.is_some() {
            return Err("conditions and colours do not go together".to_owned());
        }
        let from = if reader.flag("a change of colours")? {
            let since = reader.u64("since when colours change")?;
            Some((reader.repainted(memory)?, since))
        } else {
            None
        };
        let pending = if reader.flag("a repainting")? {
            let asked_tick = reader.u64("asked tick")?;
            conditions(reader)?.map(|conditions| Pending { asked_tick, conditions })
        } else {
            None
        };
        Ok(Self {
            began,
            wanted,
            before,
            look,
            from,
            pending,
            air,
            air_since,
            sheltered,
            shown: None,
        })
    }
}

fn optional(writer: &mut Writer, conditions: Option<&Conditions>) {
    writer.u32(u32::from(conditions.is_some()));
    if let Some(Conditions { weather, strength, hour, season }) = conditions {
        let at = |found: Option<usize>| found.unwrap_or(0) as u32;
        writer.u32(at(Weather::ALL.iter().position(|w| w == weather)));
        writer.f32s(&[*strength, *hour]);
        writer.u32(at(Season::ALL.iter().position(|s| s == season)));
    }
}

fn conditions(reader: &mut Reader<'_>) -> Result<Option<Conditions>, String> {
    if !reader.flag("conditions")? {
        return Ok(None);
    }
    let weather = Weather::ALL.get(reader.u32("weather")? as usize).copied();
    let (strength, hour) = (reader.f32("strength")?, reader.f32("hour")?);
    let season = Season::ALL.get(reader.u32("season")? as usize).copied();
    let (Some(weather), Some(season)) = (weather, season) else {
        return Err("unknown weather or season".to_owned());
    };
    let conditions = Conditions { weather, strength, hour, season };
    conditions.validate().map_err(|e| e.to_string())?;
    Ok(Some(conditions))
}

fn read_air(reader: &mut Reader<'_>) -> Result<Air, String> {
    let air = Air {
        extinction_per_m: reader.f32("extinction")?,
        floor_m: reader.f32("floor")?,
        scale_height_m: reader.f32("scale height")?,
        dark_per_m: reader.f32("dark")?,
        colour: reader.vec3("air")?,
        rain: reader.f32("rain")?,
        snow: reader.f32("snow")?,
        wind_mps: Vec2::new(reader.f32("wind")?, reader.f32("wind")?),
    };
    let shares = [air.rain, air.snow, air.colour.min_element(), air.colour.max_element()];
    let fits = (0.0..=10.0).contains(&air.extinction_per_m)
        && (0.0..=10.0).contains(&air.dark_per_m)
        && (1.0..=1e5).contains(&air.scale_height_m)
        && air.floor_m.abs() <= 1e6
        && shares.iter().all(|share| (0.0..=1.0).contains(share))
        && air.wind_mps.abs().max_element() <= 100.0;
    if fits { Ok(air) } else { Err("the air has values out of range".to_owned()) }
}
