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

/// What every key of this page begins with.
const OWN: &str = "hielight-";

/// Forgets one choice.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        // What is not there is forgotten already.
        let _ = storage.remove_item(key);
    }
}

/// The keys of what this page has remembered.
pub fn remembered() -> Vec<String> {
    let Some(storage) = storage() else { return vec![] };
    let keys = (0..storage.length().unwrap_or_default()).filter_map(|at| storage.key(at).ok().flatten());
    keys.filter(|key| key.starts_with(OWN)).collect()
}

/// What was remembered.
pub fn recall(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}
