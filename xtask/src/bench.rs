//! `cargo xtask bench`: figures worth watching, one a row.

use anyhow::Result;

use crate::page;
use crate::weight;
use crate::workspace::Workspace;

/// One figure.
struct Figure {
    what: String,
    value: String,
    unit: &'static str,
}

/// Measures some figures.
type Source = fn(&Workspace) -> Result<Vec<Figure>>;

/// Where figures come from. To measure something else, add its function.
const SOURCES: &[Source] = &[page_weight];

/// Measures and prints a table.
///
/// # Errors
/// Something cannot be measured.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut figures = Vec::new();
    for source in SOURCES {
        figures.extend(source(workspace)?);
    }
    println!("\n{:<60} {:>12}  unit", "what", "value");
    for Figure { what, value, unit } in figures {
        println!("{what:<60} {value:>12}  {unit}");
    }
    Ok(())
}

fn page_weight(workspace: &Workspace) -> Result<Vec<Figure>> {
    page::build_release(workspace)?;
    let parts = weight::parts(&workspace.dist())?;
    let figure = |what: &str, bytes: usize| Figure {
        what: format!("page weight, brotli 11: {what}"),
        value: bytes.to_string(),
        unit: "bytes",
    };
    let sum = parts.iter().map(|part| part.compressed).sum();
    Ok(parts
        .iter()
        .map(|part| figure(&part.name, part.compressed))
        .chain([figure("all", sum)])
        .collect())
}
