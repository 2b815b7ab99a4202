//! The registry of diagnostic codes: a short title and an explanation for each.
//!
//! Ranges: E01xx text, E02xx grammar of cards, E03xx hierarchy and includes, E04xx expressions and parameters,
//! E05xx elaboration, E06xx topology, W07xx warnings. Codes of elaboration live here too, because `explain` has to
//! find them all and because a code, once published, never changes its meaning.

use std::fmt;

/// A diagnostic code such as `E0104`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Code {
    /// The code as it is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The registry entry.
    #[must_use]
    pub fn entry(self) -> Option<&'static CodeEntry> {
        ALL.iter().find(|entry| entry.code == self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What the registry knows about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeEntry {
    /// The code.
    pub code: Code,
    /// A few words.
    pub title: &'static str,
    /// A paragraph: what it means, why it matters, what to do.
    pub explanation: &'static str,
}

/// Finds a code by its text, in any case.
///
/// ```
/// assert_eq!(ovonic_netlist::explain("e0501").map(|entry| entry.title), Some("unknown model"));
/// ```
#[must_use]
pub fn explain(code: &str) -> Option<&'static CodeEntry> {
    ALL.iter().find(|entry| entry.code.as_str().eq_ignore_ascii_case(code.trim()))
}

macro_rules! codes {
    ($($name:ident $code:literal $title:literal $explanation:literal)*) => {
        $(#[doc = concat!($code, ": ", $title, ".")] pub const $name: Code = Code($code);)*

        /// Every code, in order.
        pub const ALL: &[CodeEntry] =
            &[$(CodeEntry { code: $name, title: $title, explanation: $explanation }),*];
    };
}

codes! {
    NOT_TEXT "E0101" "the file is not text"
        "The file contains NUL bytes, which no text encoding that SPICE decks use would produce. It is probably a \
         compiled, compressed or raw file. Nothing after the first NUL byte is read."
    LINE_TOO_LONG "E0102" "a line is too long"
        "A logical line, with all its continuation lines, is longer than 16 MiB. Such lines come from damaged or \
         generated files; waveforms of that size belong into a file that PWL FILE= names. The line is skipped."
    FILE_TOO_LARGE "E0103" "the file is too large"
        "A single file of a netlist must be smaller than 2 GiB. Split it with .include."
    BAD_NUMBER "E0104" "this is not a number"
        "A number is digits with an optional decimal point, an optional exponent (e or d), an optional suffix (t g meg \
         k mil m u n p f, and a before a unit) and an optional unit such as V, Ohm or Hz. A suffix may stand for the \
         decimal point: 4k7. Other letters are refused, because in 1kk or 10uX7R it is not clear what was meant; other \
         simulators drop them silently. Note that M is milli; mega is MEG."
    UNTERMINATED_QUOTE "E0105" "a quotation is not closed"
        "A text in single or double quotes, or an expression in braces, must end on the same logical line. Continue a \
         long line with + in the first column of the next one."
    STRAY_CONTINUATION "E0106" "a continuation line continues nothing"
        "A line that starts with + continues the card before it, across comments and blank lines, but here there is no \
         card before it. The title line cannot be continued."
    UNEXPECTED_CHARACTER "E0107" "an unexpected character"
        "This character has no meaning at this place of a card."
    TOO_MANY_ERRORS "E0108" "too many errors"
        "After a thousand errors the text is hardly a netlist, and reading stops. Mend the first errors; the others may \
         follow from them."

    MISSING_NODE "E0201" "a node is missing"
        "The element needs more nodes than the line gives. Nodes follow the name, before values and models."
    MISSING_VALUE "E0202" "a value is missing"
        "The card needs a value here: a number, or an expression in braces."
    TOO_MANY_WORDS "E0203" "too many words"
        "The card is complete before this word. Every word must mean something; none is ignored."
    UNKNOWN_DIRECTIVE "E0204" "unknown directive"
        "No directive of this name exists. A line that starts with a dot is always a directive."
    UNKNOWN_ELEMENT "E0205" "no element starts like this"
        "The first letter of an element's name says what it is: R resistor, C capacitor, L inductor, V and I sources, \
         D diode, N compact model, X subcircuit and so on. No element starts with this character."
    UNBALANCED "E0206" "a parenthesis is not closed"
        "Every opening parenthesis, bracket or brace on a card needs a closing one."
    MISSING_EQUALS "E0207" "an assignment is incomplete"
        "Parameters are written key=value. Either the key or the value is missing here."
    BAD_WAVEFORM "E0208" "a waveform is malformed"
        "The arguments of the waveform do not fit: too many, too few, or a PWL with a time but no value."
    BAD_SOURCE_FUNCTION "E0209" "the transfer of a controlled source is malformed"
        "A controlled source is written with two control nodes (or a source) and a gain, with POLY(n) and its controls \
         and coefficients, with VALUE={expression}, or with TABLE {input} = (x, y) ...."
    BAD_BEHAVIORAL "E0210" "a behavioural source is malformed"
        "A B element is written B1 plus minus V=expression, or with I=, R=, C=, L= or Q=."
    BAD_MODEL_CARD "E0211" "a model card is malformed"
        "A model card is written .model name kind (key=value ...). AKO models are not supported: copy the parameters."
    BAD_ANALYSIS_CARD "E0212" "an analysis card is malformed"
        "The card does not have the words that its analysis needs. The help names the form."
    BAD_OUTPUT_CARD "E0213" "an output card is malformed"
        "Outputs are node voltages v(a), v(a,b), branch currents i(v1), device quantities @d1[id], or expressions of \
         them."
    BAD_CONDITION "E0214" "an initial condition is malformed"
        "Initial conditions are written v(node)=value or i(inductor)=value."
    MISSING_NAME "E0215" "a name is missing"
        "The card needs a name here."
    DUPLICATE_KEY "E0216" "a parameter is given twice"
        "The same key stands twice on one card. Remove one of them."
    BAD_MEASURE "E0217" "a measure is malformed"
        "A measure is written .meas analysis name, then what to measure: max, min, pp, avg, rms or integ of a signal, \
         find signal at=, find signal when event, when event, trig event targ event, or param='formula'. An event is \
         v(out)=level with rise=, fall= or cross= and a count or last."
    UNKNOWN_COMMAND "E0218" "unknown command in a control block"
        "Between .control and .endc stand commands such as op, tran, print, let, meas, write or alter, one to a line. No \
         command has this name."
    BAD_COMMAND "E0219" "a command is malformed"
        "The command does not have the words that it needs. The help names the form."

    CANNOT_READ "E0301" "a file cannot be read"
        "The file that an .include, .lib or PWL FILE= names cannot be read. Relative paths start at the folder of the \
         file that contains the card, then at the include paths."
    RECURSIVE_INCLUDE "E0302" "a file includes itself"
        "The file includes itself, directly or through others. The trace shows the circle."
    INCLUDE_TOO_DEEP "E0303" "too many or too deeply nested includes"
        "Includes may be nested 64 deep and there may be 10,000 of them in all. More is taken for a runaway."
    UNKNOWN_SECTION "E0304" "a library has no such section"
        "The library file has no .lib section of this name. Section names do not distinguish case."
    UNMATCHED_END "E0305" "an end without a beginning"
        "A .ends, .endif, .else, .elseif, .endl or .endc stands where nothing is open that it could close."
    MISSING_END "E0306" "a block is not closed"
        "A .subckt, .if, .control or .lib section is still open at the end of its file."
    MISMATCHED_END "E0307" "an end names another block"
        "The name behind .ends or .endl is not that of the innermost open block."
    NESTED_TOO_DEEP "E0308" "blocks are nested too deeply"
        "Subcircuits and conditionals may be nested 100 deep."
    MISPLACED "E0309" "a card stands where it has no meaning"
        "This card cannot stand inside this block."

    SYNTAX "E0401" "an expression is malformed"
        "The expression cannot be read here. Operators are + - * / \\ % ^ **, comparisons, && || ! and ?:."
    EXPRESSION_TOO_DEEP "E0402" "an expression is nested too deeply"
        "Parentheses may be nested 100 deep, and operators 1000. Split the expression with .param or .func."
    UNDEFINED_PARAMETER "E0403" "undefined parameter"
        "No .param, subcircuit parameter or built-in constant has this name in this scope. Definition order does not \
         matter."
    PARAMETER_CYCLE "E0404" "parameters depend on each other in a circle"
        "The value of the parameter depends on itself, directly or through others. The labels show the circle."
    UNDEFINED_FUNCTION "E0405" "undefined function"
        "No built-in function and no .func has this name."
    WRONG_ARGUMENT_COUNT "E0406" "wrong number of arguments"
        "The function takes another number of arguments."
    NOT_CONSTANT "E0407" "this is not a constant"
        "A constant is needed here, but the expression uses voltages, currents, time or frequency. Those can be used \
         in B, E, G, F and H elements."
    NOT_FINITE "E0408" "an expression has no finite value"
        "The expression overflows, divides by zero or takes a function outside its domain. Other simulators go on with \
         a substitute such as 1e32; a netlist whose values are made up is not simulated here."
    BARE_NAME "E0409" "a bare name where a value is needed"
        "On element and analysis lines a parameter must be written in braces, {name}, or in single quotes. A bare word \
         is the name of a model or node there."
    BAD_FUNCTION_DEFINITION "E0410" "a function definition is malformed"
        "Functions are defined by .func name(a, b) {expression} or .param name(a, b)=expression."
    RECURSIVE_FUNCTION "E0411" "a function calls itself"
        "Functions are expanded in place and cannot call themselves, directly or through others."
    DUPLICATE_FUNCTION "E0412" "a function is defined twice"
        "Two functions of the same name stand in one scope."

    UNKNOWN_MODEL "E0501" "unknown model"
        "No .model card of this name is visible here. Models inside a subcircuit are visible only there."
    UNKNOWN_PARAMETER "E0502" "unknown parameter"
        "The device or model has no parameter of this name. Other simulators ignore such a parameter or only warn, \
         which hides misspellings."
    MISSING_PARAMETER "E0503" "a parameter is required"
        "The device or model has no sensible default for this parameter, so it must be given."
    VALUE_OUT_OF_RANGE "E0504" "a value is out of range"
        "The value lies outside the range in which the parameter has a meaning."
    UNKNOWN_KIND "E0505" "unknown kind of model"
        "No device has a model of this kind. The word behind the name of a .model card is its kind."
    NO_DEVICE "E0506" "no device for this element"
        "The element is valid SPICE, but this simulator has no device for it."
    WRONG_NODE_COUNT "E0507" "wrong number of nodes"
        "The device or subcircuit has another number of terminals than the line connects."
    UNKNOWN_CONTROL "E0508" "unknown controlling source"
        "The element is controlled by the current of a source or inductor that does not exist in this scope, or that \
         has no branch current."
    UNKNOWN_NODE "E0509" "unknown node or device in an output or condition"
        "The card names a node or device that the circuit does not have. Inside a subcircuit instance nodes are named \
         x1.node."
    DUPLICATE_INSTANCE "E0510" "a device name is used twice"
        "Two elements of one scope have the same name. Case does not count."
    KIND_MISMATCH "E0511" "the model does not fit the element"
        "The model exists, but it is of a kind that this element letter cannot use."
    UNKNOWN_SUBCIRCUIT "E0512" "unknown subcircuit"
        "No .subckt of this name is visible here. Subcircuits defined inside a subcircuit are visible only there."
    RECURSIVE_SUBCIRCUIT "E0513" "a subcircuit contains itself"
        "The subcircuit contains an instance of itself, directly or through others."
    DUPLICATE_DEFINITION "E0514" "a model or subcircuit is defined twice"
        "Two .model or .subckt cards of one scope have the same name. Other simulators keep the first and ignore the \
         second."
    BAD_ANALYSIS_ARGUMENT "E0515" "an analysis argument is invalid"
        "The argument lies outside what the analysis can do: a step of zero or of the wrong sign, a stop time before \
         the start, a frequency that is not positive, a count that is not a positive integer."
    NOT_SUPPORTED "E0516" "this is not supported"
        "The card is valid SPICE, but this simulator does not do it."
    UNKNOWN_OPTION "E0517" "unknown option"
        "No option of this name exists."
    INVALID_VALUE "E0518" "a value is of the wrong form"
        "A number, a name, a text or a list of a certain length is needed here."
    UNKNOWN_SWEEP_VARIABLE "E0519" "unknown sweep variable"
        "The sweep names neither a source, a resistor, temp, a parameter nor a device parameter of the circuit."
    TOO_MANY_INSTANCES "E0520" "the circuit is too large"
        "Expanding the subcircuits gives more devices than can be held."
    NATURE_CLASH "E0521" "a node is electrical here and thermal there"
        "A terminal that carries a current and one that carries heat meet at this node. Thermal terminals (self-heating) \
         connect to thermal terminals, or to ground, which is the ambient."
    UNKNOWN_VECTOR "E0522" "unknown vector"
        "Commands speak of the vectors of the current plot, that is of the results of the last analysis, and of those \
         that let has defined. display lists them; another plot is named in front, as in tran1.v(out)."
    COMMAND_FAILED "E0523" "a command failed"
        "The command could not do what it was asked for. The other commands of the block run all the same."

    VOLTAGE_LOOP "E0601" "a loop of voltage sources and inductors"
        "Voltage sources, inductors and other branches with a given voltage form a loop, so its current is not \
         determined. Put a small resistance into the loop."
    CURRENT_CUTSET "E0602" "a node is fed by current sources only"
        "Only current sources, or capacitors at dc, connect this part of the circuit with the rest, so its voltage is \
         not determined. Add a resistance to ground."
    FLOATING_NODE "E0603" "a node has no dc path to ground"
        "The node has no dc path to ground, so its voltage at the operating point is not determined. Add a large \
         resistance to ground, or set rshunt."
    EMPTY_CIRCUIT "E0604" "the circuit is empty"
        "The netlist has no elements. Remember that line 1 is always the title, even if it looks like an element."
    NO_GROUND "E0605" "the circuit has no ground"
        "No element connects to node 0 or gnd, so no voltage has a reference."
    SINGLE_CONNECTION "W0606" "a node has a single connection"
        "Only one terminal connects to the node, so no current can flow through it. It may be a misspelling."

    AFTER_END "W0701" "text after .end"
        "Nothing after .end is read. Other simulators read it all the same."
    AMBIGUOUS_POWER "W0702" "a chain of powers"
        "a**b**c is read from the left, as (a**b)**c, which is what SPICE does; mathematics and most languages read it \
         from the right. Write parentheses."
    AMBIGUOUS_UNIT "W0703" "simulators disagree about this number"
        "In SPICE the letter behind a number is a suffix before it is a unit: 1F is a femto-something. 1A is one ampere \
         for some simulators and 1e-18 for others; it is read as one ampere here. Write 1, 1e-15, 1fF, 1aF."
    TITLE_LOOKS_LIKE_CARD "W0704" "the title line looks like a card"
        "Line 1 of a netlist is always the title. It looks like a card here, and it has no effect."
    NOT_UTF8 "W0705" "the file is not UTF-8"
        "The file is read as Latin-1. Save it as UTF-8 to be sure that its letters mean what they should."
    BLANKS_IN_VALUE "W0706" "an assignment with blanks among several"
        "Several assignments on one .param line need values without blanks, or values in braces. Here the value runs up \
         to the next assignment; other simulators stop at the first blank."
    IGNORED "W0707" "this has no effect"
        "The card or setting is understood, but it has no effect here."
    UNSORTED_PWL "W0708" "the points of a waveform are not in order"
        "The times of a PWL waveform must not decrease."
    DEMOTED "W0709" "accepted for compatibility"
        "In this compatibility mode the netlist is read as the other simulator reads it, although the default would be \
         an error."
    SHADOWED "W0710" "a definition hides another"
        "The name is defined more than once; the label says which definition counts."
    UNUSED "W0711" "this is never used"
        "The definition is never used."
    NO_STIMULUS "W0712" "nothing drives a small-signal analysis"
        "No source of the circuit has an ac magnitude, so that every result of the analysis is zero."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_unique_and_explained() {
        for pair in ALL.windows(2) {
            assert!(
                pair[0].code.as_str()[1..] < pair[1].code.as_str()[1..],
                "{} {}",
                pair[0].code,
                pair[1].code
            );
        }
        for entry in ALL {
            assert!(entry.explanation.len() > 20, "{}", entry.code);
            assert!(!entry.title.ends_with('.'), "{}", entry.code);
            assert_eq!(entry.code.entry(), Some(entry));
        }
        assert_eq!(explain("e0104").map(|entry| entry.code), Some(BAD_NUMBER));
        assert_eq!(explain("E9999"), None);
    }
}
