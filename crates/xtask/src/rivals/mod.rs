//! Other simulators: where they are, how each is run on a SPICE deck, what a run costs and what it gives.
//!
//! All of them are programs of their own, run and never linked. A deck is prepared once for a simulator (VACASK reads
//! a language of its own, neospice is a Python package), then run as often as wanted:
//!
//! ```text
//! installed()          -> who is here, who is absent
//! prepare(deck)        -> Job: files written, command known
//! job.run()            -> Cost: processor time, memory
//! job.results()        -> vectors under the names of raw files of SPICE
//! ```

mod neospice;
pub(crate) mod translate;
mod vacask;

use crate::root;
use ovonic_waveforms::{Results, read_raw};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wait4::Wait4;

/// A simulator that reads our decks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Simulator {
    /// This one.
    Ovonic,
    /// The reference of the dialect.
    Ngspice,
    /// Through its Python package; there is no program of that name in its wheels.
    Neospice,
    /// Through a translation of the deck.
    Vacask,
}

impl Simulator {
    /// The others, the reference first.
    pub(crate) const RIVALS: [Simulator; 3] =
        [Simulator::Ngspice, Simulator::Neospice, Simulator::Vacask];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Simulator::Ovonic => "ovonic",
            Simulator::Ngspice => "ngspice",
            Simulator::Neospice => "neospice",
            Simulator::Vacask => "vacask",
        }
    }
}

/// A simulator that was found on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    pub(crate) simulator: Simulator,
    /// What it is called in tables and folders.
    pub(crate) label: &'static str,
    /// The program, or the Python that knows the package.
    program: PathBuf,
    /// As it names itself.
    pub(crate) version: String,
}

/// What a run cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Processor time of the whole process, user and system, in s. The kernel counts the sum exactly and splits it
    /// by ticks only.
    pub(crate) seconds: f64,
    /// Largest resident memory in bytes.
    pub(crate) memory: u64,
}

/// One deck made ready for one simulator.
pub(crate) struct Job {
    simulator: Simulator,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    folder: PathBuf,
    /// Files with results, in order.
    raws: Vec<PathBuf>,
    log: PathBuf,
}

/// Who is here, and what to say of those who are not.
pub(crate) fn installed(ours: &Path) -> (Vec<Installed>, Vec<String>) {
    let (mut here, mut absent) = (vec![own(ours, "ovonic")], Vec::new());
    for simulator in Simulator::RIVALS {
        let label = simulator.name();
        match find(simulator) {
            Some((program, version)) => here.push(Installed { simulator, label, program, version }),
            None => absent.push(format!("{label} is not installed")),
        }
    }
    (here, absent)
}

/// A build of this simulator; several can race each other.
pub(crate) fn own(program: &Path, label: &'static str) -> Installed {
    let version = concat!("ovonic ", env!("CARGO_PKG_VERSION")).to_owned();
    Installed { simulator: Simulator::Ovonic, label, program: program.to_owned(), version }
}

/// The virtual environment that `.ci/run` makes comes first, then the search path.
fn find(simulator: Simulator) -> Option<(PathBuf, String)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(root().join("target/ci-venv/bin"))
        .chain(std::env::split_paths(&path).filter(|folder| folder.is_absolute()));
    let program = match simulator {
        Simulator::Neospice => "python3",
        other => other.name(),
    };
    folders.map(|folder| folder.join(program)).filter(|path| path.is_file()).find_map(|path| {
        let version = version(simulator, &path)?;
        Some((path, version))
    })
}

fn version(simulator: Simulator, program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    match simulator {
        Simulator::Neospice => command.args(["-c", neospice::VERSION]),
        Simulator::Vacask => command.arg("--help"),
        _ => command.arg("--version"),
    };
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().map(str::trim).find(|line| line.contains(|c: char| c.is_ascii_digit()));
    let line = line.unwrap_or_default();
    match simulator {
        Simulator::Neospice => output.status.success().then(|| format!("neospice {line}")),
        // It does not know its version; the package that brought it does.
        Simulator::Vacask => Some(vacask::version(program)),
        Simulator::Ngspice => {
            let word = line.split_whitespace().find(|word| word.starts_with("ngspice"));
            Some(word.unwrap_or("ngspice").replace('-', " "))
        }
        Simulator::Ovonic => Some(line.to_owned()),
    }
}

impl Installed {
    /// Writes what this simulator needs to run a deck.
    ///
    /// `beside` is where the deck's includes are looked up; `folder` takes results and logs.
    ///
    /// # Errors
    /// What of the deck this simulator has no words for.
    pub(crate) fn prepare(
        &self,
        text: &str,
        beside: &Path,
        folder: &Path,
        stem: &str,
    ) -> Result<Job, String> {
        let folder = folder.join(format!("{stem}-{}", self.label));
        let write = |path: &Path, text: &str| {
            fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let raw = folder.join("out.raw");
        let log = folder.join("log");
        let deck = folder.join("deck.cir");
        let mut raws = vec![raw.clone()];
        let text = translate::rebase_includes(text, beside);
        let arguments: Vec<PathBuf> = match self.simulator {
            Simulator::Ovonic => {
                write(&deck, &text)?;
                vec![
                    "ngspice".into(),
                    "-b".into(),
                    "-r".into(),
                    raw,
                    "-o".into(),
                    log.clone(),
                    deck,
                ]
            }
            Simulator::Ngspice => {
                write(&deck, &text)?;
                vec!["-b".into(), "-r".into(), raw, "-o".into(), log.clone(), deck]
            }
            Simulator::Neospice => {
                let driver = folder.join("driver.py");
                write(&driver, neospice::DRIVER)?;
                write(&deck, &text)?;
                vec![driver, deck, raw]
            }
            Simulator::Vacask => {
                let translated = vacask::translate(&text)?;
                raws = translated.raws.iter().map(|name| folder.join(name)).collect();
                let deck = folder.join("deck.sim");
                write(&deck, &translated.text)?;
                vec!["-qp".into(), "-sp".into(), deck]
            }
        };
        let program = self.program.clone();
        Ok(Job { simulator: self.simulator, program, arguments, folder, raws, log })
    }
}

impl Job {
    /// The command line, for a person who wants to repeat it.
    pub(crate) fn command_line(&self) -> String {
        let name = match self.simulator {
            Simulator::Neospice => "python3",
            other => other.name(),
        };
        let shorten = |path: &PathBuf| {
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        };
        let words: Vec<String> = self.arguments.iter().map(shorten).collect();
        format!("{name} {}", words.join(" "))
    }

    /// Runs it once.
    ///
    /// # Errors
    /// What the simulator says where it fails.
    pub(crate) fn run(&self) -> Result<Cost, String> {
        self.execute(Command::new(&self.program))
    }

    /// Runs it once, and ends it after so many seconds.
    ///
    /// # Errors
    /// What the simulator says where it fails.
    pub(crate) fn run_within(&self, seconds: u32) -> Result<Cost, String> {
        let mut command = Command::new("timeout");
        command.arg(seconds.to_string()).arg(&self.program);
        self.execute(command)
    }

    fn execute(&self, mut command: Command) -> Result<Cost, String> {
        for raw in &self.raws {
            let _ = fs::remove_file(raw);
        }
        let words = self.folder.join("words");
        let file = fs::File::create(&words).map_err(|error| error.to_string())?;
        let copy = file.try_clone().map_err(|error| error.to_string())?;
        let mut child = command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env("OMP_NUM_THREADS", "1")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(copy)
            .spawn()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        let used = child.wait4().map_err(|error| error.to_string())?;
        if !used.status.success() {
            return Err(self.complaint(&words));
        }
        let seconds = (used.rusage.utime + used.rusage.stime).as_secs_f64();
        Ok(Cost { seconds, memory: used.rusage.maxrss })
    }

    fn complaint(&self, words: &Path) -> String {
        let read = |path: &Path| {
            fs::read(path)
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .unwrap_or_default()
        };
        let text = read(words) + &read(&self.log);
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let telling = lines().find(|line| line.to_lowercase().contains("error"));
        telling.or_else(|| lines().next_back()).unwrap_or("failed without a word").to_owned()
    }

    /// What the last run gave.
    ///
    /// # Errors
    /// A file that is missing or cannot be read.
    pub(crate) fn results(&self) -> Result<Results, String> {
        let mut all: Option<Results> = None;
        for raw in &self.raws {
            let file = fs::File::open(raw).map_err(|error| format!("no results: {error}"))?;
            let read =
                read_raw(std::io::BufReader::new(file)).map_err(|error| error.to_string())?;
            let mut results = read.results;
            if self.simulator == Simulator::Vacask {
                vacask::rename(&mut results, raw);
            }
            match &mut all {
                Some(all) => all.plots.extend(results.plots),
                None => all = Some(results),
            }
        }
        all.ok_or_else(|| "no results".to_owned())
    }

    /// Removes what the run left, which may be large.
    pub(crate) fn clean(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
