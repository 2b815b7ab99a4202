//! `ovonic devices`: the list of devices.

use ovonic::DEVICES;

use crate::console::Console;
use crate::device_page::names;
use crate::exit::{Failure, Status};
use crate::text::table;

/// Lists every device with its element letter, its model types and one line about it.
pub(crate) fn run(console: &mut Console) -> Result<Status, Failure> {
    let mut rows = vec![["device", "letter", "model types", ""].map(str::to_owned)];
    rows.extend(DEVICES.iter().map(|kind| {
        [
            kind.name.to_owned(),
            kind.letter.unwrap_or('n').to_ascii_uppercase().to_string(),
            names(kind.model_types),
            kind.summary.to_owned(),
        ]
    }));
    write!(console.out(), "{}", table(&rows, ""))?;
    writeln!(console.out(), "\n`ovonic help <device>` shows one of them.")?;
    Ok(Status::Success)
}
