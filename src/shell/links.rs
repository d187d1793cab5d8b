//! Every link, the guest, and what went wrong lately.

use crate::ui::signal::RwSignal;
use aws_guest::{Guest, Status};
use futures::StreamExt as _;

use super::Line;
use crate::live::journal::Incident;
use crate::live::{self, Journal};
use crate::ui::light::{lamp, lit, words};
use crate::ui::locale::{clock_time, span};
use crate::ui::{El, Ticker, el, template};

/// The panel that the state in the header opens.
#[must_use]
pub fn links(lines: &[Line], guest: Guest, journal: RwSignal<Journal>) -> El {
    let lines = lines.iter().map(|line| {
        let about = el("div")
            .text(line.name)
            .text(" · ")
            .child(words(&line.link, true))
            .child(el("p").class("quiet").text(line.way));
        lit(el("li").class("light"), &line.link)
            .child(lamp())
            .child(about)
    });
    let panel = template("links-panel").find("aside");
    let _ = panel.find("ul").children(lines);
    visitor(&panel, guest);
    let _ = panel
        .find(".journal")
        .slot(move || Some(journal.with(|journal| incidents(journal.incidents()))));
    panel
}

/// Who the page is for the cloud.
fn visitor(panel: &El, guest: Guest) {
    let status = RwSignal::new(guest.status());
    let ticker = Ticker::here();
    let mut statuses = guest.statuses();
    live::task(async move {
        while let Some(now) = statuses.next().await {
            let _ = status.try_set(now);
        }
    });
    let identity = move || {
        status.with(|status| match &status.identity {
            Some(identity) => identity.as_str().to_owned(),
            None => "none yet".to_owned(),
        })
    };
    let credentials = move || {
        ticker.track();
        status.with(|status| credentials(status, guest.now()))
    };
    let _ = panel.find("code").live(identity);
    let _ = panel.find(".credentials").live(credentials);
}

fn credentials(status: &Status, now: net::UnixTime) -> String {
    if status.renewing {
        return "being renewed".to_owned();
    }
    match status.expires_at.map(|at| at.millis_since(now)) {
        Some(left) if left > 0 => ["valid for ", &span(left)].concat(),
        Some(_) => "expired".to_owned(),
        None => "none yet".to_owned(),
    }
}

fn incidents(incidents: &[Incident]) -> El {
    if incidents.is_empty() {
        return el("p")
            .class("quiet")
            .text("Nothing, since this page was opened.");
    }
    el("ol").children(incidents.iter().map(|incident| {
        let cause = el("p").text(&incident.cause).text(". ");
        el("li")
            .child(el("time").class("quiet").text(&clock_time(incident.at)))
            .child(el("b").text(incident.link))
            .child(cause.child(el("span").class("quiet").text(&end(incident))))
    }))
}

fn end(incident: &Incident) -> String {
    let Some(healed) = incident.healed else {
        return "Not over yet.".to_owned();
    };
    let unit = if healed.rows == 1 { " row." } else { " rows." };
    let (after, rows) = (span(healed.after), healed.rows.to_string());
    ["Back after ", &after, ", caught up ", &rows, unit].concat()
}
