//! What people read, in their language.
//!
//! The source language is English and stands where it is used: in the code as [`text!`](crate::text), in
//! `index.html` as it is. Every other language is one gettext catalogue in this folder, named by its BCP 47
//! tag; dropping another file here adds a language. `tests/language.rs` holds each of them complete.

mod catalogue;
mod say;
mod text;

pub use catalogue::Language;
pub use text::{Text, Value, columns, lines, number, signed};
