//! The table of threats in docs/threats.md names codes and tests that exist.

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
    let table = read("docs/threats.md");
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| line.starts_with("| ")).skip(1).map(|line| line.split(" | ").collect()).collect();
    assert!(rows.len() >= 30, "the table has {} rows", rows.len());
    for row in rows {
        let [threat, _, code, test] = row[..] else { panic!("a row has four cells: {row:?}") };
        let [file, name] = quoted(test)[..] else { panic!("{threat}: a file and a test") };
        let tests = read(file);
        let found = if file.ends_with(".rs") {
            tests.split(&format!("fn {name}(")).nth(1)
        } else {
            // The name's beginning, or a part of it in a template that makes several tests.
            tests.split("test(").skip(1).find(|rest| rest.lines().next().is_some_and(|line| line.contains(name)))
        };
        let body = found.unwrap_or_else(|| panic!("{threat}: {file} has no test {name}"));
        let code = quoted(code);
        assert!(code.len() <= 1, "{threat}: one code");
        for code in code {
            assert!(Code::ALL.iter().any(|known| known.name() == code), "{threat}: there is no code {code}");
            let body = body.split("\ntest(").next().unwrap_or(body);
            assert!(file.ends_with(".rs") || body.contains(code), "{threat}: {name} does not ask for {code}");
        }
    }
}
