//! What the program asks of the machine it runs on: the date and its own memory.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// The present date and time (UTC) in the form that raw files have by custom: `Mon Nov 23 22:52:33  2026`.
pub(crate) fn date() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 is a broken clock, and its date is no more wrong than any other.
    format_date(since.map_or(0, |elapsed| elapsed.as_secs()))
}

fn format_date(seconds: u64) -> String {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = seconds / 86400;
    let (year, month, day) = civil(days);
    format!(
        "{} {} {day:2} {:02}:{:02}:{:02}  {year}",
        WEEKDAYS[(days % 7) as usize],
        MONTHS[month],
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    )
}

/// Year, month (from 0) and day of the month (from 1) of a number of days since 1970-01-01.
fn civil(mut days: u64) -> (u64, usize, u64) {
    let mut year = 1970;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month, days + 1)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// The most memory that the process has held, in bytes; nothing where the system does not tell.
pub(crate) fn peak_memory() -> Option<u64> {
    high_water_mark(&fs::read_to_string("/proc/self/status").ok()?)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "Thu Jan  1 00:00:00  1970"),
            (951_782_400, "Tue Feb 29 00:00:00  2000"),
            (1_795_474_353, "Mon Nov 23 22:52:33  2026"),
            (4_107_542_399, "Sun Feb 28 23:59:59  2100"),
            (4_107_542_400, "Mon Mar  1 00:00:00  2100"),
        ] {
            assert_eq!(format_date(seconds), text);
        }
    }

    #[test]
    fn the_high_water_mark_is_found_among_other_lines() {
        let status = "VmPeak:\t    9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(high_water_mark(status), Some(1234 * 1024));
        assert_eq!(high_water_mark("VmRSS:\t 1 kB\n"), None);
    }
}
