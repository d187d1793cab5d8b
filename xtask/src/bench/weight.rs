//! What the page weighs.

use anyhow::Result;
use serde_json::json;

use super::table::Table;
use crate::workspace::Workspace;
use crate::{page, weight};

/// Builds the page in release and weighs it.
///
/// # Errors
/// It does not build.
pub(super) fn run(workspace: &Workspace) -> Result<Table> {
    page::build_release(workspace)?;
    let parts = weight::parts(&workspace.dist())?;
    let (plain, compressed) = parts.iter().fold((0, 0), |(plain, compressed), part| {
        (plain + part.plain, compressed + part.compressed)
    });
    let allowed = if compressed <= weight::BUDGET {
        "yes"
    } else {
        "no"
    };
    let mut rows: Vec<_> = parts
        .iter()
        .map(|part| vec![json!(part.name), json!(part.plain), json!(part.compressed)])
        .collect();
    rows.push(vec![json!("all"), json!(plain), json!(compressed)]);
    rows.push(vec![
        json!(format!("allowed: {} in Brotli", weight::BUDGET)),
        json!(null),
        json!(allowed),
    ]);
    Ok(Table {
        name: "weight".to_owned(),
        title: "What the page weighs, in bytes".to_owned(),
        columns: ["part", "plain", "brotli 11"].map(str::to_owned).to_vec(),
        rows,
        notes: Vec::new(),
    })
}
