//! The report: one HTML file with everything in it.

use super::{
    Shown,
    chart::{Chart, Line},
    figures::FIGURES,
    painter::OfDomain,
    sheet::{COLUMNS, strip_of},
    table::{Table, aim, figure},
};
use crate::{error::CliError, output_folder::nearest_existing};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reverie_evaluation::{HORIZONS, Judged, Metric, Obeyed, Scores};
use reverie_media::{encode_rgb_png, write_bytes};
use reverie_world_model::RgbImage;
use std::{fmt::Write as _, fs, path::Path};

/// The file in the report's folder.
const FILE: &str = "report.html";
/// Colour of each model, in the table's order; the truth comes last and has no line.
const COLOURS: [&str; 4] = ["#2563eb", "#d97706", "#059669", "#9333ea"];
const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1180px;padding:0 1rem;color:#1c1917;\
background:#fafaf9}h1{font-size:1.6rem}h2{margin-top:2.2rem;border-bottom:1px solid #d6d3d1}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.2rem .8rem;text-align:right;\
border-bottom:1px solid #e7e5e4}th:first-child,td:first-child{text-align:left}td.aim{color:#78716c}\
.charts{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;flex:1 1 480px}figcaption{color:#57534e}\
svg{width:100%;height:auto;background:#fff;border:1px solid #e7e5e4}svg text{font-size:11px;fill:#57534e}\
.grid{stroke:#e7e5e4}polyline{fill:none;stroke-width:2}.strip{overflow-x:auto}.strip table{border-spacing:2px}\
.strip td,.strip th{padding:1px 3px;border:0;text-align:center;font-weight:400}.strip th:first-child\
{text-align:left}.strip img{display:block;width:192px;height:auto}.key{display:inline-block;width:.8em;\
height:.8em;margin:0 .3em 0 1em}details{margin:1rem 0}dt{font-weight:600}";

/// Sees to it that a report can be written before anything is measured.
///
/// # Errors
/// [`CliError::BadInput`] when the folder is a file or cannot be written.
pub fn check_folder(folder: &Path) -> Result<(), CliError> {
    let bad = |problem: String| {
        CliError::BadInput(format!("report folder {}: {problem}", folder.display()))
    };
    if folder.exists() && !folder.is_dir() {
        return Err(bad("is a file".to_owned()));
    }
    let place = if folder.exists() { folder } else { nearest_existing(folder) };
    tempfile::tempfile_in(place).map_err(|e| bad(format!("cannot be written: {e}")))?;
    Ok(())
}

/// Writes `report.html` into the folder, which is made if it is not there, and beside it the painter's
/// windows and straight walk of each domain, `windows_DOMAIN.png` and `straight_DOMAIN.png`.
///
/// # Errors
/// [`CliError::Failed`] when it cannot be written.
pub fn write(
    folder: &Path,
    table: &Table,
    shown: &[Shown],
    obeyed: &[(&'static str, Vec<Obeyed>)],
    imagined: &[(&'static str, OfDomain)],
) -> Result<(), CliError> {
    let mut sheets = Vec::new();
    for (domain, found) in imagined {
        if let Some(windows) = &found.sheet {
            sheets.push((format!("windows_{domain}.png"), COLUMNS, png(windows)?));
        }
        if let Some(strip) = found.straight.as_ref().map(strip_of).transpose()?.flatten() {
            let meaning = "straight ahead: the views on the way out, and the same on the way back";
            sheets.push((format!("straight_{domain}.png"), meaning, png(&strip)?));
        }
    }
    let page = page(table, shown, obeyed, &sheets)?;
    fs::create_dir_all(folder)
        .map_err(|e| CliError::Failed(format!("report folder {}: {e}", folder.display())))?;
    for (file, _, bytes) in &sheets {
        write_bytes(&folder.join(file), bytes)?;
    }
    Ok(write_bytes(&folder.join(FILE), page.as_bytes())?)
}

/// File name, what it shows, and the PNG itself.
type Sheet = (String, &'static str, Vec<u8>);

fn page(
    table: &Table,
    shown: &[Shown],
    obeyed: &[(&'static str, Vec<Obeyed>)],
    sheets: &[Sheet],
) -> Result<String, CliError> {
    let mut page = String::from("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    let _ = write!(page, "<title>World models</title><style>{STYLE}");
    for (at, colour) in COLOURS.iter().enumerate() {
        let _ = write!(page, ".c{at}{{stroke:{colour}}}.d{at}{{fill:{colour}}}");
    }
    let _ = write!(
        page,
        "</style></head><body><h1>World models against the ground truth</h1><p>{} {}, {}: {} walks, frames \
         of {}x{}, {} ticks a second. Every model starts from the same picture with depth and does the \
         same; seeds are held out from training.</p>",
        table.program,
        table.version,
        if table.quick { "quick" } else { "full" },
        table.walks.len(),
        table.size[0],
        table.size[1],
        table.tick_hz,
    );
    legend(&mut page, table);
    for (domain, scores) in table.parts() {
        let _ = write!(page, "<h2>{domain}</h2>");
        figures(&mut page, table, &scores);
        page.push_str("<div class=\"charts\">");
        drift(&mut page, table, &scores);
        // The longest walk of the domain shows most.
        let of_domain = shown.iter().filter(|shown| table.walks[shown.line].domain == domain);
        if let Some(shown) = of_domain.max_by_key(|shown| shown.walk.home) {
            along(&mut page, table, shown);
            page.push_str("</div>");
            strip(&mut page, table, shown)?;
        } else {
            page.push_str("</div>");
        }
        if let Some((_, obeyed)) = obeyed.iter().find(|(of, _)| *of == domain) {
            commands(&mut page, table, obeyed)?;
        }
    }
    painter(&mut page, table, sheets);
    page.push_str("<details><summary>What the figures mean</summary><dl>");
    for metric in &table.metrics {
        let (label, key, meaning) = (metric.label, metric.key, metric.meaning);
        let _ = write!(page, "<dt>{label} <code>{key}</code></dt><dd>{meaning}</dd>");
    }
    page.push_str("</dl></details></body></html>\n");
    Ok(page)
}

/// Index of the truth among the models.
fn truth(table: &Table) -> usize {
    table.models.len().saturating_sub(1)
}

fn legend(page: &mut String, table: &Table) {
    page.push_str("<p>");
    for (model, colour) in table.models[..truth(table)].iter().zip(COLOURS) {
        let name = &model.name;
        let _ = write!(page, "<span class=\"key\" style=\"background:{colour}\"></span>{name}");
    }
    page.push_str("</p>");
}

fn figures(page: &mut String, table: &Table, scores: &[&Scores]) {
    page.push_str("<table><tr><th>figure</th><th>better</th>");
    for model in &table.models {
        let _ = write!(page, "<th>{}</th>", model.name);
    }
    page.push_str("</tr>");
    for metric in Metric::ALL {
        let (label, unit, better) = (metric.label(), metric.unit(), aim(metric.better()));
        let _ = write!(page, "<tr><td>{label} {unit}</td><td class=\"aim\">{better}</td>");
        for scores in scores {
            let value = scores.figures.get(&metric).copied();
            let _ = write!(page, "<td>{}</td>", figure(value, metric.digits()));
        }
        page.push_str("</tr>");
    }
    page.push_str("</table>");
}

/// The painter's figures and what it painted.
fn painter(page: &mut String, table: &Table, sheets: &[Sheet]) {
    let Some(painter) = &table.painter else { return };
    let _ = write!(page, "<h2>The painter of {}</h2>", painter.model);
    page.push_str("<table><tr><th>figure</th><th>wanted</th>");
    for domain in table.domains.keys() {
        let _ = write!(page, "<th>{domain}</th>");
    }
    page.push_str("<th>mean</th></tr>");
    for wanted in &FIGURES {
        let aim = wanted.wanted.replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(page, "<tr><td>{}</td><td class=\"aim\">{aim}</td>", wanted.label);
        for figures in table.domains.values().chain([&table.painted]) {
            let value = figures.get(wanted.key).copied();
            let _ = write!(page, "<td>{}</td>", figure(value, wanted.digits));
        }
        page.push_str("</tr>");
    }
    page.push_str("</table>");
    for (file, meaning, png) in sheets {
        let _ = write!(
            page,
            "<h3>{file}</h3><p>{meaning}</p><div class=\"strip\"><img alt=\"{file}\" \
             style=\"width:auto\" src=\"data:image/png;base64,{}\"></div>",
            STANDARD.encode(png)
        );
    }
}

/// Error by horizon, logarithmic in time.
fn drift(page: &mut String, table: &Table, scores: &[&Scores]) {
    let place = |horizon: u64| (horizon as f64).ln();
    let lines = scores[..truth(table)].iter().zip(&table.models).enumerate();
    let lines = lines.map(|(colour, (scores, model))| Line {
        name: model.name.clone(),
        colour,
        points: scores.drift.iter().map(|(h, point)| (place(*h), point.psnr_db)).collect(),
    });
    let chart = Chart {
        x_label: "ticks since the seed picture",
        y_label: "PSNR, dB",
        x_ticks: HORIZONS.map(|horizon| (place(horizon), horizon.to_string())).to_vec(),
        lines: lines.collect(),
    };
    let svg = chart.svg();
    let _ = write!(page, "<figure>{svg}<figcaption>Drift</figcaption></figure>");
}

/// Error along one walk.
fn along(page: &mut String, table: &Table, shown: &Shown) {
    let walk = &table.walks[shown.line];
    let models = shown.judged[..truth(table)].iter().enumerate();
    let lines = models.map(|(colour, judged)| Line {
        name: judged.name.clone(),
        colour,
        points: judged.trace.iter().map(|point| (point.tick as f64, point.psnr_db)).collect(),
    });
    let every = [24, 120, 240, 480, 960].into_iter().find(|every| walk.ticks / every <= 8);
    let every = every.unwrap_or(1920);
    let chart = Chart {
        x_label: "tick",
        y_label: "PSNR, dB",
        x_ticks: (0..=walk.ticks / every)
            .map(|k| (k * every) as f64)
            .map(|x| (x, x.to_string()))
            .collect(),
        lines: lines.collect(),
    };
    let _ = write!(
        page,
        "<figure>{}<figcaption>Along walk {}, {} at {} h</figcaption></figure>",
        chart.svg(),
        walk.seed,
        walk.weather,
        walk.hour,
    );
}

/// Frames of the truth and of every model side by side.
fn strip(page: &mut String, table: &Table, shown: &Shown) -> Result<(), CliError> {
    let mut columns: Vec<(u64, String)> = vec![(0, "seed".to_owned())];
    let home = shown.walk.home;
    columns.extend(HORIZONS.iter().filter(|h| **h <= home).map(|h| (*h, format!("tick {h}"))));
    if let Some(revisit) = shown.walk.revisits.first() {
        columns.push((revisit.first, format!("a view, tick {}", revisit.first)));
        columns.push((revisit.again, format!("again, tick {}", revisit.again)));
    }
    columns.push((home, format!("home, tick {home}")));
    let _ = write!(page, "<h3>Walk {}</h3>", table.walks[shown.line].seed);
    page.push_str("<div class=\"strip\"><table><tr><th></th>");
    for (_, label) in &columns {
        let _ = write!(page, "<th>{label}</th>");
    }
    page.push_str("</tr>");
    let (truth, models) = match shown.judged.split_last() {
        Some((truth, models)) => (truth, models),
        None => return Ok(()),
    };
    for judged in std::iter::once(truth).chain(models) {
        row(page, judged, &columns)?;
    }
    page.push_str("</table></div>");
    Ok(())
}

/// What everybody shows half a second after each command.
fn commands(page: &mut String, table: &Table, obeyed: &[Obeyed]) -> Result<(), CliError> {
    page.push_str("<h3>Commanded on the way</h3><div class=\"strip\"><table><tr><th></th>");
    for command in &table.commands {
        let _ = write!(page, "<th>{}, {} h</th>", command.weather, command.hour);
    }
    page.push_str("</tr>");
    let Some((truth, models)) = obeyed.split_last() else { return Ok(()) };
    for one in std::iter::once(truth).chain(models) {
        let _ = write!(page, "<tr><th>{}</th>", one.name);
        for picture in &one.pictures {
            let _ = write!(page, "<td><img alt=\"{}\" src=\"{}\"></td>", one.name, uri(picture)?);
        }
        page.push_str("</tr>");
    }
    page.push_str("</table></div>");
    Ok(())
}

fn row(page: &mut String, judged: &Judged, columns: &[(u64, String)]) -> Result<(), CliError> {
    let _ = write!(page, "<tr><th>{}</th>", judged.name);
    for (tick, label) in columns {
        page.push_str("<td>");
        if let Some(picture) = judged.pictures.get(tick) {
            let _ =
                write!(page, "<img alt=\"{}, {label}\" src=\"{}\">", judged.name, uri(picture)?);
        }
        page.push_str("</td>");
    }
    page.push_str("</tr>");
    Ok(())
}

fn uri(picture: &RgbImage) -> Result<String, CliError> {
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png(picture)?)))
}

fn png(picture: &RgbImage) -> Result<Vec<u8>, CliError> {
    encode_rgb_png(picture).map_err(|e| CliError::Failed(format!("report: {e}")))
}
