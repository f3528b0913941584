//! Reading the reader's files.

use crate::fault::Explained as _;
use crate::state::Complaint;
use crate::text;
use crate::volume::{FILE_LIMIT, VolumeError};
use js_sys::{Array, ArrayBuffer, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry,
};

/// Most files that are taken at once.
const MOST_FILES: usize = 20_000;

/// A file and the folder that it came in, with those above it.
pub struct Given {
    pub file: File,
    pub folder: String,
}

/// The files of a list, such as of a folder that was chosen.
pub fn files(list: Option<FileList>) -> Vec<Given> {
    let given = |file: File| {
        let path = Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|p| p.as_string());
        Given { folder: above(&path.unwrap_or_default()), file }
    };
    list.map(|list| (0..list.length()).filter_map(|i| list.get(i)).map(given).collect()).unwrap_or_default()
}

/// A path without its last part.
fn above(path: &str) -> String {
    path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.trim_start_matches('/').to_owned())
}

/// What was dropped: the browser shows it during the event alone.
pub struct Dropped {
    entries: Vec<FileSystemEntry>,
    /// What is in no file system, such as a picture dragged from a page.
    others: Vec<Given>,
}

impl Dropped {
    pub fn take(data: &DataTransfer) -> Self {
        let items = data.items();
        let items = (0..items.length()).filter_map(|i| items.get(i)).filter(|item| item.kind() == "file");
        let (mut entries, mut others) = (Vec::new(), Vec::new());
        for item in items {
            match item.webkit_get_as_entry() {
                Ok(Some(entry)) => entries.push(entry),
                _ => others.extend(
                    item.get_as_file().ok().flatten().map(|file| Given { file, folder: String::new() }),
                ),
            }
        }
        Self { entries, others }
    }

    /// The files, those in folders and in folders of folders too.
    ///
    /// # Errors
    /// When a folder cannot be read, or there are too many files.
    pub async fn files(self) -> Result<Vec<Given>, Complaint> {
        let mut found = self.others;
        // Taken from the end: reversed, files come in the order in which they were dropped.
        let mut waiting = self.entries;
        waiting.reverse();
        while let Some(entry) = waiting.pop() {
            let unread = |_| {
                let name = entry.name();
                Complaint::new(
                    text!("the file {file} could not be read", file = name),
                    text!("Choose it again"),
                )
            };
            if entry.is_directory() {
                let reader = entry.unchecked_ref::<FileSystemDirectoryEntry>().create_reader();
                // A reader gives some at a time, and none at the end.
                loop {
                    let some = called(|yes, no| reader.read_entries_with_callback_and_callback(yes, no));
                    let some: Array = some.await.map_err(unread)?.unchecked_into();
                    if some.length() == 0 {
                        break;
                    }
                    waiting.extend(some.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
                }
            } else {
                let file = entry.unchecked_ref::<FileSystemFileEntry>();
                let file = called(|yes, no| {
                    file.file_with_callback_and_callback(yes, no);
                    Ok(())
                });
                let file = file.await.map_err(unread)?.unchecked_into();
                found.push(Given { file, folder: above(&entry.full_path()) });
            }
            if found.len() + waiting.len() > MOST_FILES {
                return Err(Complaint::new(
                    text!("more than {n} files were dropped", n = MOST_FILES),
                    text!("Drop the folder of one study, or fewer files"),
                ));
            }
        }
        Ok(found)
    }
}

/// Whether a file is DICOM, by its content.
pub async fn is_dicom(file: &File) -> bool {
    let Ok(start) = file.slice_with_i32_and_i32(0, 132) else { return false };
    let start = JsFuture::from(start.array_buffer()).await;
    start.is_ok_and(|bytes| crate::volume::is_dicom(&Uint8Array::new(&bytes).to_vec()))
}

/// What a function gives to the first of its two callbacks.
async fn called(call: impl Fn(&Function, &Function) -> Result<(), JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::new(&mut |yes, no| {
        if let Err(error) = call(&yes, &no) {
            // A rejected promise has nobody else to tell.
            let _ = no.call1(&JsValue::NULL, &error);
        }
    }))
    .await
}

/// The bytes of files, one after the other, and where each after the first begins.
///
/// # Errors
/// When they are too large, before anything is read; when one has gone or may not be read.
pub async fn bytes(files: &[File]) -> Result<(ArrayBuffer, Vec<u32>), Complaint> {
    let mut starts = vec![0.0];
    starts.extend(files.iter().scan(0.0, |end, file| {
        *end += file.size();
        Some(*end)
    }));
    let size = starts.pop().unwrap_or_default();
    if size > FILE_LIMIT as f64 {
        let error = VolumeError::TooLarge { limit: FILE_LIMIT };
        return Err(Complaint::new(error.text(), error.next_step()));
    }
    let names = || files.iter().map(File::name).collect::<Vec<_>>().join(" + ");
    let gone = |_| {
        Complaint::new(text!("the file {file} could not be read", file = names()), text!("Choose it again"))
    };
    let joined = match files {
        [one] => one.array_buffer(),
        several => {
            let parts: Array = several.iter().collect();
            Blob::new_with_blob_sequence(&parts).map_err(gone)?.array_buffer()
        }
    };
    let bytes: ArrayBuffer = JsFuture::from(joined).await.map_err(gone)?.unchecked_into();
    Ok((bytes, starts.into_iter().skip(1).map(|start| start as u32).collect()))
}
