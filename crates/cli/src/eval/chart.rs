//! Line charts as inline SVG.

use std::fmt::Write as _;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 240.0;
/// Room for labels: left, top, right, bottom.
const MARGIN: [f64; 4] = [46.0, 12.0, 12.0, 34.0];
const GRID_LINES: usize = 5;

/// A named line.
pub struct Line {
    pub name: String,
    /// Index into the page's colours.
    pub colour: usize,
    pub points: Vec<(f64, f64)>,
}

/// A chart of several lines over one axis.
pub struct Chart<'a> {
    pub x_label: &'a str,
    pub y_label: &'a str,
    /// Labelled places of the x axis, as (place, label).
    pub x_ticks: Vec<(f64, String)>,
    pub lines: Vec<Line>,
}

impl Chart<'_> {
    /// The SVG element; empty without any point.
    pub fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let Some(((x_low, x_high), (y_low, y_high))) =
            span(points().map(|p| p.0)).zip(span(points().map(|p| p.1)))
        else {
            return String::new();
        };
        let (y_low, y_high, y_step) = even(y_low, y_high);
        let x_span = (x_high - x_low).max(1e-9);
        let [left, top, right, bottom] = MARGIN;
        let place_x = |x: f64| left + (x - x_low) / x_span * (WIDTH - left - right);
        let place_y =
            |y: f64| HEIGHT - bottom - (y - y_low) / (y_high - y_low) * (HEIGHT - top - bottom);
        let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">");
        let mut y = y_low;
        while y <= y_high + 0.5 * y_step {
            let at = place_y(y);
            let digits = usize::from(y_step < 1.0) + usize::from(y_step < 0.1);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{left}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{y:.digits$}</text>",
                WIDTH - right,
                left - 6.0,
                at + 4.0,
            );
            y += y_step;
        }
        for (x, label) in self.x_ticks.iter().filter(|(x, _)| (x_low..=x_high).contains(x)) {
            let at = place_x(*x);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top}\" y2=\"{:.1}\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                HEIGHT - bottom,
                HEIGHT - bottom + 15.0,
            );
        }
        for line in &self.lines {
            let mut places = String::new();
            for (x, y) in &line.points {
                let _ = write!(places, "{:.1},{:.1} ", place_x(*x), place_y(*y));
            }
            let _ = write!(
                svg,
                "<polyline class=\"c{}\" points=\"{}\"><title>{}</title></polyline>",
                line.colour,
                places.trim_end(),
                line.name,
            );
            if line.points.len() <= 12 {
                for (x, y) in &line.points {
                    let (x, y) = (place_x(*x), place_y(*y));
                    let colour = line.colour;
                    let _ = write!(
                        svg,
                        "<circle class=\"d{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
                    );
                }
            }
        }
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(11 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text></svg>",
            0.5 * (left + WIDTH - right),
            HEIGHT - 4.0,
            self.x_label,
            0.5 * (top + HEIGHT - bottom),
            self.y_label,
        );
        svg
    }
}

fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |span, value| {
        let (low, high): (f64, f64) = span.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// Round ends and a round step of an axis.
fn even(low: f64, high: f64) -> (f64, f64, f64) {
    let span = (high - low).max(1e-3);
    let rough = span / GRID_LINES as f64;
    let power = 10.0_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|k| k * power).find(|step| *step >= rough);
    let step = step.unwrap_or(power);
    let low = (low / step).floor() * step;
    let high = (high / step).ceil() * step;
    (low, if high > low { high } else { low + step }, step)
}
