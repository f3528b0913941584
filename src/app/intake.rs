//! Which file is which, and reading it.

use crate::language::Text;
use crate::model::Sequence;
use crate::text;
use js_sys::ArrayBuffer;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileList};

/// Sorts dropped files into the two slots: by BIDS suffix, else by a name that says t1 or t2, else in
/// the order given, with what was guessed said.
pub fn sort(files: Vec<File>) -> (Vec<(Sequence, File)>, Option<Text>) {
    let named: Vec<Option<Sequence>> = files.iter().map(|f| by_name(&f.name())).collect();
    let clear = match named.as_slice() {
        [Some(_)] => true,
        [Some(a), Some(b)] => a != b,
        _ => false,
    };
    if clear {
        return (named.into_iter().flatten().zip(files).collect(), None);
    }
    let note =
        text!("The names do not say which image is which: check the slots, and swap them if they are wrong.");
    (Sequence::BOTH.into_iter().zip(files).collect(), Some(note))
}

fn by_name(name: &str) -> Option<Sequence> {
    let name = name.to_lowercase();
    let (t1, t2) = (name.contains("t1"), name.contains("t2"));
    match (t1, t2) {
        (true, false) => Some(Sequence::T1w),
        (false, true) => Some(Sequence::T2w),
        _ if name.contains("_t1w") && !name.contains("_t2w") => Some(Sequence::T1w),
        _ if name.contains("_t2w") && !name.contains("_t1w") => Some(Sequence::T2w),
        _ => None,
    }
}

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
