//! The page as one HTML file: everything inlined and compressed, opened by `file://`.
//!
//! Its bytes are read as windows-1252, in which each of the 256 is one character, so that compressed data can
//! stand in the page with four of them escaped: 2 % longer, where base64 is 33 %.
//!
//! # The one file
//!
//! `cargo xtask offline` inlines the built site. Compressed bytes stand in `<script>` elements that no browser runs, in
//! a page of the encoding windows-1252, in which every byte is a letter: with four of them escaped they are 2 % longer,
//! where base64 is 33 % and would pass 8 MB. The page's code is the site's: `app::loader` asks `hielight.file` where
//! it is there and fetches otherwise. The policy names script and styles by their hashes and has `connect-src 'none'`
//! from the start. A page from a file gets no module as its worker, so the engine is a classic script everywhere.

use crate::{files, headers};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// It has to go through mail and onto old sticks.
const LIMIT_BYTES: usize = 8_000_000;
/// What the page fetches on the site, and the file's start.
const START: &str = include_str!("one_file.js");
const ESCAPE: u8 = b'=';

/// Writes `dist-offline/hielight.html` from the built site.
pub fn write(root: &Path, dist: &Path) -> Result<PathBuf> {
    let folder = root.join("dist-offline");
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.join("hielight.html");
    let page = compose(dist)?;
    if page.len() >= LIMIT_BYTES {
        bail!("the one file has {} bytes, and {LIMIT_BYTES} is the limit", page.len());
    }
    files::write(&path, &page)?;
    println!("  {}: {:.2} MB", path.display(), page.len() as f64 / 1e6);
    Ok(path)
}

fn compose(dist: &Path) -> Result<Vec<u8>> {
    let page = files::read_text(&dist.join("index.html"))?;
    let text = |name: &str| files::read_text(&dist.join(name));
    let start = inline_script(&[&text("app.js")?, &text("attempts.js")?, &text("close.js")?, START])?;
    let mut styles = Vec::new();
    let mut head = page.clone();
    for tag in tags(&page, "<link ") {
        let with = match (attribute(tag, "rel"), attribute(tag, "href")) {
            (Some("stylesheet"), Some(name)) => {
                let style = ascii(&text(name)?, |letter| format!("\\{:X} ", u32::from(letter)));
                styles.push(style.clone());
                format!("<style>{style}</style>")
            }
            (Some("icon"), Some(name)) => {
                let icon = STANDARD.encode(files::read(&dist.join(name))?);
                format!("<link rel=\"icon\" href=\"data:image/svg+xml;base64,{icon}\">")
            }
            // A file has no manifest, and Trunk's own are for Trunk.
            _ => String::new(),
        };
        head = head.replacen(tag, &with, 1);
    }
    let script =
        tags(&head, "<script ").into_iter().map(str::to_owned).next().context("no script in index.html")?;
    head = head.replacen(&format!("{script}</script>"), "", 1);
    head = head.replacen(headers::policy(&page)?, &policy(&start, &styles), 1);
    // Within the first 1024 bytes, as the policy that follows is long.
    head = replace_once(&head, "<meta charset=\"utf-8\" />", "<meta charset=\"windows-1252\">")?;
    let (head, tail) = head.rsplit_once("</body>").context("index.html has no end")?;
    let mut whole = ascii(head, |letter| format!("&#{};", u32::from(letter))).into_bytes();
    for name in ["app_bg.wasm", "engine_bg.wasm", "engine.js", "attempts.js", "engine-boot.js"]
        .into_iter()
        .map(str::to_owned)
        .chain(files::list(dist)?.into_iter().filter(|name| is_data(name)))
    {
        write!(whole, "<script type=\"application/octet-stream\" data-file=\"{name}\">")?;
        let bytes = files::read(&dist.join(&name))?;
        let packed = if name.ends_with(".gz") { bytes } else { files::gzip(&bytes)? };
        whole.extend(escape(&packed));
        whole.extend_from_slice(b"</script>\n");
    }
    write!(whole, "<script type=\"module\">{start}</script>\n</body>{tail}")?;
    Ok(whole)
}

/// What the page reads beside its modules: everything but what is inlined above or needs a server.
fn is_data(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    name != headers::FILE && !["html", "css", "js", "wasm", "svg", "png", "webmanifest"].contains(&extension)
}

/// Only these very scripts and styles run, and nothing is ever connected to.
fn policy(script: &str, styles: &[String]) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    let styles: Vec<String> = styles.iter().map(|style| hash(style)).collect();
    format!(
        "default-src 'none'; script-src {} 'wasm-unsafe-eval'; style-src {}; connect-src 'none'; img-src blob: data:; \
         worker-src blob:; base-uri 'none'; form-action 'none'; object-src 'none'; frame-src 'none'; \
         require-trusted-types-for 'script'; trusted-types hielight",
        hash(script),
        styles.join(" ")
    )
}

/// Modules joined to one, in letters that are the same in every encoding.
fn inline_script(parts: &[&str]) -> Result<String> {
    let joined = parts.join("\n");
    let script = ascii(&joined, |letter| {
        let mut units = [0; 2];
        letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04X}")).collect()
    });
    let lower = script.to_lowercase();
    if lower.contains("</script") || lower.contains("<!--") {
        bail!("a script of the page holds what would end it within an HTML file");
    }
    if script.lines().any(|line| line.starts_with("import ")) {
        bail!("a script of the page imports another file");
    }
    Ok(script)
}

fn ascii(text: &str, escape: impl Fn(char) -> String) -> String {
    text.chars().map(|letter| if letter.is_ascii() { letter.to_string() } else { escape(letter) }).collect()
}

/// The opening tags of a kind, as they stand in the page.
fn tags<'a>(page: &'a str, start: &str) -> Vec<&'a str> {
    page.match_indices(start).filter_map(|(at, _)| Some(&page[at..=at + page[at..].find('>')?])).collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

fn replace_once(text: &str, from: &str, to: &str) -> Result<String> {
    if text.matches(from).count() != 1 {
        bail!("index.html should hold `{from}` once");
    }
    Ok(text.replacen(from, to, 1))
}

/// Escapes what an HTML parser changes (NUL, carriage return) or takes for the element's end (`<`).
fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    for &byte in bytes {
        match byte {
            0 | b'\r' | b'<' | ESCAPE => escaped.extend([ESCAPE, byte + 64]),
            _ => escaped.push(byte),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{attribute, escape, inline_script, policy, tags};

    #[test]
    fn does_nothing_escaped_hold_what_an_html_parser_touches() {
        let all: Vec<u8> = (0..=255).collect();
        let escaped = escape(&all);
        assert_eq!(escaped.len(), 260);
        assert!(!escaped.iter().any(|byte| matches!(byte, 0 | b'\r' | b'<')));
    }

    #[test]
    fn are_tags_found_with_their_attributes() {
        let page = "<link rel=\"icon\" href=\"a.svg\" />\n<link\n  data-trunk rel=\"rust\" />";
        let found = tags(page, "<link ");
        assert_eq!(found, ["<link rel=\"icon\" href=\"a.svg\" />"]);
        assert_eq!(attribute(found[0], "href"), Some("a.svg"));
        assert_eq!(attribute(found[0], "hre"), None);
    }

    #[test]
    fn is_a_script_refused_that_would_end_itself() {
        assert!(inline_script(&["const a = '</SCRIPT>';"]).is_err());
        assert!(inline_script(&["import a from './a.js';"]).is_err());
        assert_eq!(inline_script(&["'ä😀'"]).expect("a script"), "'\\u00E4\\uD83D\\uDE00'");
    }

    #[test]
    fn does_the_policy_allow_these_scripts_and_no_connection() {
        // Hash of the empty text, by `openssl dgst -sha256 -binary | base64`.
        let text = policy("", &[String::new()]);
        assert!(
            text.contains(
                "script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'wasm-unsafe-eval'"
            )
        );
        assert!(text.contains("connect-src 'none'") && !text.contains("unsafe-inline"), "{text}");
    }
}
