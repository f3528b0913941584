//! The headers that a server should send with the site: the one source for `cargo xtask serve`, for `_headers`
//! and for the README's nginx block.

use anyhow::{Context as _, Result};

/// Its name in the site: for the server, not for the page.
pub const FILE: &str = "_headers";

/// Names and values, for every file. `page` is index.html, whose policy they repeat.
pub fn all(page: &str) -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        // The page carries it too; frame-ancestors and sandbox work as headers only. The sandbox opens no window.
        (
            "Content-Security-Policy",
            format!(
                "{}; frame-ancestors 'none'; sandbox allow-scripts allow-same-origin allow-downloads allow-modals",
                policy(page)?
            ),
        ),
        ("Cross-Origin-Opener-Policy", "same-origin".to_owned()),
        ("Cross-Origin-Embedder-Policy", "require-corp".to_owned()),
        ("Cross-Origin-Resource-Policy", "same-origin".to_owned()),
        (
            "Permissions-Policy",
            "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), midi=(), \
             payment=()"
                .to_owned(),
        ),
        ("Referrer-Policy", "no-referrer".to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        // Kept, but asked for on every visit: the names hold no hash, and the versions must not mix.
        ("Cache-Control", "no-cache".to_owned()),
    ])
}

/// The policy in the page's head.
pub fn policy(page: &str) -> Result<&str> {
    let rest = page.split_once("http-equiv=\"Content-Security-Policy\"").map(|(_, rest)| rest);
    let content = rest.and_then(|rest| rest.split_once("content=\"")).map(|(_, content)| content);
    let (policy, _) =
        content.and_then(|content| content.split_once('"')).context("index.html has no policy")?;
    Ok(policy)
}

/// The file that Netlify, Cloudflare Pages and others read.
pub fn file(headers: &[(&str, String)]) -> String {
    let lines: String = headers.iter().map(|(name, value)| format!("  {name}: {value}\n")).collect();
    format!("/*\n{lines}")
}

/// The README's block for nginx.
#[cfg(test)]
fn nginx(headers: &[(&str, String)]) -> String {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("        add_header {name} \"{value}\" always;\n"))
        .collect();
    format!(
        "    server {{\n        listen 443 ssl;\n        server_name hielight.example;\n        root /srv/hielight;\n        \
         types {{\n            text/html html; text/css css; text/javascript js; text/plain txt; application/json json;\n            \
         application/wasm wasm; application/manifest+json webmanifest; image/svg+xml svg; image/png png;\n        }}\n        \
         default_type application/octet-stream;\n        charset utf-8;\n        gzip_static on;\n{lines}    }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{all, file, nginx};

    const PAGE: &str = include_str!("../../index.html");

    #[test]
    fn does_the_readme_show_the_headers_that_are_sent() {
        let readme = include_str!("../../README.md");
        let block = nginx(&all(PAGE).expect("headers"));
        assert!(readme.contains(&block), "README.md lacks this block:\n{block}");
    }

    #[test]
    fn does_every_file_get_the_page_s_own_policy() {
        let headers = all(PAGE).expect("headers");
        let written = file(&headers);
        assert!(written.starts_with("/*\n  Content-Security-Policy: default-src 'none';"), "{written}");
        assert!(written.contains("require-trusted-types-for 'script'"), "{written}");
        assert!(headers.iter().all(|(_, value)| !value.contains(['"', '\n'])), "a value would end its line");
    }
}
