//! How many generated cases, and from which seed: one rule for every crate's tests.
#![allow(clippy::print_stdout, reason = "all of it is for tests")]

use proptest::test_runner::{Config, RngSeed};

/// So many cases with every test, so many under `cargo xtask test --soak`; without it `PROPTEST_CASES` asks for another
/// number. The seed is printed; `PROPTEST_RNG_SEED` sets it.
pub(super) fn cases(what: &str, plain: u32, soak: u32) -> Config {
    let mut config = Config::default();
    if std::env::var_os("EDDY_SOAK").is_some() {
        config.cases = soak;
    } else if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = plain;
    }
    if config.rng_seed == RngSeed::Random {
        let mut seed = [0; 8];
        net::random::fill(&mut seed);
        config.rng_seed = RngSeed::Fixed(u64::from_ne_bytes(seed));
    }
    println!(
        "{what}: {} cases, PROPTEST_RNG_SEED={}",
        config.cases, config.rng_seed
    );
    config
}
