//! Dependencies point one way: js → browser → ports ← flow → protocol, with `native` beside `browser` and
//! `diagnose` beside `flow`. No two files import each other.
//!
//! A file's imports are the paths in its code that begin with `crate`, `super` or another crate's name, with or without
//! `use`. Tests may import anything.
// Clippy exempts only the tests themselves, not their helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// A module's path: `["flow", "session", "record"]`.
type Module = Vec<String>;

#[derive(Default)]
struct Source {
    /// The paths in its code.
    paths: Vec<Vec<String>>,
    /// Its re-exports (`pub use`): name and path.
    offers: BTreeMap<String, Vec<String>>,
}

/// All modules of the crate that have files.
fn sources() -> BTreeMap<Module, Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    for path in files(&root, "rs") {
        let relative = path.strip_prefix(&root).unwrap().with_extension("");
        let mut module: Module = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if matches!(module.last().unwrap().as_str(), "mod" | "lib") {
            module.pop();
        }
        let code = syn::parse_file(&fs::read_to_string(&path).unwrap()).expect("it compiles");
        let mut reader = Reader { module: module.clone(), source: Source::default() };
        reader.visit_file(&code);
        found.insert(module, reader.source);
    }
    assert!(found.len() > 80, "{}", found.len());
    found
}

fn files(root: &Path, extension: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == extension) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty());
    found
}

struct Reader {
    module: Module,
    source: Source,
}

impl Reader {
    /// A path from the crate's root. `None` for other crates.
    fn absolute(&self, path: Vec<String>) -> Option<Vec<String>> {
        let mut base = self.module.clone();
        let mut rest = path.into_iter().peekable();
        match rest.peek()?.as_str() {
            "crate" => {
                base.clear();
                rest.next();
            }
            "self" => drop(rest.next()),
            "super" => {
                while rest.next_if_eq("super").is_some() {
                    base.pop();
                }
            }
            _ => return None,
        }
        Some(["crate".to_owned()].into_iter().chain(base).chain(rest).collect())
    }

    fn note(&mut self, path: Vec<String>) {
        let path = self.absolute(path.clone()).unwrap_or(path);
        self.source.paths.push(path);
    }

    fn uses(&mut self, tree: &syn::UseTree, mut path: Vec<String>, offered: bool) {
        match tree {
            syn::UseTree::Path(it) => {
                path.push(it.ident.to_string());
                self.uses(&it.tree, path, offered);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|it| self.uses(it, path.clone(), offered)),
            syn::UseTree::Glob(_) => self.note(path),
            syn::UseTree::Name(syn::UseName { ident }) | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                if ident != "self" {
                    path.push(ident.to_string());
                }
                if offered {
                    // `pub use child::Name` re-exports, and does not count as an import of the file.
                    let from_child = self.absolute(["self".to_owned()].into_iter().chain(path.clone()).collect());
                    let from = self.absolute(path).or(from_child).unwrap();
                    self.source.offers.insert(ident.to_string(), from);
                } else {
                    // In the file of a module, `use child::Name` means `self::child::Name`.
                    self.note(path);
                }
            }
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|it| it.path().is_ident("cfg") && it.parse_args::<syn::Ident>().is_ok_and(|it| it == "test"))
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.uses(&item.tree, Vec::new(), !matches!(item.vis, syn::Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.note(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in crate::flow)` is not an import.
    }
}

/// The file that a path leads to, through re-exports.
fn file_of(sources: &BTreeMap<Module, Source>, path: &[String]) -> Option<Module> {
    let mut path = path.strip_prefix(&["crate".to_owned()][..])?.to_vec();
    for _ in 0..8 {
        let length = (0..=path.len()).rev().find(|length| sources.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        match rest.first().and_then(|name| sources[module].offers.get(name)) {
            Some(from) => path = [&from[1..], &rest[1..]].concat(),
            None => return Some(module.to_vec()),
        }
    }
    panic!("{path:?} is re-exported in a circle")
}

fn imports(sources: &BTreeMap<Module, Source>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut imports: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, source) in sources {
        let own_children = |path: &[String]| {
            let child: Module = module.iter().chain(path.first()).cloned().collect();
            let is_child = path.len() > 1 && sources.contains_key(&child);
            is_child.then(|| ["crate".to_owned()].into_iter().chain(module.clone()).chain(path.to_vec()).collect())
        };
        for path in &source.paths {
            let path: Vec<String> = own_children(path).unwrap_or_else(|| path.clone());
            let file = file_of(sources, &path).filter(|file| file != module);
            imports.entry(module.clone()).or_default().extend(file);
        }
    }
    imports
}

fn layer(module: &Module) -> &str {
    module.first().map_or("lib", String::as_str)
}

/// The layers that each layer may import from.
const LAYERS: [(&str, &[&str]); 10] = [
    ("error", &[]),
    ("protocol", &["error"]),
    ("ports", &["error", "protocol"]),
    ("flow", &["error", "protocol", "ports"]),
    ("diagnose", &["error", "protocol", "ports"]),
    ("native", &["error", "protocol", "ports"]),
    ("browser", &["error", "protocol", "ports", "diagnose"]),
    ("authorizer", &["error", "protocol", "ports", "flow", "browser"]),
    ("js", &["error", "protocol", "ports", "flow", "diagnose", "browser"]),
    ("lib", &[]),
];

#[test]
fn each_layer_imports_only_from_those_below_it() {
    let sources = sources();
    for (module, imported) in imports(&sources) {
        let allowed = LAYERS.iter().find(|(name, _)| *name == layer(&module)).expect("a layer").1;
        for file in imported {
            let below = layer(&file) == layer(&module) || allowed.contains(&layer(&file));
            assert!(below, "{} imports {}", module.join("::"), file.join("::"));
        }
    }
}

#[test]
fn only_the_browser_layers_use_browser_crates() {
    const OF_BROWSERS: [&str; 4] = ["js_sys", "serde_wasm_bindgen", "wasm_bindgen", "wasm_bindgen_futures"];
    for (module, source) in sources() {
        // Exception: URLs are parsed by the platform, with one function.
        let parser = module == ["protocol", "whatwg"];
        for path in &source.paths {
            let of_a_browser = OF_BROWSERS.contains(&path[0].as_str())
                || path[0].starts_with("gloo_")
                || (path[0] == "web_sys" && !parser);
            let may = ["browser", "js"].contains(&layer(&module)) || module.is_empty();
            assert!(may || !of_a_browser, "{} uses {}", module.join("::"), path.join("::"));
        }
    }
}

#[test]
fn no_two_files_import_each_other() {
    let sources = sources();
    let imports = imports(&sources);
    let mut circles = Vec::new();
    for start in imports.keys() {
        // Find the shortest way back.
        let mut ways: Vec<Vec<&Module>> = vec![vec![start]];
        let mut seen = BTreeSet::new();
        while let Some(way) = (!ways.is_empty()).then(|| ways.remove(0)) {
            for next in imports.get(*way.last().unwrap()).into_iter().flatten() {
                if next == start {
                    circles.push(way.iter().map(|module| module.join("::")).collect::<Vec<_>>().join(" → "));
                    ways.clear();
                    break;
                }
                if seen.insert(next) {
                    ways.push(way.iter().copied().chain([next]).collect());
                }
            }
        }
    }
    assert!(circles.is_empty(), "{} files are in circles:\n{}", circles.len(), circles.join("\n"));
}

/// The types of a file, without those of its tests.
#[derive(Default)]
struct Types(Vec<String>);

impl<'ast> Visit<'ast> for Types {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.0.push(item.ident.to_string());
    }

    fn visit_foreign_item_type(&mut self, item: &'ast syn::ForeignItemType) {
        self.0.push(item.ident.to_string());
    }
}

#[test]
fn no_two_types_have_the_same_name() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "rs") {
        let mut types = Types::default();
        types.visit_file(&syn::parse_file(&fs::read_to_string(&path).unwrap()).expect("it compiles"));
        for name in types.0 {
            places.entry(name).or_default().push(path.display().to_string());
        }
    }
    assert!(places.len() > 200, "{}", places.len());
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn each_browser_script_is_imported_by_a_port_and_makes_no_errors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/browser");
    let ports: Vec<_> = files(&folder, "rs").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for path in files(&folder, "js") {
        let module = format!("module = \"/src/browser/{}\"", path.file_name().unwrap().display());
        assert!(ports.iter().any(|source| source.contains(&module)), "no port imports {}", path.display());
        // Only Rust makes errors: a script throws what the platform threw, or a word that Rust knows.
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("new Error"), "{} makes errors", path.display());
    }
}
