//! Ratios as bars: a row for each candidate of each question, a panel for each flavor, and a line where the peer is.

use std::{error::Error, path::Path};

use easynet_benches::Record;
use plotters::{
    backend::SVGBackend,
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea},
    element::{PathElement, Rectangle, Text},
    style::{
        Color, WHITE,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::style::{self, FAINT, INK, Role, heavy, text};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const WIDTH: i32 = 1_080;
/// Where names end, and panels begin.
const NAMES: i32 = 270;
/// Room for numbers, to the right of each panel's bars.
const NUMBERS: i32 = 140;
const TOP: i32 = 84;
const ROW: i32 = 20;
const TITLE: i32 = 26;
const GAP: i32 = 10;
const BOTTOM: i32 = 48;
/// Bars end here at the latest; the numbers tell by how much they are longer.
const LONGEST: f64 = 3.0;

/// Draws the answers to questions without sizes.
pub(crate) fn draw(file: &Path, records: &[&Record]) -> Result<(), Box<dyn Error>> {
    let flavors = style::in_order(records.iter().copied(), |record| Some(record.flavor.as_deref()));
    let questions = style::in_order(records.iter().copied(), |record| Some(record.question.as_str()));
    let rows: usize = questions
        .iter()
        .map(|question| names(records, question).len())
        .sum();
    let height = TOP + rows as i32 * ROW + questions.len() as i32 * (TITLE + GAP) + BOTTOM;
    let area = SVGBackend::new(file, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    draw_legend(&area)?;
    let width = (WIDTH - NAMES) / flavors.len() as i32;
    let panels: Vec<Panel> = (0..)
        .zip(&flavors)
        .map(|(number, flavor)| Panel {
            flavor: *flavor,
            left: NAMES + number * width,
            bars: (width - NUMBERS).min(500),
            longest: longest(records),
            bottom: height - BOTTOM,
        })
        .collect();
    for panel in &panels {
        panel.draw_background(&area)?;
    }
    let mut y = TOP;
    for question in &questions {
        area.draw(&Text::new(question.to_string(), (12, y + 7), heavy(13.0)))?;
        y += TITLE;
        for name in names(records, question) {
            let right = Pos::new(HPos::Right, VPos::Center);
            area.draw(&Text::new(
                name.to_owned(),
                (NAMES - 10, y + ROW / 2),
                text(12.0).pos(right),
            ))?;
            for panel in &panels {
                let record = records.iter().find(|record| {
                    record.question == *question
                        && record.candidate == name
                        && record.flavor.as_deref() == panel.flavor
                });
                if let Some(record) = record {
                    panel.draw_bar(&area, record, y)?;
                }
            }
            y += ROW;
        }
        y += GAP;
    }
    area.present()?;
    Ok(())
}

fn names<'a>(records: &[&'a Record], question: &str) -> Vec<&'a str> {
    let asked = records
        .iter()
        .copied()
        .filter(|record| record.question == question);
    style::in_order(asked, |record| Some(record.candidate.as_str()))
}

/// How far the axis goes.
fn longest(records: &[&Record]) -> f64 {
    let most = records.iter().map(|record| record.ratio.high).fold(1.2, f64::max);
    ((most * 2.0).ceil() / 2.0).min(LONGEST)
}

fn draw_legend(area: &Area<'_>) -> Result<(), Box<dyn Error>> {
    let mut x = 12;
    for role in Role::ALL {
        area.draw(&Rectangle::new([(x, 14), (x + 16, 26)], role.color().filled()))?;
        area.draw(&Text::new(role.name(), (x + 22, 14), text(13.0)))?;
        x += 100;
    }
    let what =
        "Bars: the median of the ratios to the peer, round by round; less is better. Thin lines: quartiles.";
    area.draw(&Text::new(what, (x + 20, 14), text(13.0)))?;
    Ok(())
}

/// The bars of one flavor.
struct Panel<'a> {
    flavor: Option<&'a str>,
    left: i32,
    bars: i32,
    longest: f64,
    bottom: i32,
}

impl Panel<'_> {
    fn x(&self, ratio: f64) -> i32 {
        let share = (ratio / self.longest).min(1.0);
        self.left + (share * f64::from(self.bars)).round() as i32
    }

    fn draw_background(&self, area: &Area<'_>) -> Result<(), Box<dyn Error>> {
        let middle = Pos::new(HPos::Center, VPos::Top);
        let center = self.left + self.bars / 2;
        let title = style::flavor(self.flavor).to_owned();
        area.draw(&Text::new(title, (center, 42), heavy(13.0).pos(middle)))?;
        for half in 0..=(self.longest * 2.0) as i32 {
            let ratio = f64::from(half) / 2.0;
            let line = vec![(self.x(ratio), TOP - 4), (self.x(ratio), self.bottom)];
            let color = if half == 2 { INK } else { FAINT };
            area.draw(&PathElement::new(line, color))?;
            for y in [TOP - 20, self.bottom + 6] {
                let number = format!("{ratio:.1}");
                area.draw(&Text::new(number, (self.x(ratio), y), text(11.0).pos(middle)))?;
            }
        }
        let axis = "ratio to the peer (×)";
        area.draw(&Text::new(
            axis,
            (center, self.bottom + 24),
            text(12.0).pos(middle),
        ))?;
        Ok(())
    }

    fn draw_bar(&self, area: &Area<'_>, record: &Record, y: i32) -> Result<(), Box<dyn Error>> {
        let (role, ratio) = (Role::of(record), record.ratio);
        let bar = [(self.x(0.0), y + 3), (self.x(ratio.median), y + ROW - 3)];
        area.draw(&Rectangle::new(bar, role.color().filled()))?;
        let middle = y + ROW / 2;
        if role != Role::Peer && ratio.low < self.longest {
            let spread = vec![(self.x(ratio.low), middle), (self.x(ratio.high), middle)];
            area.draw(&PathElement::new(spread, INK))?;
        }
        let beyond = if ratio.median > self.longest { "› " } else { "" };
        let numbers = [
            (format!("{beyond}{}", style::ratio(record)), 48),
            (style::value(record), NUMBERS - 12),
        ];
        for (number, right) in numbers {
            let place = (self.left + self.bars + right, middle);
            let style = text(12.0).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(number, place, style))?;
        }
        Ok(())
    }
}
