//! LEB128, in as few bytes as it takes. Source: the WebAssembly core specification, "Integers".

use anyhow::Result;
use wasmparser::BinaryReader;

pub(super) fn write(mut value: u32, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn bytes(value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

pub(super) fn unsigned(bytes: &[u8]) -> Result<u32> {
    Ok(BinaryReader::new(bytes, 0).read_var_u32()?)
}

pub(super) fn signed(bytes: &[u8]) -> Result<i32> {
    Ok(BinaryReader::new(bytes, 0).read_var_i32()?)
}
