//! Makes text from a server safe to show.

/// The maximum length, in characters.
const LONGEST: usize = 300;

/// At most 300 characters of a text, without those that can mislead a terminal, a log or a reader: control characters
/// (such as ESC, BEL and C1), characters that change the direction of the text, and invisible characters.
pub fn presentable(text: &str) -> String {
    clean(text).chars().take(LONGEST).collect()
}

/// The same for any length.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|character| !misleads(*character)).collect()
}

/// Control characters, and the formatting characters of Unicode: bidirectional controls (UAX #9 §2),
/// line separators, and the default ignorable characters of general use (UAX #44,
/// Default_Ignorable_Code_Point).
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text contains another one. For short texts: the search of `str` would add a kilobyte to the
/// download.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_removed() {
        let all =
            "a\u{1b}[2J\u{7}\u{9b}31m\n\u{200f}\u{61c}\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{ad}\u{e0041}é漢b";
        assert_eq!(presentable(all), "a[2J31mé漢b");
        assert_eq!(presentable(&"x".repeat(1000)).len(), LONGEST);
    }
}
