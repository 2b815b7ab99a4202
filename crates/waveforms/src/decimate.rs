//! Choosing the points that matter for a picture.
//!
//! A screen shows a thousand columns, a transient has millions of points. [`min_max_indices`] keeps the outline exactly:
//! no spike is lost. [`largest_triangle_indices`] keeps a given number of points that resemble the shape best, which is
//! better for small pictures and for export. Both return indices, so that several vectors can share them.

/// Indices of the points that draw the same outline as all points on `columns` pixel columns.
///
/// `x` and `y` have the same length; for a logarithmic axis give the logarithm. Of each run of neighbouring points in
/// one column the first, least, greatest and last are kept. Runs follow the order of points, not of `x`, so that curves
/// that turn back stay whole. Points whose coordinates are not finite are kept where they interrupt the curve.
///
/// # Panics
/// If `x` and `y` differ in length.
pub fn min_max_indices(x: &[f64], y: &[f64], columns: usize) -> Vec<usize> {
    assert_eq!(x.len(), y.len(), "x and y have the same length");
    let (low, high) = range(x);
    if x.len() <= 4 * columns || columns == 0 || low >= high {
        return (0..x.len()).collect();
    }
    let column = |value: f64| {
        if value.is_finite() {
            // Halves first: the difference of two finite numbers can overflow.
            let position = (0.5 * value - 0.5 * low) / (0.5 * high - 0.5 * low);
            (position * columns as f64) as usize
        } else {
            usize::MAX
        }
    };
    let mut kept = Vec::new();
    let mut start = 0;
    while start < x.len() {
        let here = column(x[start]);
        let finite = y[start].is_finite();
        let mut end = start + 1;
        while end < x.len() && column(x[end]) == here && y[end].is_finite() == finite {
            end += 1;
        }
        keep_extremes(y, start, end, &mut kept);
        start = end;
    }
    kept
}

/// Keeps first, least, greatest and last of `start..end`, in order and once each.
fn keep_extremes(y: &[f64], start: usize, end: usize, kept: &mut Vec<usize>) {
    let (mut least, mut greatest) = (start, start);
    for index in start..end {
        if y[index] < y[least] {
            least = index;
        }
        if y[index] > y[greatest] {
            greatest = index;
        }
    }
    let mut four = [start, least, greatest, end - 1];
    four.sort_unstable();
    for index in four {
        if kept.last() != Some(&index) {
            kept.push(index);
        }
    }
}

/// Indices of at most `count` points that resemble the curve best: largest-triangle-three-buckets.
///
/// The first and last points are kept; between them each of `count − 2` equal runs gives the point that spans the
/// largest triangle with the point chosen before and the mean of the next run.
/// Method: S. Steinarsson, *Downsampling Time Series for Visual Representation*, 2013.
///
/// # Panics
/// If `x` and `y` differ in length.
pub fn largest_triangle_indices(x: &[f64], y: &[f64], count: usize) -> Vec<usize> {
    assert_eq!(x.len(), y.len(), "x and y have the same length");
    let n = x.len();
    if n <= count || n <= 2 {
        return (0..n).collect();
    }
    if count <= 2 {
        return [0, n - 1].into_iter().take(count).collect();
    }
    let buckets = count - 2;
    let edge = |k: usize| 1 + k * (n - 2) / buckets;
    let mut kept = vec![0];
    let mut chosen = 0;
    for bucket in 0..buckets {
        let next = edge(bucket + 1)..edge((bucket + 2).min(buckets)).max(edge(bucket + 1) + 1);
        let (mean_x, mean_y) = (mean(&x[next.clone()]), mean(&y[next]));
        let mut best = edge(bucket);
        let mut largest = -1.0;
        for index in edge(bucket)..edge(bucket + 1) {
            let area = ((x[chosen] - mean_x) * (y[index] - y[chosen])
                - (x[chosen] - x[index]) * (mean_y - y[chosen]))
                .abs();
            if area > largest {
                (best, largest) = (index, area);
            }
        }
        kept.push(best);
        chosen = best;
    }
    kept.push(n - 1);
    kept
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn range(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spike_is_lost() {
        let x: Vec<f64> = (0..100_000).map(f64::from).collect();
        let mut y: Vec<f64> = x.iter().map(|t| (t * 1e-3).sin()).collect();
        y[77_777] = 50.0;
        y[12_345] = -60.0;
        let kept = min_max_indices(&x, &y, 500);
        assert!(kept.len() <= 2002 && kept.len() > 500);
        assert!(kept.contains(&77_777) && kept.contains(&12_345));
        assert!(kept.is_sorted() && kept[0] == 0 && kept.last() == Some(&99_999));
        // Every column keeps its range.
        for column in [0, 100, 499] {
            let run = column * 200..(column + 1) * 200;
            let all = range(&y[run.clone()]);
            let few: Vec<f64> = kept.iter().filter(|i| run.contains(i)).map(|i| y[*i]).collect();
            assert_eq!(range(&few), all);
        }
    }

    #[test]
    fn curves_that_turn_back_stay_whole() {
        let x: Vec<f64> =
            (0..2000).map(|k| if k < 1000 { k } else { 2000 - k }).map(f64::from).collect();
        let y: Vec<f64> = (0..2000).map(f64::from).collect();
        let kept = min_max_indices(&x, &y, 10);
        assert!(kept.len() >= 38 && kept.len() <= 44, "{}", kept.len());
        assert!(kept.iter().any(|i| x[*i] > 990.0));
    }

    #[test]
    fn gaps_survive() {
        let x: Vec<f64> = (0..1000).map(f64::from).collect();
        let mut y = vec![1.0; 1000];
        y[500] = f64::NAN;
        assert!(min_max_indices(&x, &y, 10).contains(&500));
    }

    #[test]
    fn triangles_keep_count_ends_and_peak() {
        let x: Vec<f64> = (0..1000).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|t| if *t == 500.0 { 1.0 } else { 0.0 }).collect();
        for count in 3..40 {
            let kept = largest_triangle_indices(&x, &y, count);
            assert_eq!(kept.len(), count);
            assert!(kept.windows(2).all(|w| w[0] < w[1]));
            assert_eq!((kept[0], kept[count - 1]), (0, 999));
            assert!(kept.contains(&500));
        }
        assert_eq!(largest_triangle_indices(&x, &y, 2), [0, 999]);
        assert_eq!(largest_triangle_indices(&x[..2], &y[..2], 9), [0, 1]);
    }
}
