//! Blocks: `.subckt` and `.if` nest, and each card belongs to the innermost open one.

use crate::ast::{Branch, Conditional, Expr, Item, Name, Subcircuit};
use crate::codes::{self, Code};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// How deep blocks may be nested.
const MAX_DEPTH: usize = 100;

/// A block whose end has not been seen.
enum Block {
    Subcircuit(Subcircuit),
    Conditional(Conditional),
}

/// An open block; a broken one is closed like any other and then dropped, because its opening card was refused.
struct Open {
    block: Block,
    is_broken: bool,
}

/// The tree while it is being read.
#[derive(Default)]
pub(crate) struct Blocks {
    items: Vec<Item>,
    open: Vec<Open>,
}

impl Blocks {
    /// Adds a card to the innermost block.
    pub(crate) fn push(&mut self, item: Item) {
        match self.open.last_mut().map(|open| &mut open.block) {
            None => self.items.push(item),
            Some(Block::Subcircuit(subcircuit)) => subcircuit.items.push(item),
            Some(Block::Conditional(conditional)) => {
                if let Some(branch) = conditional.branches.last_mut() {
                    branch.items.push(item);
                }
            }
        }
    }

    /// `.subckt`.
    pub(crate) fn open_subcircuit(
        &mut self,
        subcircuit: Subcircuit,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let span = subcircuit.span;
        self.open(Block::Subcircuit(subcircuit), span, false, diagnostics);
    }

    /// A `.subckt` whose card could not be read: its body is read and dropped.
    pub(crate) fn open_broken_subcircuit(&mut self, span: Span, diagnostics: &mut Vec<Diagnostic>) {
        let name = Name::new(String::new(), span);
        let subcircuit = Subcircuit {
            span,
            name,
            ports: Vec::new(),
            params: Vec::new(),
            items: Vec::new(),
            end: None,
        };
        self.open(Block::Subcircuit(subcircuit), span, true, diagnostics);
    }

    /// `.if`; without a condition if that could not be read.
    pub(crate) fn open_conditional(
        &mut self,
        span: Span,
        condition: Option<Expr>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let is_broken = condition.is_none();
        let branches = vec![Branch { span, condition, items: Vec::new() }];
        self.open(
            Block::Conditional(Conditional { span, branches, end: None }),
            span,
            is_broken,
            diagnostics,
        );
    }

    fn open(
        &mut self,
        block: Block,
        span: Span,
        is_broken: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let is_too_deep = self.open.len() >= MAX_DEPTH;
        if is_too_deep && self.open.len() == MAX_DEPTH {
            let message = format!("blocks are nested more than {MAX_DEPTH} deep");
            diagnostics.push(Diagnostic::error(codes::NESTED_TOO_DEEP, span, message));
        }
        self.open.push(Open { block, is_broken: is_broken || is_too_deep });
    }

    /// `.elseif` or `.else`.
    pub(crate) fn branch(
        &mut self,
        span: Span,
        condition: Option<Expr>,
        is_broken: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let keyword = if condition.is_some() || is_broken { ".elseif" } else { ".else" };
        if !self.close_inner(|block| matches!(block, Block::Conditional(_)), span, diagnostics) {
            return unmatched(span, keyword, ".if", diagnostics);
        }
        let Some(Open { block: Block::Conditional(conditional), is_broken: broken }) =
            self.open.last_mut()
        else {
            return;
        };
        *broken |= is_broken;
        if let Some(last) =
            conditional.branches.last().filter(|branch| branch.condition.is_none() && !*broken)
        {
            let diagnostic = Diagnostic::error(
                codes::UNMATCHED_END,
                span,
                format!("\"{keyword}\" stands behind \".else\""),
            )
            .secondary(last.span, "the last branch starts here");
            diagnostics.push(diagnostic);
        }
        conditional.branches.push(Branch { span, condition, items: Vec::new() });
    }

    /// `.endif`.
    pub(crate) fn close_conditional(&mut self, span: Span, diagnostics: &mut Vec<Diagnostic>) {
        if !self.close_inner(|block| matches!(block, Block::Conditional(_)), span, diagnostics) {
            return unmatched(span, ".endif", ".if", diagnostics);
        }
        self.close(Some(span));
    }

    /// `.ends [name]`.
    pub(crate) fn close_subcircuit(
        &mut self,
        span: Span,
        name: Option<&Name>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let is_named = |open: &Open| match &open.block {
            Block::Subcircuit(subcircuit) => {
                name.is_none_or(|name| subcircuit.name.node == name.node)
            }
            Block::Conditional(_) => false,
        };
        let is_subcircuit = |block: &Block| matches!(block, Block::Subcircuit(_));
        // A name that fits an outer block means that the inner ones were never closed.
        let found = match self.open.iter().rposition(is_named) {
            Some(index) => {
                self.close_to(index, span, diagnostics);
                true
            }
            None => self.close_inner(is_subcircuit, span, diagnostics),
        };
        if !found {
            return unmatched(span, ".ends", ".subckt", diagnostics);
        }
        if let (Some(name), Some(Open { block: Block::Subcircuit(subcircuit), is_broken: false })) =
            (name, self.open.last())
            && subcircuit.name.node != name.node
        {
            let message = format!("\".ends {name}\" closes the subcircuit \"{}\"", subcircuit.name);
            let diagnostic = Diagnostic::error(codes::MISMATCHED_END, name.span, message)
                .secondary(subcircuit.name.span, "which is opened here")
                .fix(name.span, subcircuit.name.node.clone());
            diagnostics.push(diagnostic);
        }
        self.close(Some(span));
    }

    /// Closes everything, with an error for each block that is still open, and gives the tree.
    pub(crate) fn finish(mut self, diagnostics: &mut Vec<Diagnostic>) -> Vec<Item> {
        while let Some(open) = self.open.last() {
            let (span, code, message) = missing(&open.block);
            diagnostics.push(Diagnostic::error(code, span, message).label("opened here"));
            self.close(None);
        }
        self.items
    }

    /// Makes the innermost block of a kind the innermost of all; false if there is none.
    fn close_inner(
        &mut self,
        fits: impl Fn(&Block) -> bool,
        at: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> bool {
        match self.open.iter().rposition(|open| fits(&open.block)) {
            Some(index) => {
                self.close_to(index, at, diagnostics);
                true
            }
            None => false,
        }
    }

    /// Closes the blocks inside block `index`, each with an error.
    fn close_to(&mut self, index: usize, at: Span, diagnostics: &mut Vec<Diagnostic>) {
        while self.open.len() > index + 1 {
            if let Some(open) = self.open.last() {
                let (span, code, message) = missing(&open.block);
                diagnostics.push(
                    Diagnostic::error(code, span, message)
                        .label("opened here")
                        .secondary(at, "should be closed before this"),
                );
            }
            self.close(None);
        }
    }

    fn close(&mut self, end: Option<Span>) {
        let Some(Open { block, is_broken }) = self.open.pop() else {
            return;
        };
        if is_broken {
            return;
        }
        self.push(match block {
            Block::Subcircuit(subcircuit) => Item::Subcircuit(Subcircuit { end, ..subcircuit }),
            Block::Conditional(conditional) => {
                Item::Conditional(Conditional { end, ..conditional })
            }
        });
    }
}

fn missing(block: &Block) -> (Span, Code, String) {
    match block {
        Block::Subcircuit(subcircuit) => {
            let message = format!("the subcircuit \"{}\" has no \".ends\"", subcircuit.name);
            (subcircuit.span, codes::MISSING_END, message)
        }
        Block::Conditional(conditional) => {
            (conditional.span, codes::MISSING_END, "the \".if\" has no \".endif\"".to_owned())
        }
    }
}

fn unmatched(span: Span, keyword: &str, opening: &str, diagnostics: &mut Vec<Diagnostic>) {
    let message = format!("\"{keyword}\" without \"{opening}\"");
    diagnostics.push(Diagnostic::error(codes::UNMATCHED_END, span, message));
}
