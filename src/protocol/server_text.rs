//! Text from a server, made safe to show.

/// The longest text that is passed on, in characters.
const LONGEST: usize = 300;

/// A text without what fools a terminal, a log or a reader, at most 300 characters of it: control characters
/// (ESC, BEL and C1 among them), those that turn the order of a text around, and those that cannot be seen.
pub fn presentable(text: &str) -> String {
    clean(text).chars().take(LONGEST).collect()
}

/// The same of any length.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|character| !misleads(*character)).collect()
}

/// Control characters, and what Unicode has for formatting alone: bidirectional controls (UAX #9 §2),
/// separators of lines, and the default ignorable characters of general use (UAX #44,
/// Default_Ignorable_Code_Point).
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text has a part in it. Texts are short here: what `str` has for long ones would be a kilobyte of
/// the download.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_cannot_be_seen_is_left() {
        let all =
            "a\u{1b}[2J\u{7}\u{9b}31m\n\u{200f}\u{61c}\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{ad}\u{e0041}é漢b";
        assert_eq!(presentable(all), "a[2J31mé漢b");
        assert_eq!(presentable(&"x".repeat(1000)).len(), LONGEST);
    }
}
