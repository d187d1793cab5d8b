//! A module in streams.
//!
//! - A code is an opcode, or stands for an instruction with its operand where the two come often (`WORDS`).
//! - A local is told by how many others were used since it was last: 1 is the one just used, 0 one that is new. What
//!   is read next was as a rule written or read a moment ago, in whatever function.
//! - Addresses of data are put with the high byte first, since neighbours share that.
//! - Operands of several parts have their length in bytes before them.

use anyhow::{Result, ensure};

use super::leb;
use super::module::{Function, Instruction, Module};
use super::streams::{Stream, Streams};

/// The code of an `i32.const` that is an address. No instruction of ours has this opcode, nor those of the words.
const ADDRESS: u8 = 0xd7;
/// The code of the first of the words.
const FIRST_WORD: u8 = 0xd8;

const I32_CONST: u8 = 0x41;
/// Where Rust's linker puts data: behind the stack. So many bytes of it have short addresses.
const DATA: i32 = 1 << 20;

/// What has a code of its own: an opcode, and the one byte of its operand. Found by trying what makes the page smaller.
const WORDS: [(u8, u8); 26] = {
    const VOID: u8 = 0x40;
    const I32: u8 = 0x7f;
    const I64: u8 = 0x7e;
    [
        // The local that is new, and those used last.
        (0x20, 0),
        (0x20, 1),
        (0x20, 2),
        (0x20, 3),
        (0x20, 4),
        (0x21, 1),
        (0x21, 2),
        (0x22, 1),
        // Blocks, loops and ifs.
        (0x02, VOID),
        (0x02, I32),
        (0x02, I64),
        (0x03, VOID),
        (0x03, I32),
        (0x03, I64),
        (0x04, VOID),
        (0x04, I32),
        (0x04, I64),
        // Branches out of the innermost.
        (0x0c, 0),
        (0x0d, 0),
        // The stack's end, and what is global beside it.
        (0x23, 0),
        (0x23, 1),
        (0x24, 0),
        (0x24, 1),
        // 0, 1 and -1.
        (I32_CONST, 0),
        (I32_CONST, 1),
        (I32_CONST, 0x7f),
    ]
};

/// How an operand is told.
enum Operand {
    None,
    Local,
    /// As the module has it.
    Number(Stream),
    /// The offset as the module has it, without the alignment.
    Memory(Stream),
    /// As the module has it, after its length in bytes.
    Counted(Stream),
}

impl Operand {
    /// What an opcode has, before an instruction that has a certain one.
    fn of(opcode: u8, next: Option<u8>) -> Self {
        match opcode {
            0x02..=0x04 | 0x0c | 0x0d | 0x23 | 0x24 => Self::Number(Stream::Indices),
            0x10 => Self::Number(Stream::Calls),
            0x20..=0x22 => Self::Local,
            0x28..=0x35 => Self::Memory(Stream::Loads),
            0x36..=0x3e => Self::Memory(Stream::Stores),
            // Before `i32.add` and `i32.sub`.
            I32_CONST if matches!(next, Some(0x6a | 0x6b)) => Self::Number(Stream::Sums),
            I32_CONST => Self::Number(Stream::Numbers),
            0x42 => Self::Number(Stream::Longs),
            0x0e => Self::Counted(Stream::Tables),
            0x11 | 0x1c | 0x25 | 0x26 | 0x3f | 0x40 | 0x43 | 0x44 | 0xd0 | 0xd2 | 0xfc => {
                Self::Counted(Stream::Rare)
            }
            _ => Self::None,
        }
    }
}

/// Puts a module into streams. Its locals are numbered in the order in which they are used.
pub(super) fn encoded(module: &Module<'_>) -> Result<Streams> {
    let mut streams = Streams::default();
    streams.of(Stream::Head).extend(module.head());
    streams.of(Stream::After).extend(module.after);
    streams
        .of(Stream::Words)
        .extend(WORDS.iter().flat_map(|(opcode, operand)| [opcode, operand]));
    for function in &module.functions {
        encode(function, &mut streams)?;
    }
    Ok(streams)
}

fn encode(function: &Function<'_>, streams: &mut Streams) -> Result<()> {
    streams
        .of(Stream::Declarations)
        .extend(function.declaration());
    let mut recent = Recent((0..function.parameters).collect());
    let mut following = function.instructions.iter().skip(1);
    for instruction in &function.instructions {
        let next = following.next().map(|next| next.opcode);
        encode_one(instruction, next, &mut recent, streams)?;
    }
    Ok(())
}

fn encode_one(
    instruction: &Instruction<'_>,
    next: Option<u8>,
    recent: &mut Recent,
    streams: &mut Streams,
) -> Result<()> {
    let Instruction { opcode, operands } = instruction;
    ensure!(
        !(ADDRESS..FIRST_WORD + WORDS.len() as u8).contains(opcode),
        "a packed file has no place for opcode {opcode:#x}"
    );
    let (stream, operand) = match Operand::of(*opcode, next) {
        Operand::None => {
            ensure!(
                operands.is_empty(),
                "a packed file does not know the operands of opcode {opcode:#x}"
            );
            streams.of(Stream::Codes).push(*opcode);
            return Ok(());
        }
        Operand::Local => {
            let rank = recent.rank(leb::unsigned(operands)?);
            (Stream::Locals, leb::bytes(rank))
        }
        Operand::Number(stream) => (stream, operands.to_vec()),
        Operand::Memory(stream) => {
            ensure!(
                operands.first() == Some(&0),
                "a packed file keeps no alignments: wasm-opt's --dealign takes them away"
            );
            (stream, operands[1..].to_vec())
        }
        Operand::Counted(stream) => {
            let mut counted = leb::bytes(operands.len() as u32);
            counted.extend(&**operands);
            (stream, counted)
        }
    };
    let word = WORDS
        .iter()
        .position(|(of, byte)| of == opcode && operand == [*byte]);
    if let Some(word) = word {
        streams.of(Stream::Codes).push(FIRST_WORD + word as u8);
    } else if let Some(address) = address(instruction)? {
        streams.of(Stream::Codes).push(ADDRESS);
        streams.of(Stream::Addresses).extend(address.to_be_bytes());
    } else {
        streams.of(Stream::Codes).push(*opcode);
        streams.of(stream).extend(operand);
    }
    Ok(())
}

/// An address as what it is behind the first one, if it is one and short.
fn address(instruction: &Instruction<'_>) -> Result<Option<u16>> {
    if instruction.opcode != I32_CONST {
        return Ok(None);
    }
    let value = leb::signed(&instruction.operands)?;
    Ok(u16::try_from(i64::from(value) - i64::from(DATA)).ok())
}

/// A function's locals that were used so far and its parameters, the last used first.
struct Recent(Vec<u32>);

impl Recent {
    /// What tells this one, which is the last used from now on.
    fn rank(&mut self, local: u32) -> u32 {
        let at = self.0.iter().position(|used| *used == local);
        if let Some(at) = at {
            self.0.remove(at);
        }
        self.0.insert(0, local);
        at.map_or(0, |at| at as u32 + 1)
    }
}
