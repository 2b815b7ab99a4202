//! KLU as a process that times one phase on request.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ovonic_numerics::sparse::{MarketNumber, Pattern, write_market};

/// The compiled driver and where matrices are left for it.
pub(crate) struct Klu {
    program: PathBuf,
    matrix: PathBuf,
}

/// One process, holding the factors of one matrix.
pub(crate) struct Rival<T> {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    number: fn(f64, f64) -> T,
}

impl Klu {
    /// Compiles the driver; `None` if there is no compiler or no library.
    pub(crate) fn compile() -> Result<Option<Self>, String> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("klu");
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/klu/driver.c");
        let program = folder.join("driver");
        let compiled = Command::new("cc")
            .args(["-O2", "-I/usr/include/suitesparse", "-o"])
            .args([&program, &source])
            .arg("-lklu")
            .stderr(Stdio::null())
            .status();
        let done = compiled.is_ok_and(|status| status.success());
        Ok(done.then(|| Self { program, matrix: folder.join("matrix.mtx") }))
    }

    /// A process that has factored the matrix with the given row scaling; `number` makes a number of
    /// its two parts.
    pub(crate) fn start<T: MarketNumber>(
        &self,
        pattern: &Pattern,
        values: &[T],
        scaling: i32,
        number: fn(f64, f64) -> T,
    ) -> Result<Rival<T>, String> {
        let file = File::create(&self.matrix).map_err(|error| error.to_string())?;
        write_market(pattern, values, &mut BufWriter::new(file))
            .map_err(|error| error.to_string())?;
        let kind = if size_of::<T>() == size_of::<f64>() { "real" } else { "complex" };
        let mut child = Command::new(&self.program)
            .arg(&self.matrix)
            .args([kind, &scaling.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the driver has no pipes".into());
        };
        let mut rival = Rival { child, requests, answers: BufReader::new(answers), number };
        // The file may be overwritten once it has been read.
        rival.factor_entries()?;
        Ok(rival)
    }
}

impl<T: MarketNumber> Rival<T> {
    /// Processor seconds of `count` repetitions of a phase.
    pub(crate) fn time(&mut self, phase: &str, count: usize) -> Result<f64, String> {
        let answer = self.ask(&format!("{phase} {count}"))?;
        answer.trim().parse().map_err(|_| format!("the driver answers {answer:?}"))
    }

    /// Entries of both factors, the diagonal counted once.
    pub(crate) fn factor_entries(&mut self) -> Result<usize, String> {
        let answer = self.ask("sizes")?;
        let first = answer.split_whitespace().next().and_then(|word| word.parse().ok());
        first.ok_or_else(|| format!("the driver answers {answer:?}"))
    }

    /// The solution for a right-hand side of ones.
    pub(crate) fn solution(&mut self) -> Result<Vec<T>, String> {
        let answer = self.ask("solution")?;
        let parts: Result<Vec<f64>, _> = answer.split_whitespace().map(str::parse).collect();
        let parts = parts.map_err(|error| error.to_string())?;
        Ok(match size_of::<T>() / size_of::<f64>() {
            1 => parts.iter().map(|&part| (self.number)(part, 0.0)).collect(),
            _ => parts.chunks_exact(2).map(|pair| (self.number)(pair[0], pair[1])).collect(),
        })
    }

    fn ask(&mut self, request: &str) -> Result<String, String> {
        writeln!(self.requests, "{request}").map_err(|error| error.to_string())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).map_err(|error| error.to_string())?;
        if answer.is_empty() { Err("the driver has ended".into()) } else { Ok(answer) }
    }
}

impl<T> Drop for Rival<T> {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
