//! Places in a grid of a sixteenth of a degree: seven kilometres from north to south, less from
//! east to west.

use std::ops::RangeInclusive;

use super::Cover;
use super::cells::{Cell, Cells};
use crate::record::Place;

/// Cells to a degree.
const PER_DEGREE: f64 = 16.0;
/// Rows from pole to pole.
const ROWS: u16 = 180 * 16;
/// Columns around the earth.
const COLUMNS: u16 = 360 * 16;
/// The earth's mean radius.
const EARTH_RADIUS_KM: f64 = 6_371.008_8;
/// Testing this number of items costs less than classifying their cell.
const FEW: u64 = 4;

/// The cell of a place; none for invalid coordinates.
fn cell(place: Place) -> Option<Cell> {
    let on_globe = place.lat.abs() <= 90.0 && place.lon.abs() <= 180.0;
    on_globe.then(|| (row(place.lat), column(place.lon)))
}

/// The row of a latitude, clamped at the poles.
fn row(lat: f64) -> u16 {
    (((lat + 90.0) * PER_DEGREE) as u16).min(ROWS - 1)
}

/// The column of a longitude, which wraps at the antimeridian.
fn column(lon: f64) -> u16 {
    ((lon + 180.0) * PER_DEGREE).floor().rem_euclid(f64::from(COLUMNS)) as u16
}

/// Adds an item at a place, or removes it.
pub(in crate::world) fn change(cells: &mut Cells, place: Place, item: u32, belongs: bool) {
    if let Some(cell) = cell(place) {
        cells.change(cell, item, belongs);
    }
}

/// The cells of a circle. Items of cells inside of it need no test.
pub(in crate::world) fn cover(cells: &Cells, centre: Place, km: f64) -> Cover<'_> {
    let mut cover = Cover::default();
    for (rows, columns) in windows(centre, km) {
        for (cell, set) in cells.in_columns(rows, columns) {
            let side = if set.len() > FEW { side(cell, centre, km) } else { Side::Across };
            match side {
                Side::Within => cover.full.push(set),
                Side::Across => cover.edge.push(set),
                Side::Beyond => (),
            }
        }
    }
    cover
}

/// One or two windows of the grid that contain the circle, with a margin of one cell.
fn windows(centre: Place, km: f64) -> Vec<(RangeInclusive<u16>, RangeInclusive<u16>)> {
    let angle = (km / EARTH_RADIUS_KM).to_degrees();
    if angle.is_nan() || angle < 0.0 || cell(centre).is_none() {
        return Vec::new();
    }
    let slack = 1.0 / PER_DEGREE;
    let (south, north) = (centre.lat - angle - slack, centre.lat + angle + slack);
    let rows = row(south)..=row(north);
    let reach = reach_in_longitude(centre.lat, angle) + slack;
    if south <= -90.0 || north >= 90.0 || reach >= 179.0 {
        return vec![(rows, 0..=COLUMNS)];
    }
    let (west, east) = (column(centre.lon - reach), column(centre.lon + reach));
    if west <= east {
        return vec![(rows, west..=east)];
    }
    vec![(rows.clone(), west..=COLUMNS), (rows, 0..=east)]
}

/// The eastward extent of a circle of this angle, in degrees. It is greatest at a latitude nearer
/// to the pole.
fn reach_in_longitude(lat: f64, angle: f64) -> f64 {
    if lat.abs() + angle >= 90.0 {
        return 180.0;
    }
    (angle.to_radians().sin() / lat.to_radians().cos()).min(1.0).asin().to_degrees()
}

/// The position of a cell: inside, outside or at the edge of the circle.
enum Side {
    Within,
    Across,
    Beyond,
}

/// By the triangle inequality: a place is at most half a side north and half a side east from the
/// middle of its cell.
fn side((row, column): Cell, centre: Place, km: f64) -> Side {
    let middle = |at: u16| (f64::from(at) + 0.5) / PER_DEGREE;
    let middle = Place { lat: middle(row) - 90.0, lon: middle(column) - 180.0 };
    let half = EARTH_RADIUS_KM * (0.5 / PER_DEGREE).to_radians();
    let widest = (middle.lat.abs() - 0.5 / PER_DEGREE).to_radians().cos();
    // A centimetre of margin for rounding errors.
    let radius = half * (1.0 + widest) + 1e-5;
    match distance_km(centre, middle) {
        distance if distance + radius <= km => Side::Within,
        distance if distance - radius > km => Side::Beyond,
        _ => Side::Across,
    }
}

/// The great-circle distance by the haversine formula, on a sphere of the earth's mean radius.
pub(in crate::world) fn distance_km(a: Place, b: Place) -> f64 {
    let half_chord = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let h = half_chord(a.lat, b.lat)
        + a.lat.to_radians().cos() * b.lat.to_radians().cos() * half_chord(a.lon, b.lon);
    2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place() -> impl Strategy<Value = Place> {
        let lat = prop_oneof![-90.0..=90.0, Just(90.0), Just(-90.0), 89.0..=90.0];
        let lon = prop_oneof![-180.0..=180.0, Just(180.0), Just(-180.0), 179.0..=180.0];
        (lat, lon).prop_map(|(lat, lon)| Place { lat, lon })
    }

    proptest! {
        #[test]
        fn a_circle_is_its_full_cells_and_a_part_of_its_edge(
            places in prop::collection::vec(place(), 1..60), centre in place(),
            km in prop_oneof![0.0..30.0, 0.0..3_000.0, 0.0..21_000.0],
        ) {
            let mut cells = Cells::default();
            // Each place several times, so that a cell is worth finding out about.
            let copies = |at: usize| (0..6).map(move |copy| (at * 6 + copy) as u32);
            for (at, &place) in places.iter().enumerate() {
                copies(at).for_each(|item| change(&mut cells, place, item, true));
            }
            let cover = cover(&cells, centre, km);
            for (at, &place) in places.iter().enumerate() {
                let is_near = distance_km(centre, place) <= km;
                for item in copies(at) {
                    let full = cover.full.iter().any(|set| set.contains(item));
                    let edge = cover.edge.iter().any(|set| set.contains(item));
                    prop_assert!(!full || is_near, "{place:?} is in a full cell and too far");
                    prop_assert!(!is_near || full || edge, "{place:?} is near and in no cell");
                }
            }
        }
    }

    #[test]
    fn most_of_a_wide_circle_is_full() {
        let mut cells = Cells::default();
        let shanghai = Place { lat: 31.23, lon: 121.47 };
        for item in 0..40_000 {
            let (east, north) = (f64::from(item % 200) * 0.01, f64::from(item / 200) * 0.01);
            let place = Place { lat: shanghai.lat + north - 1.0, lon: shanghai.lon + east - 1.0 };
            change(&mut cells, place, item, true);
        }
        let cover = cover(&cells, shanghai, 80.0);
        assert!(cover.at_least() > 2 * cover.unsure(), "{} {}", cover.at_least(), cover.unsure());
    }
}
