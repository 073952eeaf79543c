//! Each JavaScript import that can throw is declared `catch`: an exception in the middle of a task leaves its promise
//! pending forever, and ends a Node.js process. An async function does not need that: it rejects its promise.
// Clippy exempts only the tests themselves, not their helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// The imports that can't throw, and why.
const NEVER_THROW: &[(&str, &str)] = &[
    ("app_request.rs AppRequest.new", "it reads what the app gave in a try block"),
    ("keys.rs KeyPair.x", "a text that database.js assigns"),
    ("keys.rs KeyPair.y", "the same"),
    ("locks.rs lock", "it returns a new Promise, whose executor rejects if it throws"),
    ("popup.rs Popup.isClosed", "HTML §7.2.2.1: `closed` may be read across origins"),
    ("popup.rs Popup.isPartitioned", "a value that user_agent.js assigns"),
    ("popup.rs Popup.skip", "it assigns"),
    ("popup.rs Popup.look", "what may throw is read in a try block"),
    ("popup.rs Popup.finish", "it posts a plain object to an open channel, and writes storage in a try block"),
    ("popup.rs listen", "it makes an object, and what may throw in that is in try blocks"),
    ("popup.rs Popup.end", "the same, once"),
    ("tabs.rs Tabs.new", "the channel is opened in a try block"),
    ("tabs.rs Tabs.changes", "a number"),
    ("tabs.rs Tabs.changed", "it returns a new Promise, whose executor rejects if it throws"),
    ("tabs.rs Tabs.set_isolated", "it assigns"),
    ("tabs.rs Tabs.tell", "it posts, and calls the app, in a try block"),
    ("tabs.rs Tabs.close", "closing a channel twice is allowed"),
];

struct Import {
    /// File, type and name.
    name: String,
    catches: bool,
    /// Whether its script declares it as an `async` function.
    is_async: bool,
}

#[derive(Default)]
struct Imports {
    file: String,
    found: Vec<Import>,
}

fn tokens(attributes: &[syn::Attribute]) -> String {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("wasm_bindgen"));
    ours.filter_map(|attribute| attribute.meta.require_list().ok()).map(|list| format!("{} , ", list.tokens)).collect()
}

/// The value of an option such as `js_name = name`.
fn option(tokens: &str, name: &str) -> Option<String> {
    let (_, rest) = tokens.split_once(&format!("{name} = "))?;
    rest.split([',', ' ']).next().map(|value| value.trim_matches('"').to_owned())
}

fn script(module: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(module.trim_start_matches('/'))).unwrap_or_else(|error| panic!("{module}: {error}"))
}

impl<'a> Visit<'a> for Imports {
    fn visit_item_foreign_mod(&mut self, block: &'a syn::ItemForeignMod) {
        let script = option(&tokens(&block.attrs), "module").map(|module| script(&module)).unwrap_or_default();
        let types = block.items.iter().filter_map(|item| match item {
            syn::ForeignItem::Type(of) => Some((of.ident.to_string(), option(&tokens(&of.attrs), "js_name"))),
            _ => None,
        });
        let types: Vec<_> = types.map(|(name, js)| (js.unwrap_or_else(|| name.clone()), name)).collect();
        for item in &block.items {
            let syn::ForeignItem::Fn(function) = item else { continue };
            let options = tokens(&function.attrs);
            let own = function.sig.ident.to_string();
            let name = option(&options, "js_name").unwrap_or(own);
            let of = if options.contains("method") || options.contains("constructor") {
                types.first().map(|(js, _)| format!("{js}.")).unwrap_or_default()
            } else {
                String::new()
            };
            let is_async = [format!("async {name}("), format!("async function {name}("), format!("{name} = async ")]
                .iter()
                .any(|form| script.contains(form));
            let catches = options.split([',', ' ']).any(|word| word == "catch");
            self.found.push(Import { name: format!("{} {of}{name}", self.file), catches, is_async });
        }
        visit::visit_item_foreign_mod(self, block);
    }
}

fn imports() -> Vec<Import> {
    let mut all = Imports::default();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                all.file = path.file_name().unwrap().to_str().unwrap().to_owned();
                all.visit_file(&syn::parse_file(&fs::read_to_string(&path).unwrap()).expect("it compiles"));
            }
        }
    }
    all.found
}

#[test]
fn every_import_that_can_throw_is_declared_catch() {
    let imports = imports();
    assert!(imports.len() > 25, "{}", imports.len());
    let throws = imports.iter().filter(|import| !import.catches && !import.is_async);
    let mut throws: Vec<_> = throws.map(|import| import.name.as_str()).collect();
    throws.sort_unstable();
    let mut known: Vec<_> = NEVER_THROW.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(throws, known, "an import must be declared `catch`, or listed here with the reason why it can't throw");
}
