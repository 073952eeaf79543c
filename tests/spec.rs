//! The table of rules in docs/spec.md names files and tests that exist.

use std::fs;

fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The texts in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_rule_has_a_file_and_a_test() {
    let table = read("docs/spec.md");
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| line.starts_with("| ")).skip(1).map(|line| line.split(" | ").collect()).collect();
    assert!(rows.len() >= 21, "the specification's rules are 21 or more, and the table has {}", rows.len());
    for row in rows {
        let [rule, _, file, test] = row[..] else { panic!("a row has four cells: {row:?}") };
        let [file] = quoted(file)[..] else { panic!("{rule}: one file") };
        assert!(!read(file).is_empty());
        let [test_file, name] = quoted(test)[..] else { panic!("{rule}: a file and a test") };
        assert!(
            read(test_file).contains(&format!("#[test]\n    fn {name}()"))
                || read(test_file).contains(&format!("#[test]\nfn {name}()")),
            "{rule}: {test_file} has no test {name}"
        );
    }
}
