//! wasm-bindgen's glue, as lines. What it writes is regular; where a later version writes otherwise, this fails rather
//! than guess.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Result, bail, ensure};

/// The module that the wasm imports from, as wasm-bindgen calls it.
pub(super) const MODULE: &str = "./eddy_bg.js";
/// As wasm-opt calls it.
const SHORT_MODULE: &str = "a";

/// How the function begins that loads the wasm: from an answer to a request, for its imports.
const LOADER: &str = "async function __wbg_load(module, imports) {";

/// How it is called.
const LOADS: &str = "__wbg_load(await module_or_path, ";

/// The glue of a page: a list of functions for the wasm, and calls of its exports as `wasm.name`.
pub(super) struct Glue {
    lines: Vec<String>,
}

impl Glue {
    /// Reads a glue and leaves out its exported classes, which a page does not use. `None` if it is minified already.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !text.contains(&quoted(MODULE)) {
            return None;
        }
        let mut lines = Vec::new();
        let mut rest = text.lines();
        while let Some(line) = rest.next() {
            if line.starts_with("export class ") {
                skip_to(&mut rest, |line| line == "}");
            } else if line.starts_with("const ") && line.contains("Finalization = ") {
                if !line.ends_with(';') {
                    skip_to(&mut rest, |line| line.ends_with(';'));
                }
            } else if line.starts_with("export { initSync, ") {
                lines.push(line.replace("initSync, ", ""));
            } else if !line.starts_with("if (Symbol.dispose) ") {
                lines.push(line.to_owned());
            }
        }
        Some(Self { lines })
    }

    /// The wasm's exports that it uses.
    pub(super) fn exports(&self) -> BTreeSet<&str> {
        let lines = self.lines.iter();
        lines
            .flat_map(|line| calls(line))
            .map(|call| call.1)
            .collect()
    }

    /// Takes out the function that loads the wasm, since another one takes its place. That one waits for the answer
    /// itself: an address that nobody answers at is for it to tell, too.
    pub(super) fn without_loader(&mut self) -> Result<()> {
        let mut lines = self.lines.iter();
        let start = lines.position(|line| line.starts_with(LOADER));
        let length = lines.position(|line| line == "}");
        let (Some(start), Some(length)) = (start, length) else {
            bail!("the glue has no `{LOADER}`: wasm-bindgen writes otherwise than it did");
        };
        self.lines.drain(start..start + length + 2);
        let mut calls = self.lines.iter_mut().filter(|line| line.contains(LOADS));
        let Some(call) = calls.next() else {
            bail!("the glue has no `{LOADS}`: wasm-bindgen writes otherwise than it did");
        };
        *call = call.replace(LOADS, "__wbg_load(module_or_path, ");
        Ok(())
    }

    /// Gives imports and exports their short names; what the wasm does not import goes.
    pub(super) fn rename(
        &mut self,
        imports: &BTreeMap<&str, &str>,
        exports: &BTreeMap<&str, &str>,
    ) -> Result<()> {
        let mut renamed = 0;
        let mut lines = Vec::new();
        let mut old = std::mem::take(&mut self.lines).into_iter();
        while let Some(line) = old.next() {
            match entry(&line) {
                Some((name, body)) => match imports.get(name) {
                    Some(short) => {
                        renamed += 1;
                        lines.push(with_calls(
                            &format!("        {}: {body}", quoted(short)),
                            exports,
                        ));
                    }
                    None if line.ends_with(',') => {}
                    None => drop(old.find(|line| line == "        },")),
                },
                None => lines.push(
                    with_calls(&line, exports).replace(&quoted(MODULE), &quoted(SHORT_MODULE)),
                ),
            }
        }
        self.lines = lines;
        ensure!(
            renamed == imports.len(),
            "the wasm imports {} functions and the glue has {renamed} of them: wasm-bindgen writes otherwise than it did",
            imports.len()
        );
        Ok(())
    }
}

impl fmt::Display for Glue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn skip_to<'a>(lines: &mut impl Iterator<Item = &'a str>, last: fn(&str) -> bool) {
    let _ = lines.find(|line| last(line));
}

/// A function for the wasm: its name and how it begins.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (name, body) = line.strip_prefix("        ")?.split_once(": ")?;
    name.starts_with("__wb").then_some((name, body))
}

/// Each `wasm.name` in a line: where the name begins, and the name.
fn calls(line: &str) -> impl Iterator<Item = (usize, &str)> {
    const OBJECT: &str = "wasm.";
    line.match_indices(OBJECT)
        .filter(|(at, _)| !line[..*at].ends_with(is_of_name))
        .map(|(at, _)| {
            let start = at + OBJECT.len();
            let name = &line[start..];
            (
                start,
                &name[..name.find(|c| !is_of_name(c)).unwrap_or(name.len())],
            )
        })
        .filter(|(_, name)| !name.is_empty())
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

fn with_calls(line: &str, exports: &BTreeMap<&str, &str>) -> String {
    let mut text = String::with_capacity(line.len());
    let mut done = 0;
    for (start, name) in calls(line) {
        text.push_str(&line[done..start]);
        text.push_str(exports.get(name).unwrap_or(&name));
        done = start + name.len();
    }
    text + &line[done..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = r#"/* types */
export class Sink {
    free() {
        wasm.__wbg_sink_free(1);
    }
}
if (Symbol.dispose) Sink.prototype[Symbol.dispose] = Sink.prototype.free;
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_now_1: function() { return Date.now(); },
        __wbg_gone_2: function() { return 1; },
        __wbg_close_3: function(arg0) {
            wasm.__wbindgen_exn_store(arg0);
        },
        __wbg_gone_4: function(arg0) {
            return wasm.memory;
        },
    };
    return {
        __proto__: null,
        "./eddy_bg.js": import0,
    };
}
const SinkFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_sink_free(ptr));
let wasm, notwasm;
async function __wbg_load(module, imports) {
    if (module instanceof Response) {
        return stream;
    }
}
async function init() { return await __wbg_load(await module_or_path, imports); }
function start() { wasm.__wbindgen_start(); return notwasm.x; }
export { initSync, __wbg_init as default };
"#;

    #[test]
    fn what_nobody_uses_goes_and_names_become_short() {
        let mut glue = Glue::parse(GLUE).unwrap();
        assert_eq!(
            glue.exports().into_iter().collect::<Vec<_>>(),
            ["__wbindgen_exn_store", "__wbindgen_start", "memory"]
        );
        let imports = BTreeMap::from([("__wbg_now_1", "x"), ("__wbg_close_3", "y")]);
        let exports = BTreeMap::from([("__wbindgen_start", "s"), ("__wbindgen_exn_store", "e")]);
        glue.rename(&imports, &exports).unwrap();
        glue.without_loader().unwrap();
        assert!(glue.without_loader().is_err());
        let text = glue.to_string();
        for part in [
            "        \"x\": function() { return Date.now(); },\n",
            "        \"y\": function(arg0) {\n            wasm.e(arg0);\n        },\n",
            "\"a\": import0",
            "wasm.s(); return notwasm.x",
            "export { __wbg_init as default };",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(
            !text.contains("Sink") && !text.contains("gone") && !text.contains("stream"),
            "{text}"
        );
        assert!(Glue::parse(&text).is_none());
    }

    #[test]
    fn another_way_of_writing_is_refused() {
        let mut glue = Glue::parse(GLUE).unwrap();
        let imports = BTreeMap::from([("__wbg_other_5", "x")]);
        assert!(glue.rename(&imports, &BTreeMap::new()).is_err());
    }
}
