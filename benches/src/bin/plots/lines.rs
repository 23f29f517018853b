//! Costs over sizes as lines, on logarithmic axes: what is flat does not depend on the size.

use std::{error::Error, path::Path};

use easynet_benches::{Record, Spread, Unit, with_commas};
use plotters::{
    backend::SVGBackend,
    chart::ChartBuilder,
    coord::{
        Shift,
        combinators::{BindKeyPoints, IntoLogRange},
    },
    drawing::{DrawingArea, IntoDrawingArea},
    element::{Circle, PathElement, Text, TriangleMarker},
    series::LineSeries,
    style::{Color, RGBColor, WHITE},
};

use crate::style::{self, FAINT, INK, Role, heavy, text};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the answers to one question that is asked for several sizes.
pub(crate) fn draw(file: &Path, question: &str, records: &[&Record]) -> Result<(), Box<dyn Error>> {
    let flavors = style::in_order(records.iter().copied(), |record| Some(record.flavor.as_deref()));
    let area = SVGBackend::new(file, (1_080, 440)).into_drawing_area();
    area.fill(&WHITE)?;
    area.draw(&Text::new(question.to_owned(), (12, 10), heavy(14.0)))?;
    let (scale, lines) = (Scale::of(records), Line::all(records));
    draw_legend(&area, &lines)?;
    let (_, below) = area.split_vertically(56);
    for (panel, flavor) in below.split_evenly((1, flavors.len())).iter().zip(&flavors) {
        let of_flavor = |record: &&&Record| record.flavor.as_deref() == *flavor;
        let records: Vec<_> = records.iter().filter(of_flavor).copied().collect();
        draw_panel(panel, style::flavor(*flavor), &scale, &lines, &records)?;
    }
    area.present()?;
    Ok(())
}

/// The axes that the panels share: the sizes that were asked for, and how far the values go.
struct Scale {
    sizes: Vec<f64>,
    values: (f64, f64),
}

impl Scale {
    fn of(records: &[&Record]) -> Self {
        let mut sizes = style::in_order(records.iter().copied(), |record| record.size);
        sizes.sort_unstable();
        let least = records
            .iter()
            .map(|record| record.value.low)
            .fold(f64::INFINITY, f64::min);
        let most = records.iter().map(|record| record.value.high).fold(0.0, f64::max);
        Self {
            sizes: sizes.into_iter().map(|size| size as f64).collect(),
            // Whole decades, so that what is flat looks flat.
            values: (
                power_of_ten(least.log10().floor()),
                power_of_ten(most.log10().ceil()),
            ),
        }
    }
}

fn power_of_ten(exponent: f64) -> f64 {
    10_f64.powf(exponent)
}

fn draw_panel(
    area: &Area<'_>,
    title: &str,
    scale: &Scale,
    lines: &[Line<'_>],
    records: &[&Record],
) -> Result<(), Box<dyn Error>> {
    let Some(first) = records.first() else {
        return Ok(());
    };
    let (left, right) = (scale.sizes[0], scale.sizes[scale.sizes.len() - 1]);
    let (bottom, top) = scale.values;
    let mut chart = ChartBuilder::on(area)
        .caption(title, heavy(13.0))
        .margin(12)
        .margin_right(40)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (left * 0.8..right * 1.25)
                .log_scale()
                .with_key_points(scale.sizes.clone()),
            (bottom..top).log_scale(),
        )?;
    let values = match first.unit {
        Unit::Nanoseconds => "time of each (ns)",
        Unit::Bytes => "memory of each (bytes)",
    };
    chart
        .configure_mesh()
        .bold_line_style(FAINT)
        .light_line_style(WHITE)
        .axis_style(INK)
        .label_style(text(11.0))
        .axis_desc_style(text(12.0))
        .x_desc("how many")
        .y_desc(values)
        .x_label_formatter(&|size| with_commas(*size as usize))
        .y_label_formatter(&|value| with_commas(value.round() as usize))
        .draw()?;
    for line in lines {
        let points: Vec<(f64, Spread)> = records
            .iter()
            .filter(|record| record.candidate == line.name)
            .filter_map(|record| Some((record.size? as f64, record.value)))
            .collect();
        for (size, value) in &points {
            let spread = vec![(*size, value.low), (*size, value.high)];
            chart.draw_series([PathElement::new(spread, line.color.stroke_width(1))])?;
        }
        let medians = points.iter().map(|(size, value)| (*size, value.median));
        chart.draw_series(LineSeries::new(medians.clone(), line.color.stroke_width(2)))?;
        let (filled, ring) = (line.color.filled(), line.color.stroke_width(2));
        for at in medians {
            match line.shape {
                Shape::Dot => chart.draw_series([Circle::new(at, 4, filled)])?,
                Shape::Triangle => chart.draw_series([TriangleMarker::new(at, 6, filled)])?,
                Shape::Ring => chart.draw_series([Circle::new(at, 5, ring)])?,
            };
        }
    }
    Ok(())
}

/// The names of the lines, above the panels: inside of them they would cover some.
fn draw_legend(area: &Area<'_>, lines: &[Line<'_>]) -> Result<(), Box<dyn Error>> {
    for (number, line) in (0..).zip(lines) {
        let x = 18 + 260 * number;
        let (at, filled, ring) = ((x, 44), line.color.filled(), line.color.stroke_width(2));
        match line.shape {
            Shape::Dot => area.draw(&Circle::new(at, 4, filled))?,
            Shape::Triangle => area.draw(&TriangleMarker::new(at, 6, filled))?,
            Shape::Ring => area.draw(&Circle::new(at, 5, ring))?,
        }
        area.draw(&Text::new(line.name.to_owned(), (x + 14, 38), text(12.0)))?;
    }
    Ok(())
}

/// A candidate as a line: a colour, and marks of a shape that tells it from the others without any colour.
struct Line<'a> {
    name: &'a str,
    color: RGBColor,
    shape: Shape,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Dot,
    Triangle,
    Ring,
}

impl<'a> Line<'a> {
    /// One for each candidate: the first of easynet has triangles, the next rings.
    fn all(records: &[&'a Record]) -> Vec<Self> {
        let mut shapes = [Shape::Triangle, Shape::Ring].into_iter().cycle();
        let candidates = style::in_order(records.iter().copied(), |record| {
            Some((record.candidate.as_str(), Role::of(record)))
        });
        let line = |(name, role): (&'a str, Role)| Self {
            name,
            color: role.color(),
            shape: match role {
                Role::Easynet => shapes.next().unwrap_or(Shape::Ring),
                _ => Shape::Dot,
            },
        };
        candidates.into_iter().map(line).collect()
    }
}
