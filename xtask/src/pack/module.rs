//! A module as the packer sees it: its functions, and what stands before and behind them.

use std::borrow::Cow;

use anyhow::{Context, Result, ensure};
use wasmparser::{
    BinaryReader, CodeSectionReader, FunctionBody, FunctionSectionReader, TypeSectionReader,
};

use super::leb;

/// How each module begins: its name and the format's version.
const START: &[u8] = b"\0asm\x01\0\0\0";
const TYPES: u8 = 1;
const FUNCTIONS: u8 = 3;
const CODE: u8 = 10;

pub(super) struct Module<'a> {
    /// All before the code section.
    before: &'a [u8],
    pub(super) functions: Vec<Function<'a>>,
    /// All behind it.
    pub(super) after: &'a [u8],
}

pub(super) struct Function<'a> {
    /// How many parameters it has: they are its first locals.
    pub(super) parameters: u32,
    /// Its other locals, in runs of one type: how many, and which.
    pub(super) locals: Vec<(u32, u8)>,
    pub(super) instructions: Vec<Instruction<'a>>,
}

pub(super) struct Instruction<'a> {
    pub(super) opcode: u8,
    /// All that follows the opcode's first byte.
    pub(super) operands: Cow<'a, [u8]>,
}

impl<'a> Module<'a> {
    pub(super) fn parse(wasm: &'a [u8]) -> Result<Self> {
        ensure!(wasm.starts_with(START), "it is no module");
        let mut reader = BinaryReader::new(wasm, 0);
        reader.read_bytes(START.len())?;
        let (mut types, mut functions) = (Vec::new(), Vec::new());
        while !reader.eof() {
            let start = usize::try_from(reader.original_position())?;
            let section = reader.read_u8()?;
            let size = usize::try_from(reader.read_var_u32()?)?;
            let contents = BinaryReader::new(reader.read_bytes(size)?, 0);
            match section {
                TYPES => types = parameters(contents)?,
                FUNCTIONS => {
                    for ty in FunctionSectionReader::new(contents)? {
                        let parameters = types.get(usize::try_from(ty?)?);
                        functions.push(*parameters.context("a function has no type")?);
                    }
                }
                CODE => {
                    let bodies = CodeSectionReader::new(contents)?.into_iter();
                    let pairs = functions.iter().zip(bodies);
                    return Ok(Self {
                        before: &wasm[..start],
                        functions: pairs
                            .map(|(parameters, body)| Function::parse(*parameters, &body?))
                            .collect::<Result<_>>()?,
                        after: &wasm[usize::try_from(reader.original_position())?..],
                    });
                }
                _ => {}
            }
        }
        anyhow::bail!("it has no code")
    }

    /// All before the first function: the sections, and of the code section its size and how many functions it has.
    pub(super) fn head(&self) -> Vec<u8> {
        self.head_of(&self.bodies())
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let bodies = self.bodies();
        [&self.head_of(&bodies), &bodies, self.after].concat()
    }

    fn head_of(&self, bodies: &[u8]) -> Vec<u8> {
        let count = leb::bytes(self.functions.len() as u32);
        let mut head = self.before.to_owned();
        head.push(CODE);
        leb::write((count.len() + bodies.len()) as u32, &mut head);
        head.extend(count);
        head
    }

    fn bodies(&self) -> Vec<u8> {
        let mut bodies = Vec::new();
        for function in &self.functions {
            let body = function.body();
            leb::write(body.len() as u32, &mut bodies);
            bodies.extend(body);
        }
        bodies
    }
}

/// How many parameters each type has.
fn parameters(types: BinaryReader<'_>) -> Result<Vec<u32>> {
    TypeSectionReader::new(types)?
        .into_iter_err_on_gc_types()
        .map(|ty| Ok(ty?.params().len() as u32))
        .collect()
}

impl<'a> Function<'a> {
    fn parse(parameters: u32, body: &FunctionBody<'a>) -> Result<Self> {
        let start = body.range().start;
        let within = |position: u64| -> Result<usize> { Ok(usize::try_from(position - start)?) };
        let bytes = body.as_bytes();
        let mut reader = body.get_binary_reader();
        let mut locals = Vec::new();
        for _ in 0..reader.read_var_u32()? {
            locals.push((reader.read_var_u32()?, reader.read_u8()?));
        }
        let mut operators = body.get_operators_reader()?;
        ensure!(
            reader.original_position() == operators.original_position(),
            "a local's type is of several bytes"
        );
        let mut instructions = Vec::new();
        while !operators.eof() {
            let first = within(operators.original_position())?;
            operators.read()?;
            let end = within(operators.original_position())?;
            instructions.push(Instruction {
                opcode: bytes[first],
                operands: Cow::Borrowed(&bytes[first + 1..end]),
            });
        }
        Ok(Self {
            parameters,
            locals,
            instructions,
        })
    }

    /// The locals' declaration, as a module has it.
    pub(super) fn declaration(&self) -> Vec<u8> {
        let mut bytes = leb::bytes(self.locals.len() as u32);
        for (count, ty) in &self.locals {
            leb::write(*count, &mut bytes);
            bytes.push(*ty);
        }
        bytes
    }

    fn body(&self) -> Vec<u8> {
        let mut bytes = self.declaration();
        for instruction in &self.instructions {
            bytes.push(instruction.opcode);
            bytes.extend(&*instruction.operands);
        }
        bytes
    }
}
