//! Choices that the browser remembers for the next visit, on this machine only.

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Remembers a choice of the reader's for the next visit, on this machine only.
pub fn remember(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // Without storage the choice is one for this visit.
        let _ = storage.set_item(key, value);
    }
}

/// What was remembered.
pub fn recall(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}
