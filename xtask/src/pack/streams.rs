//! The streams of a packed file, and the file.
//!
//! It begins with the length of the module and of each stream in bytes, 32 bits each, the lowest first. Then come the
//! streams.

use anyhow::{Context, Result};

/// What stands together. `unpack.js` names them in this order.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    /// The module up to its first function.
    Head,
    /// The module behind its last function.
    After,
    /// Instructions that have a code of their own: opcode and operand.
    Words,
    /// Each function's declaration of locals.
    Declarations,
    /// A code an instruction.
    Codes,
    /// Locals, by how long ago they were used.
    Locals,
    /// Types of blocks, depths of branches, globals.
    Indices,
    Calls,
    /// Offsets.
    Loads,
    /// Offsets.
    Stores,
    /// Constants that something is added to or taken from.
    Sums,
    /// Other constants.
    Numbers,
    /// Constants that are addresses of data.
    Addresses,
    /// Constants of 64 bits.
    Longs,
    /// Tables of branches.
    Tables,
    /// All other operands.
    Rare,
}

const COUNT: usize = Stream::Rare as usize + 1;
/// Bytes of a length.
const LENGTH: usize = 4;
const HEADER: usize = LENGTH * (1 + COUNT);

#[derive(Default)]
pub(super) struct Streams([Vec<u8>; COUNT]);

impl Streams {
    pub(super) fn of(&mut self, stream: Stream) -> &mut Vec<u8> {
        &mut self.0[stream as usize]
    }

    /// The packed file of a module that has so many bytes.
    pub(super) fn file(&self, module: usize) -> Vec<u8> {
        let lengths = self.0.iter().map(Vec::len);
        let mut file = Vec::new();
        for length in std::iter::once(module).chain(lengths) {
            file.extend((length as u32).to_le_bytes());
        }
        self.0.iter().for_each(|stream| file.extend(stream));
        file
    }
}

/// A packed file in the pieces that are best compressed one by one: its streams, the first with the header before it.
///
/// # Errors
/// It is none.
pub(crate) fn pieces(file: &[u8]) -> Result<Vec<&[u8]>> {
    const SHORT: &str = "a packed file is too short";
    let header = file.get(LENGTH..HEADER).context(SHORT)?;
    let (mut pieces, mut start, mut end) = (Vec::new(), 0, HEADER);
    for length in header.chunks_exact(LENGTH) {
        end += u32::from_le_bytes(length.try_into()?) as usize;
        pieces.push(file.get(start..end).context(SHORT)?);
        start = end;
    }
    Ok(pieces)
}
