//! Arrays for numpy: one vector, or a plot as a matrix of points × vectors.
//!
//! The format is a magic number, a version, a header in Python syntax that states type, order and shape, and then the
//! numbers. The reader is its own because files come from users: sizes are never trusted and nothing is reserved ahead.

use std::io::{Read, Write};

use num_complex::Complex64;

use crate::{Plot, Samples, Scalar, Vector, WaveformError};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// An array read from an npy file.
#[derive(Clone, Debug, PartialEq)]
pub struct NpyArray {
    /// Length of each dimension; empty for a single number.
    pub shape: Vec<usize>,
    /// The numbers in C order (last index fastest).
    pub samples: Samples,
}

/// Writes a vector as an array of one dimension.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_npy(mut out: impl Write, vector: &Vector) -> Result<(), WaveformError> {
    let shape = format!("({},)", vector.len());
    write_header(&mut out, vector.samples.scalar(), &shape)?;
    match &vector.samples {
        Samples::Real(values) => values.iter().try_for_each(|v| out.write_all(&v.to_le_bytes()))?,
        Samples::Complex(values) => values.iter().try_for_each(|z| write_complex(&mut out, z))?,
    }
    Ok(out.flush()?)
}

/// Writes a plot as a matrix with a row for each point and a column for each vector, in their order.
///
/// # Errors
/// When `out` cannot be written, and [`WaveformError::VectorLength`].
pub fn write_npy_matrix(mut out: impl Write, plot: &Plot) -> Result<(), WaveformError> {
    plot.check_lengths()?;
    let scalar = plot.header().scalar;
    let shape = format!("({}, {})", plot.points(), plot.vectors.len());
    write_header(&mut out, scalar, &shape)?;
    for row in 0..plot.points() {
        for vector in &plot.vectors {
            let value = vector.samples.at(row);
            match scalar {
                Scalar::Real => out.write_all(&value.re.to_le_bytes())?,
                Scalar::Complex => write_complex(&mut out, &value)?,
            }
        }
    }
    Ok(out.flush()?)
}

/// Writes numbers, row by row, as an array of two dimensions.
pub(crate) fn write_npy_rows(
    mut out: impl Write,
    rows: usize,
    cols: usize,
    values: &[f64],
) -> Result<(), WaveformError> {
    write_header(&mut out, Scalar::Real, &format!("({rows}, {cols})"))?;
    values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
    Ok(out.flush()?)
}

fn write_complex(out: &mut impl Write, value: &Complex64) -> std::io::Result<()> {
    out.write_all(&value.re.to_le_bytes())?;
    out.write_all(&value.im.to_le_bytes())
}

fn write_header(out: &mut impl Write, scalar: Scalar, shape: &str) -> Result<(), WaveformError> {
    let word = match scalar {
        Scalar::Real => "<f8",
        Scalar::Complex => "<c16",
    };
    let mut header = format!("{{'descr': '{word}', 'fortran_order': False, 'shape': {shape}, }}");
    // The numbers begin at a multiple of 64 bytes, behind a line end.
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    // Two dimensions of 20 digits fit a header of 128 bytes.
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    Ok(())
}

/// Reads an array of floating-point, complex, integer or Boolean numbers; all become `f64` or [`Complex64`].
///
/// # Errors
/// [`WaveformError::NpyFormat`] for other contents, [`WaveformError::Io`] when numbers are missing.
pub fn read_npy(mut input: impl Read) -> Result<NpyArray, WaveformError> {
    let header = read_header(&mut input)?;
    let word = text_value(&header, "descr")?;
    let kind = Element::parse(word)?;
    let fortran = match value(&header, "fortran_order")? {
        rest if rest.starts_with("True") => true,
        rest if rest.starts_with("False") => false,
        rest => return Err(wrong(rest, "`True` or `False` as the order")),
    };
    let shape = shape_value(&header)?;
    let count = shape
        .iter()
        .try_fold(1_usize, |product, length| product.checked_mul(*length))
        .ok_or_else(|| wrong(&header, "a shape that fits memory"))?;
    let mut input = std::io::BufReader::new(input);
    if kind.is_plain() && !fortran {
        return Ok(NpyArray { samples: Samples::Real(read_plain(input, count)?), shape });
    }
    let mut values = Vec::new();
    let mut bytes = [0; 16];
    for _ in 0..count {
        let bytes = &mut bytes[..kind.size];
        input.read_exact(bytes)?;
        values.push(kind.decode(bytes));
    }
    if fortran {
        values = transpose(&values, &shape);
    }
    let samples = if kind.code == b'c' {
        Samples::Complex(values)
    } else {
        Samples::Real(values.iter().map(|z| z.re).collect())
    };
    Ok(NpyArray { shape, samples })
}

/// Numbers as they lie in memory, by far the most frequent kind.
fn read_plain(mut input: impl Read, count: usize) -> Result<Vec<f64>, WaveformError> {
    let mut values = Vec::new();
    let mut bytes = [0; 8192];
    while values.len() < count {
        let part = &mut bytes[..8 * (count - values.len()).min(1024)];
        input.read_exact(part)?;
        // Grown by what has arrived: the header may promise more than there is.
        values.extend(part.as_chunks().0.iter().map(|eight| f64::from_le_bytes(*eight)));
    }
    Ok(values)
}

fn read_header(input: &mut impl Read) -> Result<String, WaveformError> {
    let mut start = [0; 8];
    input.read_exact(&mut start)?;
    if &start[..6] != MAGIC {
        let found = String::from_utf8_lossy(&start[..6]).into_owned();
        return Err(wrong(&found, "the magic number of npy files"));
    }
    let length = if start[6] == 1 {
        let mut length = [0; 2];
        input.read_exact(&mut length)?;
        u64::from(u16::from_le_bytes(length))
    } else {
        let mut length = [0; 4];
        input.read_exact(&mut length)?;
        u64::from(u32::from_le_bytes(length))
    };
    let mut header = Vec::new();
    input.take(length).read_to_end(&mut header)?;
    Ok(String::from_utf8_lossy(&header).into_owned())
}

/// The text of the header behind a key.
fn value<'a>(header: &'a str, key: &'static str) -> Result<&'a str, WaveformError> {
    for quote in ['\'', '"'] {
        let quoted = format!("{quote}{key}{quote}");
        if let Some((_, rest)) = header.split_once(&quoted)
            && let Some(rest) = rest.trim_start().strip_prefix(':')
        {
            return Ok(rest.trim_start());
        }
    }
    Err(wrong(header, key))
}

fn text_value<'a>(header: &'a str, key: &'static str) -> Result<&'a str, WaveformError> {
    let rest = value(header, key)?;
    let mut parts = rest.splitn(3, ['\'', '"']);
    match (parts.next(), parts.next()) {
        (Some(""), Some(text)) => Ok(text),
        _ => Err(wrong(rest, "a type such as '<f8'")),
    }
}

fn shape_value(header: &str) -> Result<Vec<usize>, WaveformError> {
    let rest = value(header, "shape")?;
    let inside = rest
        .strip_prefix('(')
        .and_then(|r| r.split_once(')'))
        .ok_or_else(|| wrong(rest, "a shape such as (3, 2)"))?
        .0;
    inside
        .split(',')
        .map(|length| length.trim().trim_end_matches('L'))
        .filter(|length| !length.is_empty())
        .map(|length| length.parse().map_err(|_| wrong(length, "a length")))
        .collect()
}

fn wrong(found: &str, expected: &'static str) -> WaveformError {
    WaveformError::NpyFormat {
        found: format!("{:?}", found.chars().take(60).collect::<String>()),
        expected,
    }
}

/// From the order in which the first index runs fastest to the one in which the last does.
fn transpose(values: &[Complex64], shape: &[usize]) -> Vec<Complex64> {
    let mut index = vec![0; shape.len()];
    let mut transposed = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let place = index.iter().zip(shape).rev().fold(0, |place, (k, length)| place * length + k);
        transposed.push(values[place]);
        for (k, length) in index.iter_mut().zip(shape).rev() {
            *k += 1;
            if *k < *length {
                break;
            }
            *k = 0;
        }
    }
    transposed
}

/// Type of one number in a file.
struct Element {
    big_endian: bool,
    code: u8,
    size: usize,
}

impl Element {
    fn parse(word: &str) -> Result<Element, WaveformError> {
        let expected = "a type among f4, f8, c8, c16, i1 … i8, u1 … u8, b1";
        let (order, rest) = match word.as_bytes() {
            [order @ (b'<' | b'>' | b'|' | b'='), rest @ ..] => (*order, rest),
            _ => return Err(wrong(word, expected)),
        };
        let (code, size) = match rest {
            b"f4" => (b'f', 4),
            b"f8" => (b'f', 8),
            b"c8" => (b'c', 8),
            b"c16" => (b'c', 16),
            [code @ (b'i' | b'u'), size @ (b'1' | b'2' | b'4' | b'8')] => {
                (*code, usize::from(size - b'0'))
            }
            b"b1" => (b'u', 1),
            _ => return Err(wrong(word, expected)),
        };
        Ok(Element { big_endian: order == b'>', code, size })
    }

    /// Whether numbers are `f64` in this order of bytes.
    fn is_plain(&self) -> bool {
        self.code == b'f' && self.size == 8 && !self.big_endian
    }

    fn decode(&self, bytes: &mut [u8]) -> Complex64 {
        match self.code {
            b'c' => {
                let (re, im) = bytes.split_at_mut(self.size / 2);
                Complex64::new(self.float(re), self.float(im))
            }
            b'f' => Complex64::new(self.float(bytes), 0.0),
            code => Complex64::new(self.integer(bytes, code == b'i'), 0.0),
        }
    }

    fn float(&self, bytes: &mut [u8]) -> f64 {
        if self.big_endian {
            bytes.reverse();
        }
        match *bytes {
            [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
            _ => {
                let mut eight = [0; 8];
                eight.copy_from_slice(bytes);
                f64::from_le_bytes(eight)
            }
        }
    }

    /// Integers beyond 2⁵³ are rounded.
    fn integer(&self, bytes: &mut [u8], signed: bool) -> f64 {
        if self.big_endian {
            bytes.reverse();
        }
        let negative = signed && bytes.last().is_some_and(|b| b & 0x80 != 0);
        let mut eight = [if negative { 0xff } else { 0 }; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        if signed { i64::from_le_bytes(eight) as f64 } else { u64::from_le_bytes(eight) as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, PlotKind, Quantity};

    #[test]
    fn vectors_and_matrices_come_back() {
        let real = Vector::real("time", Quantity::Time, vec![0.1, -2.0, 3e-300]);
        let z = Complex64::new;
        let complex =
            Vector::complex("v(o)", Quantity::Voltage, vec![z(1.0, 2.0), z(3.0, 4.0), z(5.0, 6.0)]);
        for vector in [&real, &complex] {
            let mut file = Vec::new();
            write_npy(&mut file, vector).unwrap();
            assert_eq!((file.len() - 3 * if vector.as_real().is_some() { 8 } else { 16 }) % 64, 0);
            let array = read_npy(&file[..]).unwrap();
            assert_eq!((array.shape, &array.samples), (vec![3], &vector.samples));
        }
        let plot = Plot {
            title: String::new(),
            date: String::new(),
            kind: PlotKind::Ac,
            steps: vec![],
            vectors: vec![real, complex],
            outcome: Outcome::Complete,
        };
        let mut file = Vec::new();
        write_npy_matrix(&mut file, &plot).unwrap();
        let array = read_npy(&file[..]).unwrap();
        assert_eq!(array.shape, [3, 2]);
        assert_eq!(array.samples.at(2), z(-2.0, 0.0));
        assert_eq!(array.samples.at(5), z(5.0, 6.0));
    }

    fn file(word: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{word}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut file = MAGIC.to_vec();
        file.extend([1, 0]);
        file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn other_types_and_orders() {
        for (word, data, expected) in [
            (">i2", &[0xff, 0xfe, 0, 7][..], [-2.0, 7.0]),
            ("|u1", &[200, 1], [200.0, 1.0]),
            ("<f4", &[0, 0, 128, 63, 0, 0, 0, 192], [1.0, -2.0]),
        ] {
            let array = read_npy(&file(word, "False", "(2,)", data)[..]).unwrap();
            assert_eq!(array.samples, Samples::Real(expected.to_vec()), "{word}");
        }
        let array = read_npy(&file("|i1", "True", "(2, 3)", &[1, 4, 2, 5, 3, 6])[..]).unwrap();
        assert_eq!(array.samples, Samples::Real(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    }

    #[test]
    fn bad_files_are_refused() {
        for bytes in [
            b"not npy at all".to_vec(),
            file("<f2", "False", "(1,)", &[0; 2]),
            file("O", "False", "(1,)", &[]),
            file("<f8", "Maybe", "(1,)", &[0; 8]),
            file("<f8", "False", "(-1,)", &[]),
            file("<f8", "False", "(99999999999, 99999999999)", &[]),
        ] {
            assert!(matches!(read_npy(&bytes[..]), Err(WaveformError::NpyFormat { .. })));
        }
        let short = file("<f8", "False", "(99999999999,)", &[0; 8]);
        assert!(matches!(read_npy(&short[..]), Err(WaveformError::Io(_))));
    }
}
