//! Charts as inline SVG. Colours are classes, so that the style decides them for light and dark;
//! every chart has a table beside it.

use maud::{Markup, html};

/// The number of colours in the style.
const COLOURS: usize = 8;

fn class(colour: usize) -> String {
    format!("s{}", colour % COLOURS)
}

/// A value with the interval around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The value.
    pub mean: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end of its interval.
    pub high: f64,
}

impl Value {
    /// A value without an interval.
    pub fn exact(value: f64) -> Self {
        Self { mean: value, low: value, high: value }
    }
}

/// A line of a chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// The number of its colour: what is one thing has one colour on the whole page.
    pub colour: usize,
    /// Its points, by their place on the axis; an interval without width has no whisker.
    pub points: Vec<(usize, Value)>,
}

/// A chart of lines over named places.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    /// Its description for screen readers.
    pub label: &'a str,
    /// The names of the places.
    pub places: &'a [String],
    /// The lines.
    pub series: &'a [Series],
    /// True if the axis of values begins at 0.
    pub from_zero: bool,
}

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 52.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 8.0;

/// Maps values and places to coordinates of a chart.
struct Axes {
    low: f64,
    high: f64,
    places: usize,
}

impl Axes {
    fn of(lines: &Lines<'_>) -> Self {
        let points = || lines.series.iter().flat_map(|series| &series.points);
        let low = points().map(|(_, value)| value.low).fold(f64::INFINITY, f64::min);
        let high = points().map(|(_, value)| value.high).fold(f64::NEG_INFINITY, f64::max);
        let low = if lines.from_zero { low.min(0.0) } else { low };
        let margin = if high > low { 0.04 * (high - low) } else { 0.5 * high.abs().max(1e-9) };
        let below = if lines.from_zero && low >= 0.0 { 0.0 } else { margin };
        Self { low: low - below, high: high + margin, places: lines.places.len() }
    }

    fn x(&self, place: usize) -> f64 {
        let step = (WIDTH - LEFT - 20.0) / (self.places.max(2) - 1) as f64;
        LEFT + 10.0 + step * place as f64
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)
    }

    /// Round values between the ends.
    fn ticks(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 4.0;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().find(|step| *step >= rough).unwrap_or(rough);
        let first = (self.low / step).ceil();
        (0..10).map(|at| (first + f64::from(at)) * step).filter(|tick| *tick <= self.high).collect()
    }
}

/// Draws lines with whiskers; nothing where there is nothing finite to draw.
pub fn lines(lines: &Lines<'_>) -> Markup {
    let axes = Axes::of(lines);
    if !(axes.low.is_finite() && axes.high.is_finite()) {
        return html! {};
    }
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(lines.label) {
            @for tick in axes.ticks() {
                line.grid x1=(LEFT) x2=(WIDTH) y1=(at(axes.y(tick))) y2=(at(axes.y(tick))) {}
                text x=(LEFT - 6.0) y=(at(axes.y(tick) + 4.0)) text-anchor="end" { (number(tick)) }
            }
            @for (place, name) in shown_places(lines.places) {
                text x=(at(axes.x(place))) y=(HEIGHT - 6.0) text-anchor="middle" { (name) }
            }
            @for (index, series) in lines.series.iter().enumerate() {
                g class=(class(series.colour)) { (line(&axes, series, index)) }
            }
        }
        (legend(lines.series))
    }
}

fn line(axes: &Axes, series: &Series, index: usize) -> Markup {
    // Whiskers of several lines at one place stand beside each other.
    let has_whiskers = series.points.iter().any(|(_, value)| value.high > value.low);
    let aside = if has_whiskers { 4.0 * (index as f64 - 1.0) } else { 0.0 };
    let x = |place: usize| at(axes.x(place) + aside);
    let corner =
        |(place, value): &(usize, Value)| format!("{},{}", x(*place), at(axes.y(value.mean)));
    let corners: Vec<String> = series.points.iter().map(corner).collect();
    html! {
        polyline.line points=(corners.join(" ")) {}
        @for (place, value) in &series.points {
            @let x = x(*place);
            @if value.high > value.low {
                line.whisker x1=(x) x2=(x) y1=(at(axes.y(value.low))) y2=(at(axes.y(value.high))) {}
            }
            circle.dot cx=(x) cy=(at(axes.y(value.mean))) r="3" {}
        }
    }
}

/// At most about eight names, so that they don't run into each other; the last is always there.
fn shown_places(places: &[String]) -> impl Iterator<Item = (usize, &String)> {
    let step = places.len().div_ceil(8).max(1);
    let last = places.len().saturating_sub(1);
    places.iter().enumerate().filter(move |(at, _)| (last - at).is_multiple_of(step))
}

fn legend(series: &[Series]) -> Markup {
    html! {
        ul.legend {
            @for series in series {
                li { i class=(class(series.colour)) {} span.name { (series.name) } }
            }
        }
    }
}

/// One line of a list of bars or dots.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its label.
    pub name: String,
    /// The number of its colour.
    pub colour: usize,
    /// The value, as it is to be read.
    pub text: String,
    /// The value and its interval; a bar where the interval has no width.
    pub value: Value,
}

/// Draws rows to one scale, from 0, or from below where a value is.
pub fn rows(label: &str, rows: &[Row]) -> Markup {
    let low = rows.iter().map(|row| row.value.low).fold(0.0, f64::min);
    let high = rows.iter().map(|row| row.value.high).fold(f64::MIN_POSITIVE, f64::max);
    let share = |value: f64| 100.0 * (value - low) / (high - low);
    html! {
        ul.rows aria-label=(label) {
            @for row in rows {
                li {
                    span.name { (row.name) }
                    svg class=(class(row.colour)) width="100%" height="16" aria-hidden="true" { (mark(row, &share)) }
                    span.value { (row.text) }
                }
            }
        }
    }
}

fn mark(row: &Row, share: &dyn Fn(f64) -> f64) -> Markup {
    let Value { mean, low, high } = row.value;
    let percent = |value: f64| format!("{}%", at(share(value)));
    html! {
        line.track x1="0" x2="100%" y1="8" y2="8" {}
        line.track x1=(percent(0.0)) x2=(percent(0.0)) y1="1" y2="15" {}
        @if high > low {
            line.whisker x1=(percent(low)) x2=(percent(high)) y1="8" y2="8" {}
            circle.dot cx=(percent(mean)) cy="8" r="4.5" {}
        } @else {
            rect.bar x="0" y="3" height="10" width=(percent(mean)) {}
        }
    }
}

/// A coordinate: a tenth of a pixel is enough.
fn at(value: f64) -> String {
    format!("{value:.1}")
}

/// A tick, with as few digits as tell it.
fn number(value: f64) -> String {
    let text = if value.abs() >= 1e4 { format!("{value:.3e}") } else { format!("{value:.5}") };
    if text.contains('e') {
        text
    } else {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(mean: f64, around: f64) -> Value {
        Value { mean, low: mean - around, high: mean + around }
    }

    fn drawn(points: Vec<(usize, Value)>) -> String {
        let series = [Series { name: "<b>".to_owned(), colour: 0, points }];
        let places = ["1".to_owned(), "2".to_owned()];
        let lines_of = Lines { label: "loss", places: &places, series: &series, from_zero: true };
        lines(&lines_of).into_string()
    }

    #[test]
    fn whiskers_are_drawn_where_there_is_an_interval() {
        let page = drawn(vec![(0, point(1.0, 0.0)), (1, point(2.0, 0.1))]);
        assert_eq!(page.matches("whisker").count(), 1, "{page}");
        assert_eq!(page.matches("<circle").count(), 2);
    }

    #[test]
    fn names_are_escaped() {
        assert!(drawn(vec![(0, point(1.0, 0.0))]).contains("&lt;b&gt;"));
    }

    #[test]
    fn no_points_no_chart_and_equal_values_no_division_by_zero() {
        assert!(!drawn(vec![]).contains("svg"));
        assert!(!drawn(vec![(0, point(0.0, 0.0)), (1, point(0.0, 0.0))]).contains("NaN"));
    }

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        let axes = Axes { low: 0.0, high: 0.31, places: 2 };
        let ticks: Vec<String> = axes.ticks().into_iter().map(number).collect();
        assert_eq!(ticks, ["0", "0.1", "0.2", "0.3"]);
    }

    #[test]
    fn a_negative_difference_lies_left_of_0() {
        let row = Row { name: "a".into(), colour: 0, text: "-1".into(), value: point(-1.0, 0.5) };
        let page = rows("differences", &[row]).into_string();
        assert!(page.contains("cx=\"33.3%\"") && page.contains("x1=\"100.0%\""), "{page}");
    }
}
