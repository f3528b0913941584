//! Reading the reader's files.

use crate::language::Text;
use crate::text;
use js_sys::ArrayBuffer;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileList};

/// The files of a list.
pub fn files(list: Option<FileList>) -> Vec<File> {
    list.map(|list| (0..list.length()).filter_map(|i| list.get(i)).collect()).unwrap_or_default()
}

/// A file's bytes.
///
/// # Errors
/// A sentence, when the file has gone or may not be read.
pub async fn bytes(file: &File) -> Result<ArrayBuffer, Text> {
    let read = JsFuture::from(file.array_buffer()).await;
    read.map(JsCast::unchecked_into).map_err(|_| text!("{file} could not be read", file = file.name()))
}
