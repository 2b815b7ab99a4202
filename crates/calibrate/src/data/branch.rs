//! Branches of a sweep: up or down, at positive or negative drive.

use std::str::FromStr;

/// A part of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// The drive rises.
    Up,
    /// The drive falls.
    Down,
    /// The drive is positive: where a bipolar device is set, by custom.
    Set,
    /// The drive is negative.
    Reset,
}

impl FromStr for Branch {
    type Err = ();

    fn from_str(text: &str) -> Result<Branch, ()> {
        match text.to_ascii_lowercase().as_str() {
            "up" => Ok(Branch::Up),
            "down" => Ok(Branch::Down),
            "set" => Ok(Branch::Set),
            "reset" => Ok(Branch::Reset),
            _ => Err(()),
        }
    }
}

/// Whether the drive rises (+1) or falls (−1) at each point.
///
/// A turn counts when the drive has come back from its extreme by more than a hundredth of its range, so that noise of
/// the instrument makes no branches.
pub(crate) fn directions(drive: &[f64]) -> Vec<i8> {
    let low = drive.iter().copied().fold(f64::INFINITY, f64::min);
    let high = drive.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let threshold = 0.01 * (high - low);
    let mut directions = vec![0; drive.len()];
    let (mut extreme, mut start, mut direction) = (0, 0, 0i8);
    for (index, &value) in drive.iter().enumerate() {
        let change = value - drive[extreme];
        if direction == 0 && change.abs() > threshold {
            direction = if change > 0.0 { 1 } else { -1 };
            extreme = index;
        } else if change * f64::from(direction) >= 0.0 {
            if direction != 0 {
                extreme = index;
            }
        } else if change.abs() > threshold {
            // The turn is where the extreme was, which is known only now.
            directions[start..=extreme].fill(direction);
            start = extreme + 1;
            direction = -direction;
            extreme = index;
        }
    }
    directions[start..].fill(direction);
    directions
}

impl Branch {
    /// Whether a point with this drive and direction belongs to the branch.
    pub(crate) fn holds(self, drive: f64, direction: i8) -> bool {
        match self {
            Branch::Up => direction >= 0,
            Branch::Down => direction < 0,
            Branch::Set => drive >= 0.0,
            Branch::Reset => drive < 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_found_through_noise() {
        let up = (0..50).map(|k| f64::from(k) / 50.0 + if k % 2 == 0 { 0.004 } else { -0.004 });
        let down = (0..=50).map(|k| 1.02 - f64::from(k) / 25.0);
        let loop_: Vec<f64> = up.chain(down).collect();
        let directions = directions(&loop_);
        assert_eq!(directions.len(), 101);
        assert!(directions[..50].iter().all(|d| *d == 1), "{directions:?}");
        assert!(directions[52..].iter().all(|d| *d == -1), "{directions:?}");
    }
}
