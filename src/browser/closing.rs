//! Whether a popup that looks closed was closed by the user.
//!
//! `closed` turns true, too, when a page with `Cross-Origin-Opener-Policy` comes up in the popup,
//! which cuts it off from this one: the user is about to sign in there, and the response still comes
//! over a channel. Nothing tells the two apart for certain, so this is about evidence.

/// How often a page has to be seen in the popup. Chromium lets one that is being cut off look as if
/// it showed a page for some milliseconds.
const PAGE_LOOKS: u32 = 3;
/// How long it has to look closed: a response may still be on its way, and so may the focus.
const PATIENCE_MS: f64 = 500.0;

/// What can be seen of the popup at a time.
pub(super) struct Look {
    /// In milliseconds.
    pub now: f64,
    /// What the popup's window says.
    pub closed: bool,
    /// Whether it shows another page than the first one.
    pub shows_page: bool,
    /// Whether the window that opened it has the focus.
    pub focused: bool,
}

/// What follows from the looks so far.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is there, or nothing can be said yet, or it was said already.
    Waiting,
    /// The user closed it.
    Closed,
    /// It can't be watched any more. Said once.
    Lost,
}

/// The looks so far.
pub(super) struct Closing {
    /// How often the first page was about to be left. It is once by the way to the second one.
    leaving: u32,
    page_looks: u32,
    /// Since when the opener has the focus: from the start, or never, until it is seen without.
    focused_since: f64,
    closed_since: Option<f64>,
    lost: bool,
}

impl Closing {
    pub(super) fn new() -> Self {
        Self { leaving: 0, page_looks: 0, focused_since: f64::NEG_INFINITY, closed_since: None, lost: false }
    }

    /// The first page had its `beforeunload` event.
    pub(super) fn leaving(&mut self) {
        self.leaving = self.leaving.saturating_add(1);
    }

    /// Looks once more.
    pub(super) fn look(&mut self, look: &Look) -> Verdict {
        if !look.focused {
            self.focused_since = f64::INFINITY;
        } else if self.focused_since == f64::INFINITY {
            self.focused_since = look.now;
        }
        if !look.closed {
            self.closed_since = None;
            self.page_looks = self.page_looks.saturating_add(look.shows_page.into());
            return Verdict::Waiting;
        }
        let since = *self.closed_since.get_or_insert(look.now);
        if self.lost || look.now - since < PATIENCE_MS {
            return Verdict::Waiting;
        }
        if self.by_user(since) {
            return Verdict::Closed;
        }
        self.lost = true;
        Verdict::Lost
    }

    fn by_user(&self, closed_since: f64) -> bool {
        // Closing fires the event once more. A page that comes up does not.
        self.leaving > 1
            || if self.focused_since == f64::NEG_INFINITY {
                // The focus tells nothing, as in a browser without a screen. A policy on the first
                // page is ruled out, one on a later page is not.
                self.page_looks >= PAGE_LOOKS
            } else {
                // The focus falls back to the opener. A user who signs in keeps it in the popup; one
                // who had come back before is not the one who closed it.
                self.focused_since.is_finite() && self.focused_since >= closed_since - PATIENCE_MS
            }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// Looks every 100 ms. Each letter is what is seen then: `.` the first page, `p` another one, `c`
    /// closed; `:`, `P` and `C` the same while the opener has the focus. `!` is a `beforeunload`, and
    /// takes no time. What is said other than `Waiting`, and at which look.
    fn verdicts(looks: &str) -> Vec<(u32, Verdict)> {
        let mut closing = Closing::new();
        let mut said = Vec::new();
        let mut count = 0;
        for letter in looks.chars() {
            if letter == '!' {
                closing.leaving();
                continue;
            }
            let verdict = closing.look(&Look {
                now: f64::from(count) * 100.0,
                closed: letter.eq_ignore_ascii_case(&'c'),
                shows_page: letter.eq_ignore_ascii_case(&'p'),
                focused: letter.is_uppercase() || letter == ':',
            });
            match verdict {
                Verdict::Waiting => {}
                Verdict::Closed => return vec![(count, Verdict::Closed)],
                Verdict::Lost => said.push((count, Verdict::Lost)),
            }
            count += 1;
        }
        said
    }

    #[wasm_bindgen_test]
    fn while_it_is_open_nothing_is_said() {
        assert_eq!(verdicts("!..ppppppPPPPPPPpppppppppp"), []);
    }

    #[wasm_bindgen_test]
    fn closed_by_the_user_who_comes_back_by_that() {
        assert_eq!(verdicts("!.ppppppCCCCCCCC"), [(12, Verdict::Closed)]);
        // The page came up just now, or the focus takes a moment.
        assert_eq!(verdicts("!.pccCCCCCC"), [(7, Verdict::Closed)]);
    }

    #[wasm_bindgen_test]
    fn closed_while_the_page_still_loads() {
        // Without the focus: the user has gone to another program.
        assert_eq!(verdicts("!...!cccccccc"), [(8, Verdict::Closed)]);
        assert_eq!(verdicts("!...CCCCCCCC"), [(8, Verdict::Closed)]);
    }

    #[wasm_bindgen_test]
    fn cut_off_while_the_user_is_in_it() {
        assert_eq!(verdicts("!..cccccccccccc"), [(7, Verdict::Lost)]);
        assert_eq!(verdicts("!..pcccccccccccc"), [(8, Verdict::Lost)]);
        // By a later page, as of another identity provider.
        assert_eq!(verdicts("!..pppppppppcccccccccccc"), [(16, Verdict::Lost)]);
        // What the user does after that says nothing.
        assert_eq!(verdicts("!..pppppppppccccccccccccCCCCCCCCCCCCCC"), [(16, Verdict::Lost)]);
    }

    #[wasm_bindgen_test]
    fn cut_off_while_the_user_is_back_in_the_app() {
        assert_eq!(verdicts("!..ppppPPPPPPPPPCCCCCCCCCCCC"), [(20, Verdict::Lost)]);
    }

    #[wasm_bindgen_test]
    fn where_every_window_has_the_focus() {
        assert_eq!(verdicts("!::PPPCCCCCCCC"), [(10, Verdict::Closed)]);
        assert_eq!(verdicts("!::PPCCCCCCCC"), [(9, Verdict::Lost)]);
        assert_eq!(verdicts("!::!CCCCCCCC"), [(7, Verdict::Closed)]);
    }

    #[wasm_bindgen_test]
    fn closed_for_a_moment_is_not_closed() {
        assert_eq!(verdicts("!.ppppCCCCPPPPPCCCCPPP"), []);
    }
}
