use mcp_authorize::browser::{Storage, to_value};
use mcp_authorize::ports::Json;
use mcp_authorize::protocol::json::{Object, Value};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{browser, eval};

fn parse(text: &str) -> Option<Value> {
    browser(Storage::Memory).parse_json(text)
}

fn member(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

#[wasm_bindgen_test]
fn each_type_of_value_is_parsed() {
    // RFC 8259 §3.
    let parsed = parse(r#"{"a": [null, true, -1.5e3, "\u00fc\n"], "b": {}, "c": 9007199254740993}"#);
    let list = vec![Value::Null, Value::Bool(true), Value::Number(-1500.0), Value::String("ü\n".into())];
    let expected = Object(vec![
        member("a", Value::Array(list)),
        member("b", Value::Object(Object::default())),
        member("c", Value::Number(9_007_199_254_740_992.0)),
    ]);
    assert_eq!(parsed, Some(Value::Object(expected)));
    for bad in ["", "{", "{'a':1}", "undefined", "NaN", "[1,]", "<!doctype html>"] {
        assert_eq!(parse(bad), None, "{bad}");
    }
}

#[wasm_bindgen_test]
fn written_json_reads_back_and_has_no_control_characters() {
    // RFC 8259 §7: "the control characters (U+0000 through U+001F)" are escaped, quotation mark and backslash too.
    let text: String = ('\0'..='\u{9f}').chain(['\u{2028}', '\u{feff}', 'ü', '漢', '🦀']).collect();
    let value = Value::Object(Object(vec![member(&text, Value::String(text.clone()))]));
    let written = browser(Storage::Memory).write_json(&value).unwrap();
    assert!(!written.chars().any(|character| character < ' '), "{written:?}");
    assert_eq!(parse(&written), Some(value));
}

#[wasm_bindgen_test]
fn proto_is_a_member_like_any_other() {
    let parsed = parse(r#"{"__proto__": {"issuer": "https://evil.example"}, "constructor": 1}"#);
    let Some(Value::Object(object)) = parsed else { panic!() };
    assert!(object.get("issuer").is_none());
    assert!(object.get("__proto__").is_some() && object.get("toString").is_none());
    assert_eq!(object.get("constructor"), Some(&Value::Number(1.0)));
}

#[wasm_bindgen_test]
fn json_that_is_nested_too_deeply_is_refused() {
    // RFC 8259 §9: "An implementation may set limits on the maximum depth of nesting."
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    assert!(parse(&nested(32)).is_some());
    for depth in [33, 100_000] {
        assert_eq!(parse(&nested(depth)), None);
    }
}

#[wasm_bindgen_test]
fn only_own_members_of_options_are_read() {
    let value =
        to_value(&eval("Object.assign(Object.create({ c: 3 }), { a: 1, f() {}, u: undefined, l: [() => 1, 2] })"));
    let list = vec![Value::Null, Value::Number(2.0)];
    let expected = Object(vec![member("a", Value::Number(1.0)), member("l", Value::Array(list))]);
    assert_eq!(value, Some(Value::Object(expected)));
    for nothing in ["undefined", "() => 1", "{ get a() { throw 1 } }", "Symbol()", "1n"] {
        assert_eq!(to_value(&eval(nothing)), None, "{nothing}");
    }
}
