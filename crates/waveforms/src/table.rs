//! Tables of text, in the form in which SPICE programs print them.
//!
//! Scripts cut such tables apart by columns and blanks, so widths, ruler and number format follow the custom: an index,
//! the scale, then as many vectors as fit the width; the others follow in further tables below.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use crate::number::write_scientific;
use crate::{Plot, Samples, Vector, WaveformError};

/// Characters of a number column.
const COLUMN: usize = 16;
/// Characters of a number itself.
const NUMBER: usize = 12;
/// Characters of the column of the index.
const INDEX: usize = 8;

/// A table of vectors, ready to be displayed.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    title: &'a str,
    subtitle: String,
    scale: Option<&'a Vector>,
    columns: Vec<Cow<'a, Vector>>,
    width: Option<usize>,
    page: Option<usize>,
}

impl<'a> Table<'a> {
    /// The signals `names` of `plot` (see [`Plot::signal`]), or all vectors if there is no name.
    ///
    /// # Errors
    /// [`WaveformError::UnknownVector`].
    pub fn new(plot: &'a Plot, names: &[&str]) -> Result<Table<'a>, WaveformError> {
        let columns = if names.is_empty() {
            let skipped = usize::from(plot.scale().is_some());
            plot.vectors.iter().skip(skipped).map(Cow::Borrowed).collect()
        } else {
            chosen(plot, names)?
        };
        Ok(Table::of(plot, columns))
    }

    /// Chosen or computed vectors over the scale of `plot`.
    pub fn of(plot: &'a Plot, columns: Vec<Cow<'a, Vector>>) -> Table<'a> {
        Table {
            title: &plot.title,
            subtitle: format!("{}  {}", plot.kind.as_str(), plot.date).trim_end().to_owned(),
            scale: plot.scale(),
            columns,
            width: Some(80),
            page: None,
        }
    }

    /// The greatest length of a line; nothing puts all vectors side by side. 80 by default.
    pub fn with_width(mut self, width: Option<usize>) -> Table<'a> {
        self.width = width;
        self
    }

    /// The number of rows after which the names are repeated; never by default.
    pub fn with_page(mut self, rows: Option<usize>) -> Table<'a> {
        self.page = rows.filter(|rows| *rows > 0);
        self
    }

    /// The vectors in groups that fit the width, at least one in each.
    fn groups(&self) -> Vec<Vec<&Vector>> {
        let fixed = INDEX + self.scale.map_or(0, |_| COLUMN);
        let mut groups: Vec<Vec<&Vector>> = Vec::new();
        let mut used = usize::MAX;
        for column in &self.columns {
            let width = columns_of(column) * COLUMN;
            let limit = self.width.unwrap_or(usize::MAX);
            match groups.last_mut() {
                Some(group) if used.saturating_add(width) <= limit => group.push(column),
                _ => {
                    groups.push(vec![column]);
                    used = fixed;
                }
            }
            used = used.saturating_add(width);
        }
        groups
    }

    fn write_group(&self, f: &mut fmt::Formatter<'_>, group: &[&Vector]) -> fmt::Result {
        let width = self.width.unwrap_or_else(|| {
            let columns: usize = group.iter().map(|v| columns_of(v)).sum();
            INDEX + COLUMN * (columns + usize::from(self.scale.is_some()))
        });
        for line in [self.title, &self.subtitle] {
            let margin = width.saturating_sub(line.chars().count()) / 2;
            writeln!(f, "{:margin$}{line}", "")?;
        }
        let rows = group.iter().map(|v| v.len()).max().unwrap_or(0);
        for row in 0..rows.max(1) {
            if row == 0 || self.page.is_some_and(|page| row % page == 0) {
                self.write_names(f, group, width)?;
            }
            if row == rows {
                break;
            }
            write!(f, "{row}\t")?;
            if let Some(scale) = self.scale {
                // A frequency is complex in form only.
                write_number(f, scale.samples.at(row).re)?;
                f.write_char('\t')?;
            }
            for vector in group {
                write_cell(f, vector, row)?;
            }
            f.write_char('\n')?;
        }
        Ok(())
    }

    fn write_names(
        &self,
        f: &mut fmt::Formatter<'_>,
        group: &[&Vector],
        width: usize,
    ) -> fmt::Result {
        let ruler = "-".repeat(width);
        write!(f, "{ruler}\n{:<INDEX$}", "Index")?;
        for vector in self.scale.iter().chain(group) {
            let is_scale = self.scale.is_some_and(|s| std::ptr::eq(s, *vector));
            let width = COLUMN * if is_scale { 1 } else { columns_of(vector) };
            // One blank at least parts the names.
            let name: String = vector.name.chars().take(width - 1).collect();
            write!(f, "{name:<width$}")?;
        }
        writeln!(f, "\n{ruler}")
    }
}

impl Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups().iter().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            self.write_group(f, group)?;
        }
        Ok(())
    }
}

/// The vectors of a plot of one point as lines `name = value`, in the order of the plot.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    columns: Vec<Cow<'a, Vector>>,
}

impl<'a> Listing<'a> {
    /// The signals `names` of `plot` (see [`Plot::signal`]), or all vectors if there is no name.
    ///
    /// # Errors
    /// [`WaveformError::UnknownVector`].
    pub fn new(plot: &'a Plot, names: &[&str]) -> Result<Listing<'a>, WaveformError> {
        let columns = if names.is_empty() {
            plot.vectors.iter().map(Cow::Borrowed).collect()
        } else {
            chosen(plot, names)?
        };
        Ok(Listing { columns })
    }
}

impl Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for vector in self.columns.iter().filter(|v| !v.is_empty()) {
            write!(f, "{} = ", vector.name)?;
            let value = vector.samples.at(0);
            write_scientific(f, value.re, 6)?;
            if let Samples::Complex(_) = vector.samples {
                f.write_char(',')?;
                write_scientific(f, value.im, 6)?;
            }
            f.write_char('\n')?;
        }
        Ok(())
    }
}

fn chosen<'a>(plot: &'a Plot, names: &[&str]) -> Result<Vec<Cow<'a, Vector>>, WaveformError> {
    names
        .iter()
        .map(|name| match plot.vector(name) {
            Ok(vector) => Ok(Cow::Borrowed(vector)),
            Err(_) => plot.signal(name).map(Cow::Owned),
        })
        .collect()
}

/// Number of number columns that a vector takes.
fn columns_of(vector: &Vector) -> usize {
    match vector.samples {
        Samples::Real(_) => 1,
        Samples::Complex(_) => 2,
    }
}

fn write_cell(f: &mut fmt::Formatter<'_>, vector: &Vector, row: usize) -> fmt::Result {
    if row >= vector.len() {
        return f.write_str(&"\t".repeat(columns_of(vector)));
    }
    let value = vector.samples.at(row);
    write_number(f, value.re)?;
    if let Samples::Complex(_) = vector.samples {
        f.write_str(",\t")?;
        write_number(f, value.im)?;
    }
    f.write_char('\t')
}

/// A number in at most twelve characters: seven digits, fewer where a sign or a long exponent takes the room.
fn write_number(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    let long_exponent = value != 0.0 && !(1e-99..9.999_999_5e99).contains(&value.abs());
    let digits = NUMBER - 6 - usize::from(value.is_sign_negative()) - usize::from(long_exponent);
    write_scientific(f, value, digits)
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::{Outcome, PlotKind, Quantity};

    fn plot(kind: PlotKind, vectors: Vec<Vector>) -> Plot {
        Plot {
            title: "rc".into(),
            date: String::new(),
            kind,
            steps: vec![],
            vectors,
            outcome: Outcome::Complete,
        }
    }

    fn transient() -> Plot {
        plot(
            PlotKind::Transient,
            vec![
                Vector::real("time", Quantity::Time, vec![0.0, 2e-10]),
                Vector::real("v(in)", Quantity::Voltage, vec![1.0, 0.5]),
                Vector::real("v(a_name_longer_than_a_column)", Quantity::Voltage, vec![1e-100; 2]),
                Vector::real("i(v1)", Quantity::Current, vec![0.0, -6.897_691e-4]),
                Vector::real("i(v2)", Quantity::Current, vec![f64::NAN, f64::INFINITY]),
                Vector::real("i(v3)", Quantity::Current, vec![1.0, 2.0]),
            ],
        )
    }

    #[test]
    fn tables_fit_the_width() {
        let plot = transient();
        let text = Table::new(&plot, &[]).unwrap().to_string();
        let ruler = "-".repeat(80);
        let expected = format!(
            "{:39}rc\n{:31}Transient Analysis\n{ruler}\n\
             Index   time            v(in)           v(a_name_longer i(v1)           \n{ruler}\n\
             0\t0.000000e+00\t1.000000e+00\t1.00000e-100\t0.000000e+00\t\n\
             1\t2.000000e-10\t5.000000e-01\t1.00000e-100\t-6.89769e-04\t\n\n",
            "", ""
        );
        assert!(text.starts_with(&expected), "{text}");
        assert!(text.contains("\n0\t0.000000e+00\tnan\t1.000000e+00\t\n"));
        let wide = Table::new(&plot, &[]).unwrap().with_width(None).to_string();
        assert_eq!(wide.matches("Index").count(), 1);
    }

    #[test]
    fn chosen_columns_and_pages() {
        let plot = transient();
        let table = Table::new(&plot, &["V1#branch", "in"]).unwrap();
        let text = table.with_page(Some(1)).to_string();
        assert_eq!(text.matches("Index   time            i(v1)           v(in)").count(), 2);
        assert!(Table::new(&plot, &["nothing"]).is_err());
    }

    #[test]
    fn complex_values_are_pairs() {
        let plot = plot(
            PlotKind::Ac,
            vec![
                Vector::complex("frequency", Quantity::Frequency, vec![Complex64::new(1e3, 0.0)]),
                Vector::complex("v(out)", Quantity::Voltage, vec![Complex64::new(0.5, -0.25)]),
            ],
        );
        let text = Table::new(&plot, &[]).unwrap().to_string();
        assert!(text.contains("Index   frequency       v(out)                          \n"));
        assert!(text.ends_with("0\t1.000000e+03\t5.000000e-01,\t-2.50000e-01\t\n"));
    }

    #[test]
    fn points_are_listed() {
        let plot = plot(
            PlotKind::OperatingPoint,
            vec![Vector::real("v(a)", Quantity::Voltage, vec![20.0 / 3.0])],
        );
        let listing = Listing::new(&plot, &[]).unwrap();
        assert_eq!(listing.to_string(), "v(a) = 6.666667e+00\n");
    }
}
