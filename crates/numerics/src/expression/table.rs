//! Piecewise-linear tables.

/// Why points do not make a table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TableError {
    /// There is no point.
    #[error("a table needs at least one point")]
    Empty,
    /// Abscissas do not increase.
    #[error("x = {next} follows x = {previous}: abscissas must increase")]
    NotIncreasing {
        /// An abscissa.
        previous: f64,
        /// The one behind it.
        next: f64,
    },
    /// A number is not finite.
    #[error("({x}, {y}) is not finite")]
    NotFinite {
        /// Abscissa.
        x: f64,
        /// Ordinate.
        y: f64,
    },
}

/// A function given by points, linear between them and constant beyond the ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    points: Vec<[f64; 2]>,
}

impl Table {
    /// A table through `points`, pairs of abscissa and ordinate.
    ///
    /// # Errors
    /// Where there is no point, a number is not finite, or abscissas do not increase.
    pub fn new(points: Vec<[f64; 2]>) -> Result<Table, TableError> {
        if points.is_empty() {
            return Err(TableError::Empty);
        }
        if let Some(&[x, y]) = points.iter().find(|[x, y]| !x.is_finite() || !y.is_finite()) {
            return Err(TableError::NotFinite { x, y });
        }
        for pair in points.windows(2) {
            let (previous, next) = (pair[0][0], pair[1][0]);
            if next <= previous {
                return Err(TableError::NotIncreasing { previous, next });
            }
        }
        Ok(Table { points })
    }

    /// The points.
    #[must_use]
    pub fn points(&self) -> &[[f64; 2]] {
        &self.points
    }

    /// Value and slope at `x`. At a point the slope is that of the segment to its right; beyond the ends it is
    /// zero and the value is exactly the end's.
    #[must_use]
    pub fn differential(&self, x: f64) -> (f64, f64) {
        let after = self.points.partition_point(|point| point[0] <= x);
        if after == 0 {
            return (self.points[0][1], 0.0);
        }
        let [x0, y0] = self.points[after - 1];
        let Some(&[x1, y1]) = self.points.get(after) else {
            return (y0, 0.0);
        };
        let slope = (y1 - y0) / (x1 - x0);
        (y0 + slope * (x - x0), slope)
    }
}
