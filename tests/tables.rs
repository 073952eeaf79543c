//! The tables of docs name files, codes and tests that exist.
// Helpers of tests are no tests to clippy.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use std::fs;

use mcp_authorize::Code;
use mcp_authorize::ports::USER_AGENT_CODES;

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

#[test]
fn every_rule_has_a_file_and_a_test() {
    for [rule, _, file, test] in rows("docs/spec.md", 21) {
        let [file] = quoted(&file)[..] else { panic!("{rule}: one file") };
        assert!(!read(file).is_empty());
        let [test_file, name] = quoted(&test)[..] else { panic!("{rule}: a file and a test") };
        assert!(
            read(test_file).contains(&format!("#[test]\n    fn {name}()"))
                || read(test_file).contains(&format!("#[test]\nfn {name}()")),
            "{rule}: {test_file} has no test {name}"
        );
    }
}

#[test]
fn every_threat_has_a_code_that_exists_and_a_test_that_asserts_it() {
    // What holds elsewhere is told in a column of its own.
    held(rows("docs/threats.md", 30).into_iter().map(|[threat, _, _, code, test]| [threat, code, test]));
}

#[test]
fn every_fault_has_a_code_that_exists_and_a_test_that_asserts_it() {
    held(rows("docs/faults.md", 15).into_iter().map(|[fault, _, code, test]| [fault, code, test]));
}

fn held(rows: impl Iterator<Item = [String; 3]>) {
    for [threat, code, test] in rows {
        let [file, name] = quoted(&test)[..] else { panic!("{threat}: a file and a test") };
        let tests = read(file);
        let (found, end) = if file.ends_with(".rs") {
            (tests.split(&format!("fn {name}(")).nth(1), "#[test]")
        } else {
            // The name's beginning, or a part of it in a template that makes several tests.
            let has_name = |rest: &&str| rest.lines().next().is_some_and(|line| line.contains(name));
            (tests.split("test(").skip(1).find(has_name), "\ntest(")
        };
        let body = found.unwrap_or_else(|| panic!("{threat}: {file} has no test {name}"));
        let body = body.split(end).next().unwrap_or(body);
        let code = quoted(&code);
        assert!(code.len() <= 1, "{threat}: one code");
        for code in code {
            let known = Code::ALL.iter().chain(USER_AGENT_CODES).find(|known| known.name() == code);
            let known = known.unwrap_or_else(|| panic!("{threat}: there is no code {code}"));
            let asked = body.contains(code) || body.contains(&format!("Code::{known:?}"));
            assert!(asked, "{threat}: {name} does not ask for {code}");
        }
    }
}
