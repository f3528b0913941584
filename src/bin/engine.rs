//! The worker's entry point.

#[cfg(target_arch = "wasm32")]
fn main() {
    hielight::engine::worker::run();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
