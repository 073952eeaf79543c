//! The tables of threats and of faults in docs name codes that exist, and tests that ask for them.

use std::fs;

use mcp_authorize::Code;

fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The texts in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_threat_has_a_code_that_exists_and_a_test_that_asserts_it() {
    held("docs/threats.md", 30);
}

#[test]
fn every_fault_has_a_code_that_exists_and_a_test_that_asserts_it() {
    held("docs/faults.md", 15);
}

fn held(page: &str, rows_at_least: usize) {
    let table = read(page);
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| line.starts_with("| ")).skip(1).map(|line| line.split(" | ").collect()).collect();
    assert!(rows.len() >= rows_at_least, "{page} has {} rows", rows.len());
    for row in rows {
        let [threat, _, code, test] = row[..] else { panic!("a row has four cells: {row:?}") };
        let [file, name] = quoted(test)[..] else { panic!("{threat}: a file and a test") };
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
        let code = quoted(code);
        assert!(code.len() <= 1, "{threat}: one code");
        for code in code {
            let known = Code::ALL.iter().find(|known| known.name() == code);
            let known = known.unwrap_or_else(|| panic!("{threat}: there is no code {code}"));
            let asked = body.contains(code) || body.contains(&format!("Code::{known:?}"));
            assert!(asked, "{threat}: {name} does not ask for {code}");
        }
    }
}
