//! The lock panel: what is closed, what was requested since the page was opened, and a test for doubters.

use super::dom::{append, clear, dialog, document, element, listen, set_text, window};
use super::{loader, preferences};
use crate::language::{Text, Value, number};
use crate::text;
use gloo::timers::callback::Timeout;
use js_sys::{Array, Function, Object, Promise, Reflect};
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, MessageEvent, PerformanceResourceTiming, SecurityPolicyViolationEvent, Worker};

/// A name that no server can have (RFC 2606).
const ELSEWHERE: &str = "https://example.invalid/privacy-test";

/// What the browser refused.
struct Refusal {
    address: String,
    directive: String,
    seconds: f64,
    /// The policies that refused it: the page's first, the lock, or both.
    policies: Vec<String>,
}

/// Two policies report the same attempt within this time.
const SAME_ATTEMPT_SECONDS: f64 = 0.05;

thread_local! {
    static REFUSED: RefCell<Vec<Refusal>> = const { RefCell::new(Vec::new()) };
    /// When the lock was engaged, in seconds after the page was opened.
    static LOCKED: Cell<Option<f64>> = const { Cell::new(None) };
    static ENGINE: RefCell<Option<Worker>> = const { RefCell::new(None) };
    static TESTING: Cell<bool> = const { Cell::new(false) };
}

/// One attempt of www/attempts.js.
#[derive(Deserialize)]
struct Attempt {
    way: String,
    /// None where there is nothing to send to.
    #[serde(default)]
    address: String,
    verdict: String,
}

/// Listens from the start, so that no refusal is missed, and to the panel's buttons.
pub fn watch() {
    listen(&document(), "securitypolicyviolation", |event| {
        if let Some(event) = event.dyn_ref::<SecurityPolicyViolationEvent>() {
            REFUSED.with_borrow_mut(|refused| note_refusal(refused, event));
            if dialog("privacy-panel").open() {
                list_requests();
            }
        }
    });
    listen(&element("privacy"), "click", |_| {
        list_requests();
        preferences::show();
        // It fails where it is open already.
        let _ = dialog("privacy-panel").show_modal();
    });
    listen(&element("close-privacy"), "click", |_| dialog("privacy-panel").close());
    listen(&element("privacy-test"), "click", |_| {
        if !TESTING.replace(true) {
            spawn_local(test());
        }
    });
    show_panel_state(text!("The page is loading and not locked yet: it takes no images before it is."));
}

fn note_refusal(refused: &mut Vec<Refusal>, event: &SecurityPolicyViolationEvent) {
    let (address, directive) = (event.blocked_uri(), event.effective_directive());
    let (at, policy) = (seconds(event.time_stamp()), event.original_policy());
    let same = refused.iter_mut().rev().find(|earlier| {
        let alike = earlier.address == address && earlier.directive == directive;
        alike && at - earlier.seconds < SAME_ATTEMPT_SECONDS && !earlier.policies.contains(&policy)
    });
    match same {
        Some(earlier) => earlier.policies.push(policy),
        None => refused.push(Refusal { address, directive, seconds: at, policies: vec![policy] }),
    }
}

/// Says whether the lock is on.
pub fn show_state(locked: bool) {
    if locked {
        LOCKED.set(window().performance().map(|performance| seconds(performance.now())));
    }
    let button = element("privacy");
    let (class, line, state) = if locked {
        (
            "privacy locked",
            text!("Locked: the browser refuses this page every connection."),
            text!("Locked. This is what it means, and what it does not mean."),
        )
    } else {
        (
            "privacy open",
            text!("Not locked: this browser did not take the page's policy."),
            text!("Not locked: this browser did not take the policy below, so the page takes no images."),
        )
    };
    button.set_class_name(class);
    set_text("privacy", line);
    show_panel_state(state);
}

fn show_panel_state(state: Text) {
    set_text("privacy-state", state);
}

/// Includes the engine's worker in the test.
pub fn include(engine: &Worker) {
    ENGINE.replace(Some(engine.clone()));
}

fn seconds(milliseconds: f64) -> f64 {
    milliseconds / 1000.0
}

/// The page itself, what it loaded, and what was refused, in the order of time.
fn list_requests() {
    let body = element("privacy-requests");
    clear(&body);
    let Some(performance) = window().performance() else { return };
    let of = |kind: &str| performance.get_entries_by_type(kind);
    let mut rows: Vec<(f64, [Text; 4])> = of("navigation")
        .iter()
        .chain(of("resource").iter())
        .filter_map(|entry| entry.dyn_into::<PerformanceResourceTiming>().ok())
        // The browser times what it refused, too; that stands below.
        .filter(|entry| entry.encoded_body_size() > 0.0 || !was_refused(&entry.name()))
        .map(|entry| {
            let start = seconds(entry.start_time());
            // 0: from the browser's cache or from the offline copy.
            let (moved, size) = (entry.transfer_size(), entry.encoded_body_size());
            let answer = if moved > 0.0 { text!("downloaded") } else { text!("not from the network") };
            (start, [local(&entry.name()), bytes(size), Text::from(number(start, 2)), answer])
        })
        .collect();
    let downloads = rows.len();
    let after_the_lock = LOCKED.get().map(|lock| rows.iter().filter(|(start, _)| *start > lock).count());
    REFUSED.with_borrow(|refused| {
        rows.extend(refused.iter().map(|refusal| {
            let rule = &refusal.directive;
            let answer = text!("refused by the browser ({rule})", rule);
            let at = refusal.seconds;
            (at, [local(&refusal.address), "0".into(), Text::from(number(at, 2)), answer])
        }));
    });
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let refused = rows.len() - downloads;
    let note = match after_the_lock {
        None => text!("{downloads} downloads of the page's own parts; the page is not locked.", downloads),
        Some(0) => text!(
            "{downloads} downloads of the page's own parts, all before the lock; {refused} attempts refused.",
            downloads,
            refused
        ),
        Some(late) => text!(
            "{downloads} downloads, {late} of them AFTER the lock; {refused} attempts refused.",
            downloads,
            late,
            refused
        ),
    };
    let copy = text!(
        "The offline copy is downloaded by the browser's service worker, which never sees images or numbers."
    );
    let parts = if loader::is_one_file() { vec![note] } else { vec![note, copy] };
    set_text("privacy-requests-note", Text::sentences(parts));
    for (_, cells) in rows {
        let row = append(&body, "tr", "");
        for cell in cells {
            append(&row, "td", cell);
        }
    }
}

/// Of a file's address the browser reports the scheme alone.
fn was_refused(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default();
    REFUSED.with_borrow(|refused| refused.iter().any(|it| it.address == address || it.address == scheme))
}

/// A body's size; what the browser does not tell is no zero.
fn bytes(size: f64) -> Text {
    if size > 0.0 { Text::from(number(size, 0)) } else { text!("not told") }
}

/// The address of the folder that the page lies in.
fn folder() -> String {
    let base = document().base_uri().ok().flatten().unwrap_or_default();
    base.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
}

/// An address as it stands below the page's own.
fn local(address: &str) -> Text {
    let folder = folder();
    match address.strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/')) {
        Some("") => text!("the page itself"),
        Some(path) if !folder.is_empty() => path.into(),
        _ => address.into(),
    }
}

async fn test() {
    let list = element("privacy-test-result");
    clear(&list);
    set_text("privacy-verdict", text!("Trying"));
    let own = format!("{}/privacy-test", folder());
    let addresses = Array::of2(&own.into(), &ELSEWHERE.into());
    // One for each way: whether it is closed.
    let mut closed = Vec::new();
    show_attempts(&list, &mut closed, &text!("Page"), from_page(&addresses).await);
    match ENGINE.with_borrow(Clone::clone) {
        Some(engine) => {
            let attempts = from_engine(&engine, &addresses).await;
            show_attempts(&list, &mut closed, &text!("Engine"), attempts);
        }
        None => {
            append(&list, "li", text!("Engine: it does not run, so it can send nothing"));
        }
    }
    show_attempts(&list, &mut closed, &text!("Page"), what_is_taken());
    let (total, open) = (closed.len(), closed.iter().filter(|closed| !**closed).count());
    let verdict = if open == 0 {
        text!("All {total} ways are closed.", total)
    } else {
        text!(
            "{open} of {total} ways are not closed: do not use this page with images of patients.",
            open,
            total
        )
    };
    set_text("privacy-verdict", verdict);
    element("privacy-verdict").set_class_name(if open == 0 { "" } else { "warning" });
    list_requests();
    TESTING.set(false);
}

/// Shows what became of each way.
fn show_attempts(
    list: &Element,
    closed: &mut Vec<bool>,
    who: &Text,
    attempts: Result<Vec<Attempt>, JsValue>,
) {
    let Ok(attempts) = attempts else {
        // A test that did not run proves nothing.
        append(list, "li", text!("{who}: the test did not run", who)).set_class_name(class(false));
        return closed.push(false);
    };
    for Attempt { way, address, verdict } in attempts {
        let shut = verdict == "refused" || verdict == "taken away";
        let answer = match verdict.as_str() {
            "refused" => text!("refused by the browser"),
            "taken away" => text!("taken away by the page"),
            "open" if address.is_empty() => text!("STILL THERE"),
            "open" => text!("WENT OUT"),
            _ => text!("not refused by the browser: it failed for another reason"),
        };
        let to = if address.is_empty() { "" } else { " → " };
        let parts = [Value::from(who), ": ".into(), way.into(), to.into(), address.into(), ": ".into()];
        let line = Text::joined(parts.into_iter().chain([Value::from(answer)]));
        append(list, "li", line).set_class_name(class(shut));
        closed.push(shut);
    }
}

fn class(closed: bool) -> &'static str {
    if closed { "refused" } else { "open" }
}

/// Ways that no policy closes and that the page has taken away from itself.
fn what_is_taken() -> Result<Vec<Attempt>, JsValue> {
    let reach: Function = Reflect::get(&window(), &"tryWhatIsTaken".into())?.dyn_into()?;
    Ok(serde_wasm_bindgen::from_value(reach.call0(&JsValue::UNDEFINED)?)?)
}

async fn from_page(addresses: &Array) -> Result<Vec<Attempt>, JsValue> {
    let attempt: Function = Reflect::get(&window(), &"tryToSend".into())?.dyn_into()?;
    let promise: Promise = attempt.call1(&JsValue::UNDEFINED, addresses)?.dyn_into()?;
    Ok(serde_wasm_bindgen::from_value(JsFuture::from(promise).await?)?)
}

/// How long the engine may be busy with a step of its own before the test counts as not run.
const ENGINE_MILLISECONDS: u32 = 60_000;

/// Asks the worker, which answers when it is not computing.
async fn from_engine(engine: &Worker, addresses: &Array) -> Result<Vec<Attempt>, JsValue> {
    let message = Object::new();
    Reflect::set(&message, &"tryToSend".into(), addresses)?;
    let promise = Promise::new(&mut |resolve, reject| {
        // An engine that died answers nothing.
        Timeout::new(ENGINE_MILLISECONDS, move || {
            // Rejecting cannot fail; after an answer it changes nothing.
            let _ = reject.call0(&JsValue::UNDEFINED);
        })
        .forget();
        listen(engine, "message", move |event| {
            let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data).unwrap_or_default();
            if let Ok(tried) = Reflect::get(&data, &"tried".into())
                && tried.is_object()
            {
                // Resolving cannot fail; a second time changes nothing.
                let _ = resolve.call1(&JsValue::UNDEFINED, &tried);
            }
        });
    });
    engine.post_message(&message)?;
    Ok(serde_wasm_bindgen::from_value(JsFuture::from(promise).await?)?)
}
