//! What people read, in their language.
//!
//! The source language is English and stands where it is used: in the code as [`text!`](crate::text), in
//! `index.html` as it is. Every other language is one gettext catalogue in this folder, named by its BCP 47
//! tag; dropping another file here adds a language. `tests/language.rs` holds each of them complete.
//!
//! # Languages
//!
//! English is the source and stands where it is used: in `index.html` as it is, in the code as `text!("{n} files were
//! dropped", n = count)`. A `Text` is a template with its values and in no language yet; it crosses the worker's
//! boundary as such, so that warnings and refusals of the engine change language with the page. `Language::say` gives
//! the words, from a gettext catalogue in `src/language` (the decimal point and the full stop are habits of the
//! language and stand there too). `app::language` binds each text to its node and says all of them again when the
//! language changes; charts take a `&Language` and are drawn again. A language is one file in that folder;
//! `tests/language.rs` compares it with the texts of the code and the page, and prints the missing entries. Documents
//! for other programs (JSON) are in English. gettext rather than Fluent: the English stays where it is read, so that
//! no sentence has a second name, and translators' tools know the format.

mod catalogue;
mod say;
mod text;

pub use catalogue::Language;
pub use text::{Text, Value, columns, lines, number, signed};
