//! Reading the netlist that the command line names.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ovonic::netlist::{DiskLoader, Loader};

use crate::exit::Failure;

/// The name under which a netlist from standard input appears in messages.
const STDIN: &str = "<stdin>";

/// Reads files from disk, and the top file from standard input if it is called `-`.
#[derive(Debug)]
pub(crate) struct Deck {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Deck {
    /// Reads the top file, so that one that cannot be read is a failure and no diagnostic.
    pub(crate) fn read(path: &Path) -> Result<Deck, Failure> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| Failure::read(Path::new(STDIN), error))?;
            return Ok(Deck { path: PathBuf::from(STDIN), bytes });
        }
        let bytes = std::fs::read(path).map_err(|error| Failure::read(path, error))?;
        Ok(Deck { path: path.to_owned(), bytes })
    }

    /// The path of the top file as messages show it; included files are looked for in its folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Loader for Deck {
    fn load(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == self.path {
            return Ok(self.bytes.clone());
        }
        DiskLoader.load(path)
    }
}
