//! Generated modules, packed and unpacked by the page's own script.

use std::hash::{BuildHasher as _, RandomState};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use super::*;

/// How many locals a generated function declares, a half of each type.
const LOCALS: u32 = 300;

/// One thing in a function's body.
#[derive(Clone, Debug)]
enum Item {
    Plain(Vec<u8>),
    Local(u8, u32),
    Open(u8, u8),
    Close,
}

fn number(opcode: u8, value: impl Strategy<Value = u32> + 'static) -> BoxedStrategy<Item> {
    let bytes = move |value| [vec![opcode], leb::bytes(value)].concat();
    value
        .prop_map(move |value| Item::Plain(bytes(value)))
        .boxed()
}

fn signed(opcode: u8, value: impl Strategy<Value = i64> + 'static) -> BoxedStrategy<Item> {
    let bytes = move |mut value: i64| {
        let mut bytes = vec![opcode];
        while !(-64..64).contains(&value) {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8 & 0x7f);
        bytes
    };
    value
        .prop_map(move |value| Item::Plain(bytes(value)))
        .boxed()
}

fn item() -> impl Strategy<Value = Item> {
    let plain = prop_oneof![
        Just(vec![0x6a]),
        Just(vec![0x6b]),
        Just(vec![0x1a]),
        Just(vec![0xad]),
        Just(vec![0xfc, 3]),
        Just(vec![0xfc, 10, 0, 0]),
        Just(vec![0x11, 2, 0]),
        Just(vec![0x44, 1, 2, 3, 4, 5, 6, 7, 0xf8]),
        Just(vec![0xd0, 0x6f]),
        Just(vec![0x1c, 1, 0x6f]),
        vec(0_u8..128, 1..200).prop_map(|targets| {
            let count = leb::bytes(targets.len() as u32 - 1);
            [vec![0x0e], count, targets].concat()
        }),
        (0x28_u8..=0x3e, any::<u32>())
            .prop_map(|(opcode, offset)| { [vec![opcode, 0], leb::bytes(offset)].concat() }),
    ];
    prop_oneof![
        4 => plain.prop_map(Item::Plain),
        6 => (0x20_u8..=0x22, prop_oneof![0_u32..8, any::<u32>()]).prop_map(|(opcode, local)| Item::Local(opcode, local)),
        2 => signed(0x41, prop_oneof![-2_i64..3, (0_i64..1 << 17).prop_map(|at| at + (1 << 20) - 99), any::<i32>().prop_map(i64::from)]),
        1 => signed(0x42, any::<i64>()),
        1 => number(0x10, any::<u32>()),
        1 => number(0x0c, 0_u32..4),
        1 => number(0x23, 0_u32..4),
        1 => (2_u8..=4, prop_oneof![Just(0x40_u8), Just(0x7f), Just(0x7b), Just(0x05)]).prop_map(|(opcode, ty)| Item::Open(opcode, ty)),
        1 => Just(Item::Close),
    ]
}

fn body(parameters: u32, items: &[Item]) -> Vec<u8> {
    let mut body = vec![2];
    for ty in [0x7f, 0x7e] {
        leb::write(LOCALS / 2, &mut body);
        body.push(ty);
    }
    let mut open = 1;
    for item in items {
        match item {
            Item::Plain(bytes) => body.extend(bytes),
            Item::Local(opcode, local) => {
                body.push(*opcode);
                leb::write(local % (parameters + LOCALS), &mut body);
            }
            Item::Open(opcode, ty) => {
                open += 1;
                body.extend([*opcode, *ty]);
            }
            Item::Close if open > 1 => {
                open -= 1;
                body.push(0x0b);
            }
            Item::Close => {}
        }
    }
    body.extend(vec![0x0b; open]);
    body
}

fn section(id: u8, entries: &[Vec<u8>]) -> Vec<u8> {
    let contents = [leb::bytes(entries.len() as u32), entries.concat()].concat();
    [vec![id], leb::bytes(contents.len() as u32), contents].concat()
}

/// A module whose functions have so many parameters and do this. It need not be valid: only its form matters here.
fn module(functions: &[(u32, Vec<Item>)]) -> Vec<u8> {
    let ty = |(parameters, _): &(u32, _)| {
        [
            vec![0x60],
            leb::bytes(*parameters),
            vec![0x7f; *parameters as usize],
            vec![1, 0x7f],
        ]
        .concat()
    };
    let code = |(parameters, items): &(u32, Vec<Item>)| {
        let body = body(*parameters, items);
        [leb::bytes(body.len() as u32), body].concat()
    };
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &functions.iter().map(ty).collect::<Vec<_>>()),
        section(
            3,
            &(0..functions.len() as u32)
                .map(leb::bytes)
                .collect::<Vec<_>>(),
        ),
        section(10, &functions.iter().map(code).collect::<Vec<_>>()),
        section(11, &[b"data".to_vec()]),
    ]
    .concat()
}

/// As `tests/common/cases.rs` has it, whose randomness is the page's and not here.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("EDDY_SOAK").is_some() {
        config.cases = 3_000;
    } else if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 100;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(RandomState::new().hash_one(0));
    }
    println!(
        "packed modules: {} cases, PROPTEST_RNG_SEED={}",
        config.cases, config.rng_seed
    );
    config
}

#[test]
fn what_is_packed_is_unpacked() {
    let config = config();
    let mut runner = TestRunner::new(config.clone());
    let functions = vec((0_u32..200, vec(item(), 0..300)), 0..12);
    let packed: Vec<Packed> = (0..config.cases)
        .map(|_| functions.new_tree(&mut runner).unwrap().current())
        .map(|functions| pack(&module(&functions)).unwrap())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    check(&mut Command::new("node"), folder.path(), &packed).unwrap();
}

#[test]
fn locals_are_numbered_by_their_first_use_and_those_unused_go() {
    let items = [(0x21, 9), (0x20, 1), (0x20, 200), (0x22, 9)]
        .map(|(opcode, local)| Item::Local(opcode, local));
    let wasm = module(&[(2, items.to_vec())]);
    let packed = pack(&wasm).unwrap();
    let module = Module::parse(&packed.module).unwrap();
    let function = &module.functions[0];
    assert_eq!(function.locals, [(1, 0x7f), (1, 0x7e)]);
    let used: Vec<_> = function
        .instructions
        .iter()
        .flat_map(|it| it.operands.to_vec())
        .collect();
    assert_eq!(used, [2, 1, 3, 2]);
}

#[test]
fn what_has_no_place_is_refused_by_its_name() {
    for (instruction, words) in [
        (vec![0x28, 2, 0], "--dealign"),
        (vec![0x12, 0], "opcode 0x12"),
        (vec![0xfd, 12], "cannot be read"),
    ] {
        let wasm = module(&[(0, vec![Item::Plain(instruction)])]);
        let error = format!("{:#}", pack(&wasm).err().unwrap());
        assert!(error.contains(words), "{error}");
    }
    assert!(pack(b"no module").is_err());
}

#[test]
fn a_file_comes_in_pieces_and_a_broken_one_is_none() {
    let packed = pack(&module(&[(1, Vec::new())])).unwrap();
    let pieces = pieces(&packed.file).unwrap();
    assert_eq!(pieces.concat(), packed.file);
    assert!(super::pieces(&packed.file[..packed.file.len() - 1]).is_err());
}
