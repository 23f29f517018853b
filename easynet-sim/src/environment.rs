//! What the environment says about simulations.

use std::ops::Range;

/// `EASYNET_SEED`: the one seed to use.
///
/// # Panics
///
/// When it is set, and is no number.
pub(crate) fn seed() -> Option<u64> {
    let text = read("EASYNET_SEED")?;
    match parse(&text) {
        Some(seed) => Some(seed),
        None => panic!("EASYNET_SEED is a number, such as 7, not `{text}`"),
    }
}

/// `EASYNET_SEEDS`: how many seeds to try, or which: `1000`, `1000..2000`.
///
/// # Panics
///
/// When it is set, and is neither, or is no seed at all.
pub(crate) fn seeds() -> Option<Range<u64>> {
    let text = read("EASYNET_SEEDS")?;
    match parse_range(&text) {
        Some(seeds) => Some(seeds),
        None => panic!(
            "EASYNET_SEEDS is a number of seeds, such as 64, or a range, such as 64..128, not `{text}`"
        ),
    }
}

/// `EASYNET_TRACE`: whether runs print what they do.
pub(crate) fn traces() -> bool {
    read("EASYNET_TRACE").is_some_and(|text| text != "0")
}

fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn parse(text: &str) -> Option<u64> {
    text.trim().replace('_', "").parse().ok()
}

fn parse_range(text: &str) -> Option<Range<u64>> {
    let seeds = match text.split_once("..") {
        Some((first, end)) => parse(first)?..parse(end)?,
        None => 0..parse(text)?,
    };
    (!seeds.is_empty()).then_some(seeds)
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_range};

    #[test]
    fn a_seed_is_a_number() {
        assert_eq!(parse("7"), Some(7));
        assert_eq!(parse(" 1_000 "), Some(1000));
        assert_eq!(parse("seven"), None);
        assert_eq!(parse("-1"), None);
    }

    #[test]
    fn seeds_are_a_number_of_them_or_a_range() {
        assert_eq!(parse_range("64"), Some(0..64));
        assert_eq!(parse_range("64..128"), Some(64..128));
        assert_eq!(parse_range("0"), None);
        assert_eq!(parse_range("8..8"), None);
        assert_eq!(parse_range("many"), None);
    }
}
