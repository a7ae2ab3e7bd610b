//! The parts of a page: one self-contained HTML file, to be sent around and kept.

mod charts;
mod table;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use charts::{Lines, Row, Series, Value, lines, rows};
pub use table::table;

const STYLE: &str = include_str!("style.css");

/// A whole page.
pub fn whole(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } (body) } }
        }
    };
    page.into_string()
}
