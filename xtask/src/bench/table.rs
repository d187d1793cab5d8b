//! What a benchmark comes to.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A table: texts to the left, figures to the right.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Table {
    /// The benchmark's name.
    pub(super) name: String,
    /// What is measured, and in which unit where there is but one.
    pub(super) title: String,
    /// The columns' names.
    pub(super) columns: Vec<String>,
    /// Texts, numbers and nulls, one a column.
    pub(super) rows: Vec<Vec<Value>>,
    /// What one has to know to read it.
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head: Vec<String> = self.columns.clone();
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(text).collect())
            .collect();
        let width = |column: usize| {
            let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        // A column is of figures if it holds any.
        let is_figures = |column: usize| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.any(Value::is_number)
        };
        writeln!(f, "{}: {}", self.name, self.title)?;
        for row in std::iter::once(&head).chain(&rows) {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = widths.get(column).copied().unwrap_or(0);
                line += &if is_figures(column) {
                    format!("  {cell:>width$}")
                } else {
                    format!("  {cell:<width$}")
                };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "  ({note})")?;
        }
        Ok(())
    }
}

fn text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_stand_under_each_other() {
        let table: Table = serde_json::from_value(json!({
            "name": "n", "title": "t", "columns": ["what", "a"],
            "rows": [["x", 1.5], ["longer", 22], ["aim", null]], "notes": ["so"], "seconds": 3
        }))
        .unwrap();
        let expected = "n: t\n  what      a\n  x       1.5\n  longer   22\n  aim\n  (so)\n";
        assert_eq!(table.to_string(), expected);
    }
}
