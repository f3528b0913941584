//! The page's entry point.

#[cfg(target_arch = "wasm32")]
fn main() {
    hielight::app::run();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
