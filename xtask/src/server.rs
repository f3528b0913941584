//! A static file server for one developer on this machine, with the headers of a real one.
//!
//! Own code beside `trunk serve`, which sends neither the policy nor the isolation headers that the page is made for, and
//! beside server crates, whose dozens of dependencies every first build would pay.

use crate::{files, headers};
use anyhow::{Context as _, Result};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Serves a folder on 127.0.0.1 until the process ends.
pub fn serve(folder: &Path, port: u16) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
        format!("port {port} is not free: choose another one with `cargo xtask serve --port N`")
    })?;
    let headers = headers::all(&files::read_text(&folder.join("index.html"))?)?;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    println!("\nHIELight is on http://{}/ (stop with Ctrl-C)", listener.local_addr()?);
    for stream in listener.incoming() {
        let (folder, headers) = (folder.to_owned(), headers.clone());
        std::thread::spawn(move || {
            // A browser that hangs up early is no fault of ours: nothing to report.
            let _ = stream.and_then(|stream| answer(&folder, &headers, stream));
        });
    }
    Ok(())
}

fn answer(folder: &Path, headers: &str, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut words = request.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method != "GET" && method != "HEAD" {
        return respond(&mut stream, headers, "405 Method Not Allowed", "text/plain", b"", true);
    }
    let Some(bytes) = resolve(folder, target).and_then(|path| Some((std::fs::read(&path).ok()?, path)))
    else {
        return respond(&mut stream, headers, "404 Not Found", "text/plain", b"not found\n", method == "GET");
    };
    let (bytes, path) = bytes;
    respond(&mut stream, headers, "200 OK", media_type(&path), &bytes, method == "GET")
}

fn respond(
    stream: &mut TcpStream,
    headers: &str,
    status: &str,
    media_type: &str,
    body: &[u8],
    send_body: bool,
) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\
         {headers}Connection: close\r\n\r\n"
    )?;
    if send_body {
        stream.write_all(body)?;
    }
    stream.flush()
}

/// The file that a request's target names; none outside the folder.
fn resolve(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?;
    let decoded = percent_decode(path)?;
    let mut file = folder.to_owned();
    for part in decoded.split('/').filter(|part| !part.is_empty()) {
        if part == "." || part == ".." || part.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(part);
    }
    Some(if file.is_dir() { file.join("index.html") } else { file })
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{media_type, resolve};
    use std::path::Path;

    #[test]
    fn does_every_target_stay_inside_the_folder() {
        let folder = Path::new("/nowhere/dist");
        for target in ["/../secret", "/a/%2e%2e/%2e%2e/secret", "/..", "/%2e%2e%2fsecret", "/c:/x", "/%zz"] {
            assert_eq!(resolve(folder, target), None, "{target}");
        }
        assert_eq!(resolve(folder, "/demo/a%20b.gz?x=/../y"), Some(folder.join("demo/a b.gz")));
    }

    #[test]
    fn does_a_module_get_the_type_that_streaming_compilation_wants() {
        assert_eq!(media_type(Path::new("engine_bg.wasm")), "application/wasm");
        assert_eq!(media_type(Path::new("engine.js")), "text/javascript; charset=utf-8");
    }
}
