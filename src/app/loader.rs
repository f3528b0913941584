//! Everything that the page needs, fetched before it is locked.

use super::dom::window;
use crate::language::Text;
use crate::model::{PerSequence, Sequence};
use crate::text;
use js_sys::{ArrayBuffer, Function, Promise, Reflect, Uint8Array, WebAssembly};
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
    /// None where it could not be loaded: the page works without.
    pub demo: Option<Demo>,
    /// The licences of all parts; none where they could not be loaded.
    pub licences: Option<String>,
}

/// The smallest module with an instruction of WebAssembly's SIMD: a browser that takes it can run the engine.
const SIMD: [u8; 29] =
    [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];

/// The demo case.
pub struct Demo {
    /// T1w, T2w.
    pub files: PerSequence<ArrayBuffer>,
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

/// Fetches everything; `begins` hears each step.
///
/// # Errors
/// A sentence naming what could not be fetched.
pub async fn load(begins: &dyn Fn(Text)) -> Result<Assets, Text> {
    begins(text!("Loading the engine"));
    let mut engine_script = String::new();
    for part in ["engine.js", "attempts.js", "engine-boot.js"] {
        engine_script.push_str(&words(part).await?);
        engine_script.push('\n');
    }
    let wasm = buffer("engine_bg.wasm").await?;
    let compiled = JsFuture::from(WebAssembly::compile(&wasm)).await;
    let engine_module = compiled
        .map_err(|_| match WebAssembly::validate(&Uint8Array::from(&SIMD[..])) {
            Ok(true) => text!("The engine arrived damaged. Reload the page."),
            _ => text!("This browser cannot run the engine. Use a current Chrome, Edge, Firefox or Safari."),
        })?
        .unchecked_into();
    begins(text!("Loading the model"));
    let bundle = buffer("model.safetensors").await?;
    begins(text!("Loading the demo case"));
    let demo = demo().await;
    let licences = words("licences.txt").await.ok();
    Ok(Assets { engine_script, engine_module, bundle, demo, licences })
}

async fn demo() -> Option<Demo> {
    let file = |sequence| format!("demo/{}", demo_name(sequence));
    let facts: DemoFacts = serde_json::from_str(&words("demo/demo.json").await.ok()?).ok()?;
    let files = PerSequence {
        T1w: buffer(&file(Sequence::T1w)).await.ok()?,
        T2w: buffer(&file(Sequence::T2w)).await.ok()?,
    };
    Some(Demo { files, birth_weight_g: facts.birth_weight_g })
}

/// Whether this page carries its files within itself (`cargo xtask offline`).
pub fn is_one_file() -> bool {
    store().is_some()
}

/// The function of the one file's start that gives a promise of a file's bytes.
fn store() -> Option<Function> {
    let own = Reflect::get(&window(), &"hielight".into()).ok()?;
    Reflect::get(&own, &"file".into()).ok()?.dyn_into().ok()
}

async fn fetch(path: &str) -> Result<Response, Text> {
    let failed = || text!("{path} could not be loaded. Check the connection and reload the page.", path);
    let response = JsFuture::from(window().fetch_with_str(path)).await.map_err(|_| failed())?;
    let response: Response = response.dyn_into().map_err(|_| failed())?;
    if response.ok() { Ok(response) } else { Err(failed()) }
}

async fn words(path: &str) -> Result<String, Text> {
    let bytes: JsValue = buffer(path).await?.into();
    let bytes = Uint8Array::new(&bytes).to_vec();
    String::from_utf8(bytes).map_err(|_| text!("{path} is no text.", path))
}

async fn buffer(path: &str) -> Result<ArrayBuffer, Text> {
    let cut_short = |_| text!("{path} was cut short. Reload the page.", path);
    let promise: Promise = match store() {
        Some(file) => file
            .call1(&JsValue::UNDEFINED, &path.into())
            .and_then(JsCast::dyn_into)
            .map_err(|_| text!("{path} is missing in this file. Get a new copy of it.", path))?,
        None => fetch(path).await?.array_buffer().map_err(cut_short)?,
    };
    Ok(JsFuture::from(promise).await.map_err(cut_short)?.unchecked_into())
}
