//! The page's wasm in a form that Brotli compresses better: a sixth less travels.
//!
//! A module mixes opcodes, locals, offsets, constants and callees byte by byte. A packed file has each of them in a
//! stream of its own (`streams`), where what looks alike stands together, and says by `encode` what can be told from
//! what was before. `unpack.js`, which travels with the page, makes a module of it again; `load.js` starts that.
//!
//! The module that comes out is not the one that went in but its equal: its locals are numbered in the order in which
//! they are first used (`locals`). Of that one each byte comes back, which `check` tries in Node with the source of
//! the script that the page carries.

mod encode;
mod leb;
mod locals;
mod module;
mod streams;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use module::Module;
pub(crate) use streams::pieces;

/// How a packed file's name ends.
pub(crate) const EXTENSION: &str = "bin";

/// What the page's script needs to load a packed file: it takes the place of wasm-bindgen's own `__wbg_load`.
pub(crate) const LOADER: &str =
    concat!(include_str!("pack/unpack.js"), include_str!("pack/load.js"));

/// The unpacker for Node: unpacks each file that it is told into one with `.wasm` behind its name.
const IN_NODE: &str = concat!(
    include_str!("pack/unpack.js"),
    include_str!("pack/in-node.js")
);

/// A module and its packed form.
pub(crate) struct Packed {
    /// The module that comes of unpacking.
    pub(crate) module: Vec<u8>,
    /// What travels.
    pub(crate) file: Vec<u8>,
}

/// Packs a module.
///
/// # Errors
/// It is no module, or it has instructions or types that a packed file has no place for.
pub(crate) fn pack(wasm: &[u8]) -> Result<Packed> {
    let mut module = Module::parse(wasm).context("the wasm cannot be read")?;
    for function in &mut module.functions {
        locals::number_by_use(function)?;
    }
    let file = encode::encoded(&module)?.file(module.bytes().len());
    Ok(Packed {
        module: module.bytes(),
        file,
    })
}

/// Unpacks in Node what was packed, in a folder for it, and compares.
///
/// # Errors
/// Node fails, or another module comes out.
pub(crate) fn check(node: &mut Command, folder: &Path, packed: &[Packed]) -> Result<()> {
    let script = folder.join("unpack.mjs");
    fs::write(&script, IN_NODE)?;
    node.arg(&script);
    let name = |number| folder.join(format!("packed-{number}"));
    for (number, packed) in packed.iter().enumerate() {
        fs::write(name(number), &packed.file)?;
        node.arg(name(number));
    }
    process::read(node)?;
    for (number, packed) in packed.iter().enumerate() {
        let unpacked = fs::read(name(number).with_extension("wasm"))?;
        ensure!(
            unpacked == packed.module,
            "what is unpacked is not what was packed (module {number})"
        );
    }
    Ok(())
}
