//! Locals numbered in the order in which they are first used: which one a function uses next for the first time goes
//! without saying then.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::leb;
use super::module::Function;

/// `local.get`, `local.set` and `local.tee`.
pub(super) const OF_LOCALS: std::ops::RangeInclusive<u8> = 0x20..=0x22;

/// Numbers a function's locals so. Parameters keep their numbers, and locals that are not used go.
pub(super) fn number_by_use(function: &mut Function<'_>) -> Result<()> {
    let types: Vec<u8> = function
        .locals
        .iter()
        .flat_map(|(count, ty)| std::iter::repeat_n(*ty, *count as usize))
        .collect();
    let mut numbers = BTreeMap::new();
    let mut runs: Vec<(u32, u8)> = Vec::new();
    for instruction in &mut function.instructions {
        if !OF_LOCALS.contains(&instruction.opcode) {
            continue;
        }
        let old = leb::unsigned(&instruction.operands)?;
        let Some(index) = old.checked_sub(function.parameters) else {
            continue;
        };
        let next = function.parameters + numbers.len() as u32;
        let number = *numbers.entry(old).or_insert(next);
        if number == next {
            let ty = *types.get(index as usize).context("a local is not there")?;
            match runs.last_mut() {
                Some((count, same)) if *same == ty => *count += 1,
                _ => runs.push((1, ty)),
            }
        }
        instruction.operands = Cow::Owned(leb::bytes(number));
    }
    function.locals = runs;
    Ok(())
}
