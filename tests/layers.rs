//! Dependencies point one way: js → browser → ports ← flow → protocol.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "src/{folder} has no files");
    found
}

fn forbids(folder: &str, words: &[&str]) {
    for (path, text) in sources(folder) {
        for word in words {
            assert!(!text.contains(word), "{} mentions {word}", path.display());
        }
    }
}

const BROWSER: [&str; 6] = ["web_sys", "web-sys", "js_sys", "js-sys", "wasm_bindgen", "wasm-bindgen"];

#[test]
fn protocol_and_flow_know_no_browser() {
    forbids("protocol", &BROWSER);
    forbids("flow", &BROWSER);
    forbids("diagnose", &BROWSER);
}

#[test]
fn protocol_knows_nothing_above_it() {
    forbids("protocol", &["crate::flow", "crate::ports::", "crate::browser", "crate::js"]);
    forbids("flow", &["crate::browser", "crate::js", "crate::diagnose"]);
    forbids("diagnose", &["crate::browser", "crate::js", "crate::flow"]);
    forbids("browser", &["crate::js", "crate::flow"]);
}

#[test]
fn nothing_in_protocol_and_flow_panics_on_purpose() {
    for folder in ["protocol", "flow", "diagnose"] {
        for (path, text) in sources(folder) {
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for word in [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!("] {
                // The support of the tests may.
                assert!(path.ends_with("protocol/mod.rs") || !code.contains(word), "{} has {word}", path.display());
            }
        }
    }
}

#[test]
fn each_script_of_the_browser_belongs_to_the_port_of_its_name() {
    let sources = sources("browser");
    let scripts: Vec<_> =
        sources.iter().filter(|(path, _)| path.extension().is_some_and(|kind| kind == "js")).collect();
    assert!(!scripts.is_empty());
    for (path, text) in scripts {
        let module = format!("module = \"/src/browser/{}\"", path.file_name().unwrap().display());
        assert!(sources.iter().any(|(_, source)| source.contains(&module)), "nothing calls {}", path.display());
        // Errors are Rust's to make: a script throws what the platform threw, or a word that Rust knows.
        assert!(!text.contains("new Error"), "{} makes errors", path.display());
    }
}
