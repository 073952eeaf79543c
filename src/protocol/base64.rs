//! Base64 (RFC 4648). The usual crate would add 0.7 kB more to the download.

/// Section 4, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut text = encode(bytes, b'+', b'/');
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Section 5, without padding (RFC 7515 Appendix C).
pub(super) fn base64url(bytes: &[u8]) -> String {
    encode(bytes, b'-', b'_')
}

fn encode(bytes: &[u8], plus: u8, slash: u8) -> String {
    let mut text = String::new();
    // The bits that have not been written yet, and how many.
    let (mut bits, mut count) = (0_u32, 0);
    let mut write = |value: u32| {
        text.push(char::from(match value & 63 {
            value @ ..26 => b'A' + value as u8,
            value @ 26..52 => b'a' + value as u8 - 26,
            value @ 52..62 => b'0' + value as u8 - 52,
            62 => plus,
            _ => slash,
        }));
    };
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 6 {
            count -= 6;
            write(bits >> count);
        }
    }
    if count > 0 {
        write(bits << (6 - count));
    }
    text
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_what_rfc_4648_says(bytes: Vec<u8>) {
            prop_assert_eq!(super::base64(&bytes), STANDARD.encode(&bytes));
            prop_assert_eq!(super::base64url(&bytes), URL_SAFE_NO_PAD.encode(&bytes));
        }
    }
}
