//! Result vectors, raw and csv files, measures; knows no circuit.
