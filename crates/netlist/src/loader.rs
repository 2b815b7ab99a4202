//! How included files are read.
//!
//! The parser never touches the file system itself, so that a netlist can come from memory, an archive or an editor.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Gives the bytes of a file.
pub trait Loader {
    /// Reads a whole file.
    ///
    /// # Errors
    /// Whatever prevents the file from being read.
    fn load(&self, path: &Path) -> io::Result<Vec<u8>>;
}

/// Reads files from disk, relative to the current directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskLoader;

impl Loader for DiskLoader {
    fn load(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }
}

/// Holds files in memory; `a/../b` and `./b` are the file `b`.
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    files: HashMap<PathBuf, Vec<u8>>,
}

impl MemoryLoader {
    /// A loader without files.
    #[must_use]
    pub fn new() -> Self {
        MemoryLoader::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(normalised(&path.into()), bytes.into());
        self
    }
}

impl Loader for MemoryLoader {
    fn load(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files
            .get(&normalised(path))
            .cloned()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }
}

/// A path without `.` and `..`, to compare files by.
pub(crate) fn normalised(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(normal.components().next_back(), Some(Component::Normal(_))) =>
            {
                normal.pop();
            }
            component => normal.push(component),
        }
    }
    normal
}
