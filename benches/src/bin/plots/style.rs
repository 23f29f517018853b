//! How all pictures look: on white, so that they can be read in light and in dark surroundings, in three colours that everybody can tell apart.

use easynet_benches::{Record, Spread, Unit, with_commas};
use plotters::style::{FontFamily, IntoFont, RGBColor, TextStyle};

/// The palette of Okabe and Ito, which those who see fewer colours can tell apart too; they differ in brightness as well.
const BLUE: RGBColor = RGBColor(0, 114, 178);
const ORANGE: RGBColor = RGBColor(230, 159, 0);
const GREY: RGBColor = RGBColor(85, 85, 85);

/// What text is written in.
pub(crate) const INK: RGBColor = RGBColor(34, 34, 34);
/// What lines in the background are drawn in.
pub(crate) const FAINT: RGBColor = RGBColor(221, 221, 221);

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one that all are compared with.
    Peer,
    /// This project.
    Easynet,
    /// Somebody else.
    Other,
}

impl Role {
    pub(crate) const ALL: [Self; 3] = [Self::Peer, Self::Easynet, Self::Other];

    pub(crate) fn of(record: &Record) -> Self {
        if record.candidate == record.peer {
            Self::Peer
        } else if record.candidate.starts_with("easynet") {
            Self::Easynet
        } else {
            Self::Other
        }
    }

    pub(crate) fn color(self) -> RGBColor {
        match self {
            Self::Peer => GREY,
            Self::Easynet => BLUE,
            Self::Other => ORANGE,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Peer => "the peer",
            Self::Easynet => "easynet",
            Self::Other => "others",
        }
    }
}

/// Text of a size in pixels.
pub(crate) fn text(size: f64) -> TextStyle<'static> {
    // The backend divides by this, which is meant for fonts that are measured otherwise.
    (FontFamily::SansSerif, size * 1.24).into_font().color(&INK)
}

/// The same, and heavy.
pub(crate) fn heavy(size: f64) -> TextStyle<'static> {
    let font = (FontFamily::SansSerif, size * 1.24).into_font();
    font.style(plotters::style::FontStyle::Bold).color(&INK)
}

/// How a flavor is called in pictures.
pub(crate) fn flavor(label: Option<&str>) -> &str {
    match label {
        Some("ct") => "one thread (ct)",
        Some("mt2") => "two threads (mt2)",
        Some(other) => other,
        None => "",
    }
}

/// The medians, written with their unit.
pub(crate) fn value(record: &Record) -> String {
    let Spread { median, .. } = record.value;
    match record.unit {
        Unit::Bytes => format!("{} bytes", with_commas(median.round() as usize)),
        Unit::Nanoseconds if median < 100.0 => format!("{median:.1} ns"),
        Unit::Nanoseconds if median < 10_000.0 => format!("{} ns", with_commas(median.round() as usize)),
        Unit::Nanoseconds if median < 1e7 => format!("{:.1} µs", median / 1e3),
        Unit::Nanoseconds => format!("{:.1} ms", median / 1e6),
    }
}

/// A ratio, written with as many digits as mean something.
pub(crate) fn ratio(record: &Record) -> String {
    match record.ratio.median {
        ratio if ratio < 9.95 => format!("{ratio:.2}"),
        ratio => format!("{ratio:.0}"),
    }
}

/// What something tells of the records, each once, in their order.
pub(crate) fn in_order<'a, T: PartialEq>(
    records: impl IntoIterator<Item = &'a Record>,
    tell: impl Fn(&'a Record) -> Option<T>,
) -> Vec<T> {
    let mut told = Vec::new();
    for each in records.into_iter().filter_map(tell) {
        if !told.contains(&each) {
            told.push(each);
        }
    }
    told
}

/// A question as part of a file's name, without what is said in brackets.
pub(crate) fn slug(question: &str) -> String {
    let question = question.split(" (").next().unwrap_or(question);
    let letters = question.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    letters.collect()
}
