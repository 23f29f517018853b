//! Costs over sizes as lines, on logarithmic axes: what is flat does not depend on the size.

use std::{error::Error, path::Path};

use easynet_benches::{Record, Unit, with_commas};
use plotters::{
    backend::SVGBackend,
    chart::{ChartBuilder, SeriesLabelPosition},
    coord::{
        Shift,
        combinators::{BindKeyPoints, IntoLogRange},
    },
    drawing::{DrawingArea, IntoDrawingArea},
    element::{Circle, PathElement, Text, TriangleMarker},
    series::LineSeries,
    style::{Color, WHITE},
};

use crate::style::{self, FAINT, INK, Role, heavy, text};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the answers to one question that is asked for several sizes.
pub(crate) fn draw(file: &Path, question: &str, records: &[&Record]) -> Result<(), Box<dyn Error>> {
    let flavors = style::in_order(records.iter().copied(), |record| Some(record.flavor.as_deref()));
    let area = SVGBackend::new(file, (1_080, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    area.draw(&Text::new(question.to_owned(), (12, 10), heavy(14.0)))?;
    let (_, below) = area.split_vertically(30);
    let scale = Scale::of(records);
    for (panel, flavor) in below.split_evenly((1, flavors.len())).iter().zip(&flavors) {
        let of_flavor = |record: &&&Record| record.flavor.as_deref() == *flavor;
        let records: Vec<_> = records.iter().filter(of_flavor).copied().collect();
        draw_panel(panel, style::flavor(*flavor), &scale, &records)?;
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
    let names = style::in_order(records.iter().copied(), |record| Some(record.candidate.as_str()));
    let mut own = 0;
    for name in names {
        let answers: Vec<_> = records.iter().filter(|record| record.candidate == name).collect();
        let role = Role::of(answers[0]);
        let mark = Mark::of(role, own);
        own += usize::from(role == Role::Easynet);
        let color = role.color();
        let points = answers
            .iter()
            .filter_map(|record| Some((record.size? as f64, record.value)));
        for (size, value) in points.clone() {
            let spread = vec![(size, value.low), (size, value.high)];
            chart.draw_series([PathElement::new(spread, color.stroke_width(1))])?;
        }
        let medians: Vec<(f64, f64)> = points.map(|(size, value)| (size, value.median)).collect();
        let line = LineSeries::new(medians.iter().copied(), color.stroke_width(2));
        let entry = chart.draw_series(line)?.label(name);
        match mark {
            Mark::Dot => {
                entry.legend(move |(x, y)| Circle::new((x + 10, y), 5, color.filled()));
                chart.draw_series(medians.iter().map(|point| Circle::new(*point, 4, color.filled())))?;
            }
            Mark::Triangle => {
                entry.legend(move |(x, y)| TriangleMarker::new((x + 10, y), 7, color.filled()));
                let marks = medians
                    .iter()
                    .map(|point| TriangleMarker::new(*point, 6, color.filled()));
                chart.draw_series(marks)?;
            }
            Mark::Ring => {
                entry.legend(move |(x, y)| Circle::new((x + 10, y), 5, color.stroke_width(2)));
                let marks = medians
                    .iter()
                    .map(|point| Circle::new(*point, 5, color.stroke_width(2)));
                chart.draw_series(marks)?;
            }
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE)
        .border_style(FAINT)
        .label_font(text(12.0))
        .draw()?;
    Ok(())
}

/// What marks a line beside its colour.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Dot,
    Triangle,
    Ring,
}

impl Mark {
    /// The first line of easynet has triangles, the next rings.
    fn of(role: Role, own: usize) -> Self {
        match role {
            Role::Easynet if own == 0 => Self::Triangle,
            Role::Easynet => Self::Ring,
            _ => Self::Dot,
        }
    }
}
