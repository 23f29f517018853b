//! Delays: a `Duration`, or a number with a unit.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::errors::Errors;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// The units, and how many nanoseconds each has.
const UNITS: [(&str, u128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOS_PER_SECOND),
    ("min", 60 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
];

/// What people write for a unit, and its name here.
const ALIASES: [(&str, &[&str]); 6] = [
    ("ns", &["nano", "nanos", "nsec", "nanosecond", "nanoseconds"]),
    (
        "us",
        &["micro", "micros", "usec", "microsecond", "microseconds", "μs"],
    ),
    (
        "ms",
        &[
            "milli",
            "millis",
            "msec",
            "millisecond",
            "milliseconds",
            "MS",
            "mS",
        ],
    ),
    ("s", &["sec", "secs", "second", "seconds", "S"]),
    ("min", &["mins", "minute", "minutes", "Min"]),
    ("h", &["hr", "hrs", "hour", "hours", "H"]),
];

/// The suffixes of Rust's own numbers, which are no units.
const NUMBERS: [&str; 16] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f16", "f32",
    "f64", "f128",
];

/// An expression of type `Duration`; zero, where the user's is wrong.
pub(super) fn lower(delay: Option<Expr>, errors: &mut Errors) -> TokenStream {
    let Some(mut delay) = delay else { return zero() };
    match literal(&delay) {
        Some(literal) => match duration(literal) {
            Ok(duration) => duration,
            Err(message) => {
                errors.push(&delay, message);
                zero()
            }
        },
        // `-5s`, and literals in a calculation: `2 * 5s`.
        None => {
            Literals { errors }.visit_expr_mut(&mut delay);
            delay.into_token_stream()
        }
    }
}

fn zero() -> TokenStream {
    quote_spanned!(Span::mixed_site()=> ::core::time::Duration::ZERO)
}

/// The literal that an expression is.
pub(super) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Paren(expr) => literal(&expr.expr),
        Expr::Group(expr) => literal(&expr.expr),
        _ => None,
    }
}

/// Replaces literals with a unit wherever they stand in an expression.
pub(super) struct Literals<'a> {
    pub(super) errors: &'a mut Errors,
}

impl VisitMut for Literals<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let replaced = match expr {
            Expr::Unary(ExprUnary {
                op: UnOp::Neg(_),
                expr: inner,
                ..
            }) => match literal(inner) {
                Some(literal) if has_unit(literal) => {
                    let spelled = literal.to_token_stream();
                    let message = format!("a delay cannot be negative: write `{spelled}`");
                    self.errors.push(&*expr, message);
                    zero()
                }
                _ => return visit_mut::visit_expr_mut(self, expr),
            },
            Expr::Lit(ExprLit { lit, .. }) if has_unit(lit) => match duration(lit) {
                Ok(duration) => duration,
                Err(message) => {
                    self.errors.push(&*lit, message);
                    zero()
                }
            },
            _ => return visit_mut::visit_expr_mut(self, expr),
        };
        *expr = Expr::Verbatim(replaced);
    }
}

/// Whether a literal is meant as a delay, rather than as a number.
fn has_unit(literal: &Lit) -> bool {
    let suffix = match literal {
        Lit::Int(literal) => literal.suffix(),
        Lit::Float(literal) => literal.suffix(),
        _ => return false,
    };
    !suffix.is_empty() && !NUMBERS.contains(&suffix)
}

/// The `Duration` that a literal stands for, or what to write instead.
fn duration(literal: &Lit) -> Result<TokenStream, String> {
    let (digits, suffix) = match literal {
        Lit::Int(literal) => (literal.base10_digits(), literal.suffix()),
        Lit::Float(literal) => (literal.base10_digits(), literal.suffix()),
        Lit::Str(text) => return Err(not_a_string(&text.value())),
        _ => {
            return Err(String::from(
                "a delay is a `Duration`, or a number with a unit: write `5s` or `5ms`",
            ));
        }
    };
    let (seconds, nanos) = parse(digits, suffix)?;
    let span = Span::mixed_site().located_at(literal.span());
    Ok(quote_spanned!(span=> ::core::time::Duration::new(#seconds, #nanos)))
}

fn not_a_string(text: &str) -> String {
    let number = text.chars().next().is_some_and(|first| first.is_ascii_digit());
    let example = if number && text.chars().all(char::is_alphanumeric) {
        text
    } else {
        "5s"
    };
    format!("a delay is not a string: write `{example}` without the quotes")
}

/// Seconds and nanoseconds of a number with a unit.
fn parse(digits: &str, suffix: &str) -> Result<(u64, u32), String> {
    if suffix.is_empty() || NUMBERS.contains(&suffix) {
        return Err(format!("a delay needs a unit: write `{digits}s` or `{digits}ms`"));
    }
    let Some((_, unit)) = UNITS.iter().find(|(name, _)| *name == suffix) else {
        return Err(unknown_unit(digits, suffix));
    };
    let nanos = scaled(digits, *unit).map_err(|fault| match fault {
        Fault::TooLong => too_long(),
        Fault::TooFine => {
            String::from("a delay is a whole number of nanoseconds: write fewer digits, such as `1ns`")
        }
    })?;
    let seconds = u64::try_from(nanos / NANOS_PER_SECOND).map_err(|_| too_long())?;
    let nanos = u32::try_from(nanos % NANOS_PER_SECOND).expect("a remainder of a second fits");
    Ok((seconds, nanos))
}

fn too_long() -> String {
    format!(
        "a delay is at most `{}s`: write a shorter one, such as `24h`",
        u64::MAX
    )
}

fn unknown_unit(digits: &str, suffix: &str) -> String {
    let known = "the units are `ns`, `us`, `ms`, `s`, `min` and `h`";
    if suffix == "m" || suffix == "M" {
        return format!("`{suffix}` is no unit of time: write `{digits}min` or `{digits}ms`");
    }
    if ["d", "day", "days"].contains(&suffix) {
        let hours = digits
            .parse::<u64>()
            .ok()
            .and_then(|days| days.checked_mul(24))
            .unwrap_or(24);
        return format!("`{suffix}` is no unit of time: write `{hours}h`; {known}");
    }
    let alias = ALIASES.iter().find(|(_, names)| names.contains(&suffix));
    let unit = alias.map_or("s", |(unit, _)| *unit);
    format!("`{suffix}` is no unit of time: write `{digits}{unit}`; {known}")
}

enum Fault {
    TooLong,
    TooFine,
}

/// A decimal number, perhaps with a fraction and an exponent, times `unit`: exactly, or not at all.
fn scaled(number: &str, unit: u128) -> Result<u128, Fault> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let fault = if exponent.starts_with('-') {
        Fault::TooFine
    } else {
        Fault::TooLong
    };
    let Ok(exponent) = exponent.parse::<i32>() else {
        return Err(fault);
    };
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let shift = i64::from(exponent) + trailing as i64 - fraction.len() as i64;
    // 10^39 nanoseconds are more than a `u128` of them, whatever the unit.
    if significant.len() as i64 + shift > 39 {
        return Err(Fault::TooLong);
    }
    let Ok(value) = significant.parse::<u128>() else {
        return Err(Fault::TooFine);
    };
    let power = u32::try_from(shift.unsigned_abs())
        .ok()
        .and_then(|power| 10_u128.checked_pow(power));
    if shift >= 0 {
        return power
            .and_then(|power| value.checked_mul(power))
            .and_then(|value| value.checked_mul(unit))
            .ok_or(Fault::TooLong);
    }
    let value = value.checked_mul(unit).ok_or(Fault::TooFine)?;
    match power {
        Some(power) if value % power == 0 => Ok(value / power),
        _ => Err(Fault::TooFine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn delay(digits: &str, unit: &str) -> (u64, u32) {
        parse(digits, unit).expect("the delay is right")
    }

    #[test]
    fn every_unit_has_its_length() {
        assert_eq!(delay("10", "ns"), (0, 10));
        assert_eq!(delay("10", "us"), (0, 10_000));
        assert_eq!(delay("10", "µs"), (0, 10_000));
        assert_eq!(delay("250", "ms"), (0, 250_000_000));
        assert_eq!(delay("5", "s"), (5, 0));
        assert_eq!(delay("2", "min"), (120, 0));
        assert_eq!(delay("1", "h"), (3600, 0));
    }

    #[test]
    fn fractions_and_exponents_are_exact() {
        assert_eq!(delay("1.5", "s"), (1, 500_000_000));
        assert_eq!(delay("0.1", "s"), (0, 100_000_000));
        assert_eq!(delay("1e3", "s"), (1000, 0));
        assert_eq!(delay("1.25e1", "min"), (750, 0));
        assert_eq!(delay("1e-9", "s"), (0, 1));
        assert_eq!(delay("0.000000001", "s"), (0, 1));
        assert_eq!(delay("100e-2", "ns"), (0, 1));
        assert_eq!(
            delay("1.50000000000000000000000000000000000000000000000000", "s"),
            (1, 500_000_000)
        );
    }

    #[test]
    fn zero_is_a_delay() {
        assert_eq!(delay("0", "s"), (0, 0));
        assert_eq!(delay("0.0", "h"), (0, 0));
        assert_eq!(delay("0e999999999999", "ns"), (0, 0));
    }

    #[test]
    fn the_longest_delay_is_the_longest_duration() {
        assert_eq!(delay("18446744073709551615", "s"), (u64::MAX, 0));
        for (digits, unit) in [
            ("18446744073709551616", "s"),
            ("1e30", "h"),
            ("1e400", "ns"),
            ("1e99999999999", "s"),
        ] {
            assert!(
                parse(digits, unit).unwrap_err().contains("at most"),
                "{digits}{unit}"
            );
        }
        assert!(parse(&"9".repeat(100), "ns").unwrap_err().contains("at most"));
    }

    #[test]
    fn less_than_a_nanosecond_is_no_delay() {
        for (digits, unit) in [
            ("0.5", "ns"),
            ("1e-10", "s"),
            ("1e-99999999999", "s"),
            ("1.0000000000001", "s"),
        ] {
            assert!(
                parse(digits, unit).unwrap_err().contains("whole number"),
                "{digits}{unit}"
            );
        }
    }

    #[test]
    fn a_message_shows_the_correct_spelling() {
        assert!(parse("5", "").unwrap_err().contains("`5s` or `5ms`"));
        assert!(parse("5", "u64").unwrap_err().contains("`5s` or `5ms`"));
        assert!(parse("5", "sec").unwrap_err().contains("`5s`"));
        assert!(parse("5", "m").unwrap_err().contains("`5min` or `5ms`"));
        assert!(parse("2", "days").unwrap_err().contains("`48h`"));
        assert!(parse("1", "h30min").unwrap_err().contains("the units are"));
    }
}
