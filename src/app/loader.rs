//! Everything that the page needs, fetched before it is locked.

use super::dom::{set_text, window};
use crate::model::Sequence;
use js_sys::{ArrayBuffer, WebAssembly};
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// What the page works with from then on.
pub struct Assets {
    /// The engine's script with its start, to be put into a blob: URL.
    pub engine_script: String,
    pub engine_module: WebAssembly::Module,
    pub bundle: ArrayBuffer,
    pub demo: Demo,
}

/// The demo case.
pub struct Demo {
    /// T1w, T2w.
    pub files: [ArrayBuffer; 2],
    pub birth_weight_g: f64,
}

#[derive(Deserialize)]
struct DemoFacts {
    birth_weight_g: f64,
}

/// Name of a demo image.
pub fn demo_name(sequence: Sequence) -> String {
    format!("demo_{}.nii.gz", sequence.suffix())
}

/// Fetches everything.
///
/// # Errors
/// A sentence naming what could not be fetched.
pub async fn load() -> Result<Assets, String> {
    set_text("status", "Loading the engine");
    let engine_script = format!("{}\n{}", text("engine.js").await?, text("engine-boot.js").await?);
    let wasm = buffer("engine_bg.wasm").await?;
    let compiled = JsFuture::from(WebAssembly::compile(&wasm)).await;
    let engine_module = compiled
        .map_err(|_| {
            "This browser cannot run the engine. Use a current Chrome, Edge, Firefox or Safari.".to_owned()
        })?
        .unchecked_into();
    set_text("status", "Loading the model");
    let bundle = buffer("model.safetensors").await?;
    set_text("status", "Loading the demo case");
    let file = |sequence| format!("demo/{}", demo_name(sequence));
    let facts = text("demo/demo.json").await?;
    let facts: DemoFacts =
        serde_json::from_str(&facts).map_err(|_| "The demo case is unreadable.".to_owned())?;
    let files = [buffer(&file(Sequence::T1w)).await?, buffer(&file(Sequence::T2w)).await?];
    let demo = Demo { files, birth_weight_g: facts.birth_weight_g };
    Ok(Assets { engine_script, engine_module, bundle, demo })
}

async fn fetch(path: &str) -> Result<Response, String> {
    let failed = || format!("{path} could not be loaded. Check the connection and reload the page.");
    let response = JsFuture::from(window().fetch_with_str(path)).await.map_err(|_| failed())?;
    let response: Response = response.dyn_into().map_err(|_| failed())?;
    if response.ok() { Ok(response) } else { Err(failed()) }
}

async fn text(path: &str) -> Result<String, String> {
    body(path, fetch(path).await?.text()).await?.as_string().ok_or_else(|| format!("{path} is no text."))
}

async fn buffer(path: &str) -> Result<ArrayBuffer, String> {
    Ok(body(path, fetch(path).await?.array_buffer()).await?.unchecked_into())
}

async fn body(path: &str, promise: Result<js_sys::Promise, JsValue>) -> Result<JsValue, String> {
    let failed = |_| format!("{path} was cut short. Reload the page.");
    JsFuture::from(promise.map_err(failed)?).await.map_err(failed)
}
