//! `cargo xtask bench`: figures worth watching, a table each. Speed and size live here and not in tests: absolute times
//! are a machine's noise, so there are medians, and ratios where two things run side by side.

mod scripts;
mod table;
mod weight;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;
use table::Table;

/// A benchmark.
struct Bench {
    name: &'static str,
    what: &'static str,
    /// About how long it takes once everything is built.
    takes: &'static str,
    run: Run,
}

/// How a benchmark is run.
enum Run {
    /// By this program.
    Here(fn(&Workspace) -> Result<Table>),
    /// By `e2e/bench/<name>.mjs`, with the page and the cloud.
    Page,
    /// By such a script, with the cloud and many sockets.
    Sockets,
    /// By such a script, with Mosquitto beside them.
    Brokers,
}

/// To measure something else, add a line, and a script where that says so.
const BENCHES: &[Bench] = &[
    Bench {
        name: "weight",
        what: "what the page weighs",
        takes: "1 s",
        run: Run::Here(weight::run),
    },
    Bench {
        name: "paint",
        what: "from an event to the painted row at 10, 100 and 500 events a second, and both ways side by side",
        takes: "2.5 min",
        run: Run::Page,
    },
    Bench {
        name: "movies",
        what: "from a click to the total that has it among 100 voters, from a message to another's screen",
        takes: "2 min",
        run: Run::Page,
    },
    Bench {
        name: "calendar",
        what: "frames of a month with 500 events: stepping, scrolling, events that arrive",
        takes: "1.5 min",
        run: Run::Page,
    },
    Bench {
        name: "frames",
        what: "frames missed at 500 events a second, and whether the reader's place is kept",
        takes: "1.5 min",
        run: Run::Page,
    },
    Bench {
        name: "recover",
        what: "from a dropped socket, or 10 s of refused connections, to gapless",
        takes: "3 min",
        run: Run::Page,
    },
    Bench {
        name: "load-page",
        what: "a first visit: first paint, first live row, compiling, bytes",
        takes: "30 s",
        run: Run::Page,
    },
    Bench {
        name: "memory",
        what: "the page's memory after 1,000, 20,000 and 100,000 events",
        takes: "4 min",
        run: Run::Page,
    },
    Bench {
        name: "fanout",
        what: "an event to 1,000 sockets, beside a server on Node",
        takes: "2 min",
        run: Run::Sockets,
    },
    Bench {
        name: "mqtt-fanout",
        what: "an MQTT message to 1,000 subscribers, beside Mosquitto, with QoS 0 and 1",
        takes: "4 min",
        run: Run::Brokers,
    },
    Bench {
        name: "restaurant",
        what: "orders through queue and workflow to their end, and what ten thousand queued do to that",
        takes: "1 min",
        run: Run::Sockets,
    },
    Bench {
        name: "idle",
        what: "10,000 sockets that wait: memory, and whether an event reaches them",
        takes: "1 min",
        run: Run::Sockets,
    },
];

/// Runs the named benchmarks, or all, and prints their tables; `target/bench` keeps them as JSON.
///
/// # Errors
/// A name is unknown, or something cannot be measured.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| find(name).is_none()) {
        bail!("there is no benchmark `{unknown}`; there are:\n{}", list());
    }
    let all = names.is_empty();
    if all {
        println!(
            "All of them; with everything built, about a quarter of an hour:\n{}",
            list()
        );
    }
    let wanted = BENCHES
        .iter()
        .filter(|bench| all || names.iter().any(|name| name == bench.name));
    let folder = workspace.target.join("bench");
    fs::create_dir_all(&folder)?;
    let mut built = scripts::Built::default();
    let (mut tables, mut failed) = (Vec::new(), Vec::new());
    for bench in wanted {
        println!("\n{}: {} (about {})", bench.name, bench.what, bench.takes);
        let out = folder.join(bench.name).with_extension("json");
        let (measured, took) = process::timed(|| match bench.run {
            Run::Here(run) => run(workspace).and_then(|table| {
                let json = serde_json::to_vec_pretty(&table)?;
                fs::write(&out, json).context("the table cannot be kept")?;
                Ok(table)
            }),
            Run::Page => scripts::run(workspace, bench.name, &out, built.for_page(workspace)?),
            Run::Sockets => {
                scripts::run(workspace, bench.name, &out, built.for_sockets(workspace)?)
            }
            Run::Brokers => {
                scripts::run(workspace, bench.name, &out, built.for_brokers(workspace)?)
            }
        });
        match measured {
            Ok(table) => {
                print!("\n{table}");
                println!("  took {}; {}", process::duration(took), out.display());
                tables.push(table);
            }
            // The others may still be measured.
            Err(error) => {
                eprintln!("{} could not be measured: {error:#}", bench.name);
                failed.push(bench.name);
            }
        }
    }
    if tables.len() > 1 {
        println!("\nTogether:");
        tables.iter().for_each(|table| print!("\n{table}"));
    }
    if !failed.is_empty() {
        bail!("not measured: {}", failed.join(", "));
    }
    Ok(())
}

fn find(name: &str) -> Option<&'static Bench> {
    BENCHES.iter().find(|bench| bench.name == name)
}

fn list() -> String {
    BENCHES
        .iter()
        .map(
            |Bench {
                 name, what, takes, ..
             }| format!("  {name:<11} {what} ({takes})"),
        )
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_benchmark_has_a_name_of_its_own_and_its_script() {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e/bench");
        for (index, bench) in BENCHES.iter().enumerate() {
            assert!(
                BENCHES[..index]
                    .iter()
                    .all(|other| other.name != bench.name)
            );
            let script = scripts.join(bench.name).with_extension("mjs");
            let expected = !matches!(bench.run, Run::Here(_));
            assert_eq!(script.is_file(), expected, "{}", script.display());
        }
    }

    #[test]
    fn the_list_names_them_all() {
        assert!(BENCHES.iter().all(|bench| list().contains(bench.name)));
        assert!(find("frames").is_some() && find("frame").is_none());
    }
}
