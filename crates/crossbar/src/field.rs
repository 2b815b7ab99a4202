//! One number for each crossing, laid out for both directions of lines.
//!
//! Columns come in strips of [`WIDTH`]; within a strip rows follow each other, so that a strip is one piece of memory and
//! bit lines run down it side by side. [`LANES`] rows of a strip are a tile of a few kilobytes, one piece of memory
//! too: a block of word lines visits tile after tile. Rows and columns are padded with zeros.

/// Rows of a tile: word lines that are solved side by side.
pub(crate) const LANES: usize = 16;
/// Columns of a strip: bit lines that are solved side by side.
pub(crate) const WIDTH: usize = 64;
/// Numbers of a tile.
pub(crate) const TILE: usize = LANES * WIDTH;

/// Rows and columns of an array, with the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// Blocks of [`LANES`] word lines.
    pub(crate) blocks: usize,
    /// Strips of [`WIDTH`] bit lines.
    pub(crate) strips: usize,
    /// Numbers from one strip to the next; one tile more than needed, since strides that are powers of two make all
    /// tiles of a block compete for the same lines of the cache.
    stride: usize,
}

impl Shape {
    pub(crate) fn new(rows: usize, cols: usize) -> Shape {
        let (blocks, strips) = (rows.div_ceil(LANES), cols.div_ceil(WIDTH));
        let padding = usize::from(blocks.is_multiple_of(4));
        Shape { rows, cols, blocks, strips, stride: (blocks + padding) * TILE }
    }

    /// Rows of a block that are no padding.
    pub(crate) fn lanes(self, block: usize) -> usize {
        LANES.min(self.rows - block * LANES)
    }

    /// Columns of a strip that are no padding.
    pub(crate) fn width(self, strip: usize) -> usize {
        WIDTH.min(self.cols - strip * WIDTH)
    }

    fn index(self, row: usize, col: usize) -> usize {
        (col / WIDTH) * self.stride + row * WIDTH + col % WIDTH
    }
}

/// A number for each crossing.
#[derive(Clone, Debug)]
pub(crate) struct Field<T> {
    pub(crate) shape: Shape,
    values: Vec<T>,
}

impl<T: Copy + Default> Field<T> {
    pub(crate) fn zeros(shape: Shape) -> Field<T> {
        Field { shape, values: vec![T::default(); shape.strips * shape.stride] }
    }

    pub(crate) fn at(&self, row: usize, col: usize) -> T {
        self.values[self.shape.index(row, col)]
    }

    pub(crate) fn set(&mut self, row: usize, col: usize, value: T) {
        let index = self.shape.index(row, col);
        self.values[index] = value;
    }

    /// Sets the numbers of one row.
    pub(crate) fn set_row(&mut self, row: usize, values: impl Iterator<Item = T>) {
        for (col, value) in values.enumerate() {
            self.set(row, col, value);
        }
    }

    pub(crate) fn fill(&mut self, value: T) {
        self.values.fill(value);
    }

    pub(crate) fn strip(&self, strip: usize) -> &[T] {
        &self.values[strip * self.shape.stride..][..self.shape.blocks * TILE]
    }

    pub(crate) fn strip_mut(&mut self, strip: usize) -> &mut [T] {
        &mut self.values[strip * self.shape.stride..][..self.shape.blocks * TILE]
    }

    pub(crate) fn tile(&self, block: usize, strip: usize) -> &[T; TILE] {
        tile_of(&self.values[strip * self.shape.stride + block * TILE..])
    }

    /// All strips, each to be written by itself.
    pub(crate) fn strips_mut(&mut self) -> Vec<&mut [T]> {
        self.values.chunks_mut(self.shape.stride).collect()
    }

    /// The tiles of each block of word lines, each block to be written by itself.
    pub(crate) fn blocks_mut(&mut self) -> Vec<Vec<&mut [T; TILE]>> {
        let Shape { blocks, strips, stride, .. } = self.shape;
        let mut rows: Vec<Vec<&mut [T; TILE]>> =
            (0..blocks).map(|_| Vec::with_capacity(strips)).collect();
        for strip in self.values.chunks_mut(stride) {
            for (row, tile) in rows.iter_mut().zip(strip.as_chunks_mut::<TILE>().0) {
                row.push(tile);
            }
        }
        rows
    }
}

/// The tile at the start of a slice.
pub(crate) fn tile_of<T>(values: &[T]) -> &[T; TILE] {
    values.first_chunk().expect("strips consist of whole tiles")
}

/// A row of a tile or of a strip.
pub(crate) fn row_of<T>(values: &[T], row: usize) -> &[T; WIDTH] {
    values[row * WIDTH..].first_chunk().expect("tiles consist of whole rows")
}

/// A row of a tile or of a strip.
pub(crate) fn row_of_mut<T>(values: &mut [T], row: usize) -> &mut [T; WIDTH] {
    values[row * WIDTH..].first_chunk_mut().expect("tiles consist of whole rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_and_strips_see_the_same_numbers() {
        let shape = Shape::new(70, 130);
        assert_eq!((shape.blocks, shape.strips), (5, 3));
        let mut field = Field::zeros(shape);
        for row in 0..70 {
            field.set_row(row, (0..130).map(|col| (row * 1000 + col) as f64));
        }
        assert_eq!(field.tile(2, 1)[3 * WIDTH + 5], 35_069.0);
        assert_eq!(field.strip(1)[35 * WIDTH + 5], 35_069.0);
        assert_eq!(field.blocks_mut()[2][1][3 * WIDTH + 5], 35_069.0);
        assert_eq!(field.strips_mut()[2][69 * WIDTH + 1], 69_129.0);
        assert_eq!((field.at(35, 69), field.strip(2)[69 * WIDTH + 2]), (35_069.0, 0.0));
        assert_eq!((shape.lanes(4), shape.width(2)), (6, 2));
    }
}
