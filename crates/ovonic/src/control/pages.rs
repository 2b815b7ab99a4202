//! Pages: the plots that analyses have left, with the vectors that commands add to them.

use super::Fault;
use super::value::Value;
use ovonic_netlist::codes;
use ovonic_waveforms::{Plot, PlotHeader, PlotKind, Quantity, Samples, Vector};

/// A plot under its name, such as `tran1`.
pub(super) struct Page {
    pub(super) name: String,
    pub(super) plot: Plot,
    /// The vectors of `let`, of any length.
    pub(super) extra: Vec<Vector>,
    /// The vector that serves as scale instead of the plot's own.
    pub(super) scale: Option<String>,
}

impl Page {
    /// All vectors.
    pub(super) fn vectors(&self) -> impl Iterator<Item = &Vector> {
        self.plot.vectors.iter().chain(&self.extra)
    }

    /// The vector of that name; one that `let` has made wins.
    pub(super) fn vector(&self, name: &str) -> Option<&Vector> {
        let own = self.extra.iter().find(|vector| vector.name == name);
        own.or_else(|| self.plot.vector(name).ok())
    }

    /// What the vectors are drawn over.
    pub(super) fn scale(&self) -> Option<&Vector> {
        match &self.scale {
            Some(name) => self.vector(name),
            None => self.plot.scale(),
        }
    }
}

/// All pages, and which one is looked at.
pub(super) struct Pages {
    pages: Vec<Page>,
    current: usize,
    /// The number that the next page's name ends in, unless that name is taken.
    number: usize,
}

impl Pages {
    /// The page of constants alone.
    pub(super) fn new() -> Pages {
        let constants = [
            ("pi", std::f64::consts::PI),
            ("e", std::f64::consts::E),
            ("c", 299_792_458.0),
            ("kelvin", -273.15),
            ("echarge", 1.602_176_634e-19),
            ("boltz", 1.380_649e-23),
            ("planck", 6.626_070_15e-34),
            ("true", 1.0),
            ("yes", 1.0),
            ("false", 0.0),
            ("no", 0.0),
        ];
        let constant =
            |(name, value): (&str, f64)| Vector::real(name, Quantity::Dimensionless, vec![value]);
        let header = PlotHeader::real(
            "Constant values",
            PlotKind::Other("constants".to_owned()),
            Vec::new(),
        );
        let page = Page {
            name: "const".to_owned(),
            plot: Plot::empty(&header),
            extra: constants.into_iter().map(constant).collect(),
            scale: None,
        };
        Pages { pages: vec![page], current: 0, number: 1 }
    }

    pub(super) fn current(&self) -> &Page {
        &self.pages[self.current]
    }

    pub(super) fn current_mut(&mut self) -> &mut Page {
        &mut self.pages[self.current]
    }

    /// The names, the latest first, as `setplot` lists them.
    pub(super) fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.pages.iter().rev().map(|page| page.name.as_str())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Page> {
        self.pages.iter().rev()
    }

    /// Adds a plot, which becomes the current page.
    pub(super) fn add(&mut self, plot: Plot, prefix: &str) {
        let taken = |name: &str| self.pages.iter().any(|page| page.name == name);
        let mut name = format!("{prefix}{}", self.number);
        while taken(&name) {
            self.number += 1;
            name = format!("{prefix}{}", self.number);
        }
        self.pages.push(Page { name, plot, extra: Vec::new(), scale: None });
        self.current = self.pages.len() - 1;
    }

    /// Makes a page the current one: by name, `new`, `previous` or `next`.
    pub(super) fn choose(&mut self, name: &str, title: &str) -> Result<(), Fault> {
        match name {
            "new" => {
                let kind = PlotKind::Other("unknown".to_owned());
                self.add(Plot::empty(&PlotHeader::real(title, kind, Vec::new())), "unknown");
            }
            "previous" => self.current = self.current.saturating_sub(1),
            "next" => self.current = (self.current + 1).min(self.pages.len() - 1),
            name => match self.pages.iter().position(|page| page.name == name) {
                Some(index) => self.current = index,
                None => return Err(self.unknown(name)),
            },
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> Fault {
        let names: Vec<&str> = self.names().collect();
        let help = format!("there are: {}", names.join(", "));
        Fault {
            help: Some(help),
            ..Fault::new(codes::UNKNOWN_VECTOR, format!("there is no plot \"{name}\""))
        }
    }

    /// Makes the latest page of an analysis the current one, unless the current one is of it.
    pub(super) fn turn_to(&mut self, kind: &PlotKind) {
        if self.current().plot.kind != *kind
            && let Some(index) = self.pages.iter().rposition(|page| page.plot.kind == *kind)
        {
            self.current = index;
        }
    }

    /// Removes pages: those named, `all`, or the current one. Constants stay.
    pub(super) fn destroy(&mut self, names: &str) -> Result<(), Fault> {
        if names.eq_ignore_ascii_case("all") {
            self.pages.truncate(1);
            self.current = 0;
            return Ok(());
        }
        let current = self.current().name.clone();
        let names = if names.is_empty() { current.clone() } else { names.to_lowercase() };
        for name in names.split_whitespace() {
            match self.pages.iter().position(|page| page.name == name) {
                Some(0) => {}
                Some(index) => {
                    self.pages.remove(index);
                }
                None => return Err(self.unknown(name)),
            }
        }
        let still = self.pages.iter().position(|page| page.name == current);
        self.current = still.unwrap_or(self.pages.len() - 1);
        Ok(())
    }

    /// The value of a vector: `name` in the current page or among the constants, `page.name` in another.
    pub(super) fn find(&self, name: &str) -> Option<Value> {
        let of = |page: &Page, name: &str| {
            page.vector(name).map(|vector| Value::of(vector, page.scale()))
        };
        if let Some(value) = of(self.current(), name) {
            return Some(value);
        }
        if let Some((plot, vector)) = name.split_once('.')
            && let Some(page) = self.pages.iter().find(|page| page.name == plot)
        {
            return of(page, vector);
        }
        of(&self.pages[0], name)
    }

    /// The page and the name that an assignment to `name` means.
    pub(super) fn target(&mut self, name: &str) -> (&mut Page, String) {
        if let Some((plot, vector)) = name.split_once('.')
            && let Some(index) = self.pages.iter().position(|page| page.name == plot)
        {
            return (&mut self.pages[index], vector.to_owned());
        }
        (self.current_mut(), name.to_owned())
    }

    /// Gives a vector of `let` its samples.
    pub(super) fn assign(&mut self, name: &str, samples: Samples, quantity: Quantity) {
        let (page, name) = self.target(name);
        let vector = Vector { name: name.clone(), quantity, samples };
        match page.extra.iter_mut().find(|known| known.name == name) {
            Some(known) => *known = vector,
            None => page.extra.push(vector),
        }
    }

    /// Removes vectors of `let`.
    pub(super) fn unlet(&mut self, names: &str) {
        for name in names.to_lowercase().split_whitespace() {
            let (page, name) = self.target(name);
            page.extra.retain(|vector| vector.name != name);
        }
    }

    /// Names that resemble one that does not exist.
    pub(super) fn suggestion(&self, name: &str) -> Option<String> {
        let names: Vec<&str> = self.current().vectors().map(|v| v.name.as_str()).collect();
        ovonic_netlist::suggest(name, names).map(|near| format!("did you mean \"{near}\"?"))
    }
}
