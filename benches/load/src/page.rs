//! A report as one page of HTML.

use guanxi_output::page::{Lines, Series, Value, lines, table, whole};
use maud::{Markup, html};

use super::report::{Report, StepReport};

/// The page of a run.
pub fn page(report: &Report) -> String {
    whole(&format!("guanxi bench: {}", report.url), &body(report))
}

fn body(report: &Report) -> Markup {
    html! {
        (tiles(report))
        h2 { "Latency by percentile" }
        p.soft { "Milliseconds from the moment at which a request was due until its answer was whole." }
        (by_percentile(report))
        (percentiles(report))
        @if report.steps.len() > 1 { h2 { "Latency by rate" } (by_rate(report)) }
        h2 { "Latency by time" }
        @for step in &report.steps { (by_time(step)) }
        h2 { "By kind of question" }
        (parts(report))
        h2 { "Errors, and what it cost" }
        (costs(report))
        h2 { "Where and how" }
        (facts(report))
    }
}

fn tiles(report: &Report) -> Markup {
    let best = report.steps.iter().max_by(|a, b| a.achieved.total_cmp(&b.achieved));
    html! {
        dl.tiles {
            @if let Some(highest) = &report.highest {
                div { dt { "highest rate with p99 under " (ms(highest.max_p99_us)) " ms" } dd { (highest.rate.map_or("none".to_owned(), |rate| format!("{rate:.0}/s"))) } }
            }
            @if let Some(step) = best {
                div { dt { "answers a second" } dd { (format!("{:.0}", step.achieved)) } }
                div { dt { "p50 there, ms" } dd { (ms(step.latency.p50_us)) } }
                div { dt { "p99 there, ms" } dd { (ms(step.latency.p99_us)) } }
            }
            div { dt { "recall@10" } dd { (report.recall.as_ref().map_or("not stated".to_owned(), |recall| format!("{:.4}", recall.recall_at_10))) } }
            div { dt { "failed" } dd { (report.steps.iter().map(StepReport::failed).sum::<u64>()) } }
        }
    }
}

fn ms(us: f64) -> String {
    format!("{:.3}", us / 1e3)
}

fn rate(step: &StepReport) -> String {
    format!("{:.0}/s", step.rate)
}

fn exactly(us: f64) -> Value {
    Value::exact(us / 1e3)
}

fn chart(label: &str, places: &[String], series: &[Series]) -> Markup {
    lines(&Lines { label, places, series, from_zero: true })
}

fn by_percentile(report: &Report) -> Markup {
    let Some(first) = report.steps.first() else { return html! {} };
    let places = first.latency.percentiles().map(|(name, _)| name.to_owned());
    let series = report.steps.iter().enumerate().map(|(colour, step)| {
        let points = step.latency.percentiles().map(|(_, us)| exactly(us));
        Series { name: rate(step), colour, points: points.into_iter().enumerate().collect() }
    });
    chart("Latency in milliseconds by percentile", &places, &series.collect::<Vec<_>>())
}

fn percentiles(report: &Report) -> Markup {
    let mut head = vec!["rate", "answers/s"];
    if let Some(first) = report.steps.first() {
        head.extend(first.latency.percentiles().map(|(name, _)| name));
    }
    let rows = report.steps.iter().map(|step| {
        let values = step.latency.percentiles().map(|(_, us)| ms(us));
        [rate(step), format!("{:.0}", step.achieved)].into_iter().chain(values).collect()
    });
    table("Milliseconds from when a request was due", &head, &rows.collect::<Vec<_>>())
}

fn by_rate(report: &Report) -> Markup {
    let mut steps: Vec<&StepReport> = report.steps.iter().collect();
    steps.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let places: Vec<String> = steps.iter().map(|step| format!("{:.0}", step.rate)).collect();
    let line = |name: &str, colour, figure: fn(&StepReport) -> f64| Series {
        name: name.to_owned(),
        colour,
        points: steps.iter().map(|step| exactly(figure(step))).enumerate().collect(),
    };
    let series = [
        line("p50", 0, |step| step.latency.p50_us),
        line("p99", 1, |step| step.latency.p99_us),
        line("p99.9", 2, |step| step.latency.p999_us),
    ];
    chart("Latency in milliseconds by requests a second", &places, &series)
}

fn by_time(step: &StepReport) -> Markup {
    let places: Vec<String> =
        step.slices.iter().map(|slice| format!("{} s", slice.second)).collect();
    let line = |name: &str, colour, figure: fn(&super::Slice) -> f64| Series {
        name: name.to_owned(),
        colour,
        points: step.slices.iter().map(|slice| exactly(figure(slice))).enumerate().collect(),
    };
    let series = [
        line("p50", 0, |slice| slice.p50_us),
        line("p99", 1, |slice| slice.p99_us),
        line("longest", 2, |slice| slice.max_us),
    ];
    html! { figure { h3 { "at " (rate(step)) } (chart("Latency in milliseconds by second", &places, &series)) } }
}

fn parts(report: &Report) -> Markup {
    let rows = report.steps.iter().flat_map(|step| {
        step.parts.iter().map(|part| {
            let named = [
                format!("{} {}", rate(step), part.name),
                part.latency.count.to_string(),
                format!("{:.0}", part.achieved),
            ];
            let figures = &part.latency;
            let values =
                [figures.p50_us, figures.p90_us, figures.p99_us, figures.p999_us, figures.max_us]
                    .map(ms);
            named.into_iter().chain(values).collect()
        })
    });
    let head = ["question", "timed", "answers a second", "p50", "p90", "p99", "p99.9", "max"];
    table("Milliseconds from when a request was due", &head, &rows.collect::<Vec<Vec<String>>>())
}

fn costs(report: &Report) -> Markup {
    let known = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
    let rows = report.steps.iter().map(|step| {
        let errors: Vec<String> =
            step.errors.iter().map(|(error, count)| format!("{error}: {count}")).collect();
        vec![
            rate(step),
            known(step.server_cpu_us_per_request),
            known(step.server_resident_bytes.map(|bytes| bytes as f64 / f64::from(1 << 20))),
            known(step.client_cpu_us_per_request),
            format!("{:.2} %", 100.0 * step.client_late_share),
            if errors.is_empty() { "none".to_owned() } else { errors.join(", ") },
        ]
    });
    let head =
        ["rate", "server us/request", "server MiB", "client us/request", "sent late", "errors"];
    table("CPU time, memory, and what failed", &head, &rows.collect::<Vec<_>>())
}

fn facts(report: &Report) -> Markup {
    let machine = &report.machine;
    let server = &report.server;
    let model = server["model"]["version"].as_str().unwrap_or("none told");
    let rows = [
        ("begun", report.created.clone()),
        ("client", format!("guanxi {}", report.version)),
        ("server", server["version"].as_str().unwrap_or("not told").to_owned()),
        ("model", model.to_owned()),
        ("processor", format!("{}, {} threads", machine.cpu, machine.threads)),
        ("system", machine.kernel.clone()),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    html! {
        pre { code { (report.command.join(" ")) } }
        (table("What the figures belong to", &["fact", "value"], &rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let report = Report {
            tool: String::new(),
            version: String::new(),
            created: String::new(),
            command: vec!["<script>".to_owned()],
            url: "http://a/<b>".to_owned(),
            machine: crate::Machine::default(),
            server: serde_json::Value::Null,
            recall: None,
            steps: Vec::new(),
            highest: None,
        };
        let page = page(&report);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
        assert!(page.contains("not stated"));
    }
}
