//! The tables in the documentation name files, codes and tests that exist.
// Clippy exempts only the tests themselves, not their helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use std::fs;

use mcp_authorize::Code;
use mcp_authorize::ports::USER_AGENT_CODES;
use syn::ItemFn;
use syn::visit::Visit;

fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The texts in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows of a page's table.
fn rows<const CELLS: usize>(page: &str, at_least: usize) -> Vec<[String; CELLS]> {
    let row = |line: &str| {
        let cells: Vec<String> = line.split(" | ").map(str::to_owned).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("{page}: a row has {CELLS} cells: {cells:?}"))
    };
    let rows: Vec<_> = read(page).lines().filter(|line| line.starts_with("| ")).skip(1).map(row).collect();
    assert!(rows.len() >= at_least, "{page} has {} rows", rows.len());
    rows
}

/// The text of a test that `cargo test` runs: it has an attribute that makes it a test, and none that ignores it.
fn rust_test(file: &str, name: &str) -> Option<String> {
    struct Finder<'a>(&'a str, bool);
    impl<'ast> Visit<'ast> for Finder<'_> {
        fn visit_item_fn(&mut self, function: &'ast ItemFn) {
            let has = |name: &str| {
                function.attrs.iter().any(|attr| attr.path().segments.last().is_some_and(|last| last.ident == name))
            };
            let is_test = has("test") || has("wasm_bindgen_test");
            self.1 |= function.sig.ident == self.0 && is_test && !has("ignore");
        }
        // Property tests are in a macro, whose tokens syn does not parse.
        fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
            let is_property = invoked.path.segments.last().is_some_and(|last| last.ident == "proptest");
            let tokens = invoked.tokens.to_string();
            self.1 |= is_property && tokens.split("# [test] fn ").skip(1).any(|rest| rest.starts_with(self.0));
        }
    }
    let text = read(file);
    let mut finder = Finder(name, false);
    finder.visit_file(&syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}")));
    let body = text.split(&format!("fn {name}(")).nth(1)?.split("#[test]").next()?;
    finder.1.then(|| body.to_owned())
}

/// The body of a test that a suite of `npm test` runs: it calls `test`, and is not skipped.
fn javascript_test(file: &str, name: &str) -> Option<String> {
    let suite = file.strip_prefix("tests/")?.split('/').next()?;
    let suites = read("scripts/test.mjs");
    let folders = suites.split("const FOLDERS = {").nth(1)?.split("};").next()?;
    let is_suite = folders.lines().any(|line| line.trim_start().trim_start_matches('"').starts_with(suite));
    assert!(is_suite && file.ends_with(".test.mjs"), "{file} belongs to no suite");
    // The name's beginning, or a part of it in a template that makes several tests.
    let tests = read(file);
    let has_name = |rest: &&str| rest.lines().next().is_some_and(|line| line.contains(name));
    let body = tests.split("\ntest(").flat_map(|part| part.split("  test(")).skip(1).find(has_name)?;
    let is_skipped = body.lines().next().is_some_and(|line| line.contains("skip: true") || line.contains("todo: true"));
    (!is_skipped).then(|| body.to_owned())
}

#[test]
fn every_rule_has_a_file_and_a_test() {
    for [rule, _, file, test] in rows("docs/spec.md", 21) {
        let [file] = quoted(&file)[..] else { panic!("{rule}: one file") };
        assert!(!read(file).is_empty());
        let [test_file, name] = quoted(&test)[..] else { panic!("{rule}: a file and a test") };
        assert!(rust_test(test_file, name).is_some(), "{rule}: {test_file} has no test {name} that runs");
    }
}

#[test]
fn every_threat_has_a_code_that_exists_and_a_test_that_asserts_it() {
    // The other columns describe the defence, also in other environments.
    held(rows("docs/threats.md", 30).into_iter().map(|[threat, _, _, code, test]| [threat, code, test]));
}

#[test]
fn every_fault_has_a_code_that_exists_and_a_test_that_asserts_it() {
    held(rows("docs/faults.md", 15).into_iter().map(|[fault, _, code, test]| [fault, code, test]));
}

fn held(rows: impl Iterator<Item = [String; 3]>) {
    for [threat, code, test] in rows {
        let [file, name] = quoted(&test)[..] else { panic!("{threat}: a file and a test") };
        let found = if file.ends_with(".rs") { rust_test(file, name) } else { javascript_test(file, name) };
        let body = &*found.unwrap_or_else(|| panic!("{threat}: {file} has no test {name} that runs"));
        let code = quoted(&code);
        assert!(code.len() <= 1, "{threat}: one code");
        for code in code {
            let known = Code::ALL.iter().chain(USER_AGENT_CODES).find(|known| known.name() == code);
            let known = known.unwrap_or_else(|| panic!("{threat}: there is no code {code}"));
            let asked = body.contains(code) || body.contains(&format!("Code::{known:?}"));
            assert!(asked, "{threat}: {name} does not check for {code}");
        }
    }
}

/// The texts after a page's heading, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let rest = page.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("a section {heading}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

fn names(folder: &str, extension: &str) -> Vec<String> {
    let files = fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter_map(|name| name.strip_suffix(extension).map(str::to_owned)).collect();
    names.sort();
    names
}

/// The cells of a section's table, without its head.
fn cells<'a>(page: &'a str, heading: &str) -> Vec<(&'a str, &'a str)> {
    let rows = section(page, heading).lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.skip(1).map(|row| row.split_once(" | ").unwrap_or_else(|| panic!("two cells: {row}"))).collect()
}

/// The sections of a page on a server, in their order, and the rows of what works.
const HEADINGS: [&str; 5] =
    ["What an administrator configures", "Options", "What works and what does not", "Errors", "Sources"];
const WORKS: [&str; 7] = [
    "Registration (RFC 7591)",
    "Client ID metadata document",
    "`resource` (RFC 8707)",
    "PKCE is announced",
    "Refresh tokens",
    "DPoP",
    "CORS for pages",
];

/// The rows of the table of what works, beginning with registration. The table's head is empty.
fn works(page: &str) -> Vec<(&str, &str)> {
    section(page, HEADINGS[2]).lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | ")).collect()
}

#[test]
fn every_page_on_a_server_has_the_same_form() {
    let vendors = names("tests/flow/vendors", ".json");
    let products = names("tests/interop", "");
    let all = read("docs/servers/README.md");
    for name in names("docs/servers", ".md").iter().filter(|name| *name != "README") {
        let page = read(&format!("docs/servers/{name}.md"));
        assert!(all.lines().any(|line| line.starts_with("| [") && line.contains(&format!("]({name}.md) |"))), "{name}");
        let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, HEADINGS, "{name}");
        assert_eq!(works(&page).iter().map(|(row, _)| *row).collect::<Vec<_>>(), WORKS, "{name}");
        let errors = cells(&page, "Errors");
        assert!(errors.len() >= 3, "{name}");
        for (error, _) in errors {
            if let Some(code) = error.strip_prefix('`').and_then(|rest| rest.split('`').next()) {
                assert!(Code::ALL.iter().any(|known| known.name() == code), "{name}: {code}");
            }
        }
        // The source of its statements: a fixture made from the vendor's documentation, or the product itself.
        let (fixture, folder) = (format!("tests/flow/vendors/{name}.json"), format!("tests/interop/{name}"));
        let sources = section(&page, "Sources");
        assert!(sources.contains("2026-"), "{name}");
        assert_eq!(quoted(sources).contains(&&*fixture), vendors.contains(name), "{name}");
        assert_eq!(quoted(sources).contains(&&*folder), products.contains(name), "{name}");
        assert!(vendors.contains(name) != products.contains(name), "{name}");
    }
}

#[test]
fn every_page_on_a_vendor_agrees_with_its_fixture() {
    // What a fixture may lack, and how its page says so.
    const MEMBERS: [(&str, &str); 4] = [
        ("challenge", "an mcp server's challenge"),
        ("tokens", "token answers"),
        ("refreshed", "refreshed tokens"),
        ("dead_refresh_token", "answer to a dead refresh token"),
    ];
    for name in names("tests/flow/vendors", ".json") {
        let page = read(&format!("docs/servers/{name}.md"));
        let vendor: serde_json::Value =
            serde_json::from_str(&read(&format!("tests/flow/vendors/{name}.json"))).unwrap();
        assert!(section(&page, HEADINGS[0]).contains("\n1. "), "{name}");
        let code: String = section(&page, "Options").split("```").skip(1).step_by(2).collect();
        for option in vendor["options"].as_object().unwrap().keys() {
            assert!(code.contains(option), "{name}: {option}");
        }
        let works = works(&page);
        let says = |row: usize, word: &str| works[row].1.to_lowercase().starts_with(word);
        let metadata = &vendor["metadata"];
        let announces = metadata["code_challenge_methods_supported"].to_string().contains("S256");
        assert_eq!(says(3, "yes"), announces, "{name}: PKCE");
        assert_eq!(says(0, "no"), metadata.get("registration_endpoint").is_none(), "{name}: registration");
        let sources = section(&page, "Sources");
        assert!(sources.contains('“'), "{name}");
        let missing = sources.split("Not found there:").nth(1).unwrap_or_default();
        let missing = missing.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        for (member, text) in MEMBERS {
            assert_eq!(vendor.get(member).is_none(), missing.contains(text), "{name}: {member}");
        }
    }
}
