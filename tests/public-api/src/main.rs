//! Prints the public API that a rustdoc JSON file describes, one item a line.

use public_api::Builder;

/// Traits of the compiler's own. They are unstable, and programs can't use them.
const INTERNAL: [&str; 3] = ["Freeze", "StructuralPartialEq", "UnsafeUnpin"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("Usage: public-api FILE.json")?;
    // Blanket implementations such as `impl<T> Any for T` would repeat for every type.
    let api = Builder::from_rustdoc_json(file).omit_blanket_impls(true).build()?;
    for item in api.items().map(ToString::to_string) {
        if !INTERNAL.iter().any(|name| item.contains(&format!(" core::marker::{name} for "))) {
            println!("{item}");
        }
    }
    Ok(())
}
