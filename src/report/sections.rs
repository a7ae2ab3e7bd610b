//! The sections of the page, in order.

use guanxi_output::page::{Lines, Row, Series, Value, lines, rows, table};
use guanxi_training::judge::bootstrap::Interval;
use guanxi_training::recipe::Trial;
use guanxi_training::report::{Comparison, Group, Report, System};
use guanxi_training::social::tried::StrengthTried;
use maud::{Markup, html};

use super::Verdict;
use super::run_report::{LossCurve, RunReport, StageCost};
use super::tables::{self, with_width};

/// A value without an interval.
fn exact(value: f64) -> Value {
    Value::exact(value)
}

/// A value with its confidence interval.
fn whisker(interval: &Interval) -> Value {
    let Interval { mean, low, high } = *interval;
    Value { mean, low, high }
}

/// The size of the data, and the headline metrics of the model.
pub(super) fn summary(run_report: &RunReport) -> Markup {
    let data = &run_report.report.data;
    let sizes = [
        ("users", data.users),
        ("items", data.items),
        ("interactions", data.interactions),
        ("friendships", data.friendships),
    ];
    let figures = ["recall@20", "ndcg@20"];
    let figures = figures.iter().filter_map(|name| Some((name, run_report.metrics.get(*name)?)));
    html! {
        dl.tiles {
            @for (name, value) in figures { div { dt { (name) } dd { (format!("{value:.4}")) } } }
            @for (name, value) in sizes { div { dt { (name) } dd { (value) } } }
        }
    }
}

/// The verdict of `--publish-if`.
pub(super) fn guard(verdict: Option<&Verdict>) -> Markup {
    let Some(verdict) = verdict else { return html! {} };
    html! {
        h2 { "May it serve?" }
        p {
            @if verdict.holds() { span.holds { "Yes." } } @else { span.fails { "No." } }
            " Asked for: " code { (verdict.condition) }
            @match &verdict.current {
                Some(version) => { ", beside model " code { (version) } ", refitted by its own recipe on the same rest of the data." }
                None => { ", beside no current model." }
            }
        }
        ul { @for bound in &verdict.bounds { li { (bound) } } }
    }
}

/// The model compared with the baselines.
pub(super) fn quality(quality: &Comparison) -> Markup {
    if quality.systems.is_empty() {
        return html! { h2 { "Quality" } p { "No user has rows to hold out, so that nothing can be said." } };
    }
    html! {
        h2 { "Quality" }
        p.soft { "Dots are means over the users that the report is on; whiskers hold 95 % of 1,000 draws of as many users." }
        (dots("ndcg@20", &quality.systems))
        (dots("recall@20", &quality.systems))
        (tables::systems(quality))
        @if !quality.differences.is_empty() { (tables::differences(quality)) }
    }
}

fn dots(metric: &str, systems: &[System]) -> Markup {
    let row = |(colour, system): (usize, &System)| {
        let value = system.intervals.get(metric).unwrap_or_default();
        let (text, value) = (with_width(&value), whisker(&value));
        Row { name: system.name.clone(), colour, text, value }
    };
    let all: Vec<Row> = systems.iter().enumerate().map(row).collect();
    html! { figure { h3 { (metric) } (rows(metric, &all)) } }
}

/// Quality by the activity of users.
pub(super) fn groups(quality: &Comparison) -> Markup {
    let names: Vec<&str> = quality.systems.iter().map(|system| system.name.as_str()).collect();
    // A chart of all arms of an ablation is unreadable: it shows the model, its embedding and the
    // baselines.
    let drawn: Vec<usize> = (0..names.len()).filter(|&at| is_drawn(names[at])).collect();
    let part = |title: &str, of: &str, groups: &[Group]| {
        html! {
            @if !groups.is_empty() {
                div {
                    h3 { (title) }
                    (chart(title, groups, &names, &drawn))
                    details { summary { "Figures" } (tables::groups(title, of, groups, &names)) }
                }
            }
        }
    };
    html! {
        @if !quality.by_items.is_empty() {
            h2 { "Who is served how well" }
            p.soft { "ndcg@20 of the users with so many items, and with so many friends." }
            div.pair {
                (part("By items in the training data", "items", &quality.by_items))
                (part("By number of friends", "friends", &quality.by_friends))
            }
        }
    }
}

fn is_drawn(name: &str) -> bool {
    !name.contains('+') && name != "lists alone"
}

fn chart(label: &str, groups: &[Group], names: &[&str], drawn: &[usize]) -> Markup {
    let places: Vec<String> = groups.iter().map(Group::label).collect();
    let series = drawn.iter().map(|&system| Series {
        name: names[system].to_owned(),
        colour: system,
        points: groups
            .iter()
            .map(|group| whisker(&group.systems[system].ndcg_at_20))
            .enumerate()
            .collect(),
    });
    let series: Vec<Series> = series.collect();
    html! { figure { (lines(&Lines { label, places: &places, series: &series, from_zero: true })) } }
}

/// The catalogue coverage of the lists, and the popularity of their items.
pub(super) fn shown(systems: &[System]) -> Markup {
    let part = |title: &str, value: fn(&System) -> f64, text: fn(f64) -> String| {
        let row = |(colour, system): (usize, &System)| Row {
            name: system.name.clone(),
            colour,
            text: text(value(system)),
            value: exact(value(system)),
        };
        let all: Vec<Row> = systems.iter().enumerate().map(row).collect();
        html! { figure { h3 { (title) } (rows(title, &all)) } }
    };
    let percent = |value: f64| format!("{:.1} %", 100.0 * value);
    let plain = |value: f64| format!("{value:.3}");
    html! {
        @if !systems.is_empty() {
            h2 { "What is shown" }
            p.soft {
                "Coverage: the share of the catalogue on any list of 20. Popularity: the share of the catalogue that is less popular "
                "than a listed item, on average. Gini: 0 where all items are listed equally often, near 1 where a few have all places."
            }
            div.pair {
                (part("Coverage", |system| system.shown.coverage, percent))
                (part("Popularity of what is shown", |system| system.shown.popularity, percent))
                (part("Gini", |system| system.shown.gini, plain))
            }
        }
    }
}

/// The loss curve of each embedding.
pub(super) fn losses(curves: &[LossCurve]) -> Markup {
    let longest = curves.iter().map(|curve| curve.losses.len()).max().unwrap_or(0);
    if longest == 0 {
        return html! {};
    }
    // The first sweep removes nearly all of the loss and would flatten the rest.
    let from = usize::from(longest > 2);
    let places: Vec<String> = (from..longest).map(|sweep| (sweep + 1).to_string()).collect();
    let series = curves.iter().enumerate().map(|(at, curve)| Series {
        name: name_of(at, curve, curves.len()),
        colour: at,
        points: curve.losses.iter().skip(from).map(|&loss| exact(loss)).enumerate().collect(),
    });
    let series: Vec<Series> = series.collect();
    let rows = curves.iter().enumerate().map(|(at, curve)| {
        let losses = curve.losses.iter().map(|loss| format!("{loss:.4e}"));
        std::iter::once(name_of(at, curve, curves.len())).chain(losses).collect()
    });
    let heads: Vec<String> = (1..=longest).map(|sweep| sweep.to_string()).collect();
    let heads: Vec<&str> =
        std::iter::once("sweep").chain(heads.iter().map(String::as_str)).collect();
    html! {
        h2 { "Loss" }
        p.soft { "After each sweep" @if from == 1 { ", from the second on" } "." }
        figure { (lines(&Lines { label: "Loss by sweep", places: &places, series: &series, from_zero: false })) }
        details { summary { "Figures" } (table("Loss after each sweep", &heads, &rows.collect::<Vec<_>>())) }
        (held_out_by_sweep(curves, &heads))
    }
}

/// The held-out score of each embedding by sweep.
fn held_out_by_sweep(curves: &[LossCurve], heads: &[&str]) -> Markup {
    let judged = || curves.iter().enumerate().filter(|(_, curve)| !curve.held_out.is_empty());
    let series = judged().map(|(at, curve)| {
        let points = curve.held_out.iter().enumerate();
        Series {
            name: name_of(at, curve, curves.len()),
            colour: at,
            points: points.filter_map(|(sweep, ndcg)| Some((sweep, exact((*ndcg)?)))).collect(),
        }
    });
    let series: Vec<Series> = series.collect();
    let rows = judged().map(|(at, curve)| {
        let figures =
            curve.held_out.iter().map(|ndcg| ndcg.map_or(String::new(), |x| format!("{x:.4}")));
        std::iter::once(name_of(at, curve, curves.len())).chain(figures).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let places: Vec<String> = heads[1..].iter().map(|&sweep| sweep.to_owned()).collect();
    html! {
        @if !series.is_empty() {
            p.soft { "NDCG@20 of up to 200 users with held-out rows, by the embedding alone." }
            figure { (lines(&Lines { label: "Held-out rows by sweep", places: &places, series: &series, from_zero: false })) }
            details { summary { "Figures" } (table("NDCG@20 after each sweep", heads, &rows)) }
        }
    }
}

fn name_of(at: usize, curve: &LossCurve, of: usize) -> String {
    let LossCurve { dim, mean_ridge, unobserved_weight, .. } = curve;
    let which = if at + 1 == of { "all rows" } else { "without held-out rows" };
    format!("{which}: width {dim}, ridge {mean_ridge}, a0 {unobserved_weight:.4}")
}

/// How rows were held out, and which choices they decided.
pub(super) fn held_out(report: &Report) -> Markup {
    let (held_out, learned) = (&report.held_out, &report.learned);
    let weights = learned.weights;
    let numbers = [
        ("weight of the embedding", weights.embedding),
        ("weight of the local ridge", weights.ridge),
        ("weight of the graph", weights.graph),
        ("weight of friends", weights.friends),
        ("friends' prior", learned.friend_strength),
        ("friends of friends", learned.blend.second_hop),
        ("unobserved", learned.unobserved),
        ("ridge", learned.ridge),
    ];
    let rows: Vec<Vec<String>> = numbers
        .iter()
        .map(|(name, value)| vec![(*name).to_owned(), format!("{value:.3}")])
        .collect();
    html! {
        h2 { "What held-out rows decided" }
        p {
            "Quality is measured on: " (held_out.how) ". Weights were learned on " (held_out.learned_on) " users, quality is of "
            (held_out.users) " users. Then everything was fitted again on all rows."
        }
        div.pair {
            (table("Learned", &["number", "value"], &rows))
            (strengths(report))
        }
    }
}

fn strengths(report: &Report) -> Markup {
    let tried = &report.learned.strengths;
    let places: Vec<String> = tried.iter().map(|one| one.strength.to_string()).collect();
    let series = |colour: usize, name: &str, value: fn(&StrengthTried) -> f64| Series {
        name: name.to_owned(),
        colour,
        points: tried.iter().map(|one| exact(value(one))).enumerate().collect(),
    };
    let all = [
        series(0, "with their history", |one| one.warm),
        series(1, "history hidden", |one| one.cold),
        series(2, "three items handed back", |one| one.three_items),
    ];
    let label = "ndcg@20 of the embedding by the strength of the friends' prior";
    html! {
        @if !tried.is_empty() {
            figure {
                figcaption { (label) }
                (lines(&Lines { label, places: &places, series: &all, from_zero: true }))
            }
        }
    }
}

/// The trials of the search.
pub(super) fn trials(trials: &[Trial]) -> Markup {
    if trials.is_empty() {
        return html! {};
    }
    let places: Vec<String> = (0..trials.len()).map(|at| at.to_string()).collect();
    let mut best = f64::NEG_INFINITY;
    let best: Vec<(usize, Value)> = trials
        .iter()
        .map(|trial| {
            best = best.max(trial.ndcg);
            exact(best)
        })
        .enumerate()
        .collect();
    let each = trials.iter().map(|trial| exact(trial.ndcg)).enumerate().collect();
    let series = [
        Series { name: "each trial".to_owned(), colour: 6, points: each },
        Series { name: "best so far".to_owned(), colour: 0, points: best },
    ];
    let rows = trials.iter().enumerate().map(|(at, trial)| {
        let Trial { key, value, ndcg, recall, kept } = trial;
        let what = if key.is_empty() { "as given".to_owned() } else { format!("{key} = {value}") };
        let kept = if *kept { "kept" } else { "" };
        vec![at.to_string(), what, format!("{ndcg:.5}"), format!("{recall:.5}"), kept.to_owned()]
    });
    let head = ["trial", "changed", "ndcg@20", "recall@20", ""];
    let label = "ndcg@20 on held-out rows by trial";
    html! {
        h2 { "What was tried" }
        p.soft { "Each trial changes one number of the best recipe before it, judged by its lists on held-out rows that the report is not on." }
        figure { (lines(&Lines { label, places: &places, series: &series, from_zero: false })) }
        (table("Trials in their order", &head, &rows.collect::<Vec<_>>()))
    }
}

/// The cost of each stage.
pub(super) fn stages(stages: &[StageCost]) -> Markup {
    let total: f64 = stages.iter().map(|stage| stage.seconds).sum();
    let most = stages.iter().map(|stage| stage.peak_bytes).max().unwrap_or(0) as f64 / MIB;
    let seconds: Vec<Row> = stages
        .iter()
        .map(|stage| Row {
            name: stage.stage.clone(),
            colour: 0,
            text: format!("{:.2} s", stage.seconds),
            value: exact(stage.seconds),
        })
        .collect();
    let memory: Vec<Row> = stages
        .iter()
        .map(|stage| {
            let mib = stage.peak_bytes as f64 / MIB;
            Row {
                name: stage.stage.clone(),
                colour: 1,
                text: format!("{mib:.0} MiB"),
                value: exact(mib),
            }
        })
        .collect();
    html! {
        @if !stages.is_empty() {
            h2 { "Time and memory" }
            p.soft { (format!("{total:.1} s in all; the most memory at once was {most:.0} MiB.")) }
            div.pair {
                figure { h3 { "Wall-clock time" } (rows("Wall-clock seconds by stage", &seconds)) }
                figure { h3 { "Peak memory" } (rows("Peak memory by stage", &memory)) }
            }
        }
    }
}

const MIB: f64 = 1_048_576.0;
