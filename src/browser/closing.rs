//! Whether a popup that looks closed was closed by the user.
//!
//! `closed` also becomes true when a page with `Cross-Origin-Opener-Policy` loads in the popup, which cuts it off
//! from this page. Then the user is about to sign in there, and the response still arrives over a channel. Nothing
//! distinguishes the two for certain, so this module collects evidence.

/// How often a page has to be seen in the popup. In Chromium, a popup that is being cut off looks for some
/// milliseconds as if it showed a page.
const PAGE_LOOKS: u32 = 3;
/// How long it has to look closed: a response or a change of focus may still be on its way.
const PATIENCE_MS: f64 = 500.0;

/// What can be seen of the popup at one time.
pub(super) struct Look {
    /// In milliseconds.
    pub now: f64,
    /// `closed` of the popup's window.
    pub closed: bool,
    /// Whether it shows a page other than the first one.
    pub shows_page: bool,
    /// Whether the window that opened it has the focus.
    pub focused: bool,
}

/// What follows from the observations so far.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is open, nothing is known yet, or the result was already reported.
    Waiting,
    /// The user closed it.
    Closed,
    /// It can't be watched any more. Reported once.
    Lost,
}

/// The observations so far.
pub(super) struct Closing {
    /// How often the first page was about to be left. On the way to the second page, that happens once.
    leaving: u32,
    page_looks: u32,
    /// Since when the opener has the focus. Not known until it was seen without the focus.
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

    /// Adds an observation.
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
        // Closing fires the event again. Loading a page does not.
        self.leaving > 1
            || if self.focused_since == f64::NEG_INFINITY {
                // The focus says nothing, for example in a headless browser. This rules out a policy on the first page,
                // but not on a later one.
                self.page_looks >= PAGE_LOOKS
            } else {
                // After closing, the opener gets the focus. While the user signs in, the popup has it. If the opener
                // already had the focus, the user did not close the popup.
                self.focused_since.is_finite() && self.focused_since >= closed_since - PATIENCE_MS
            }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// Makes an observation every 100 ms. Each letter is one: `.` the first page, `p` another page, `c` closed;
    /// `:`, `P` and `C` the same while the opener has the focus. `!` is a `beforeunload`, and takes no time.
    /// Returns the first result other than `Waiting`, and when it was reported.
    fn verdicts(looks: &str) -> Vec<(u32, Verdict)> {
        let mut closing = Closing::new();
        let mut reported = Vec::new();
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
                Verdict::Lost => reported.push((count, Verdict::Lost)),
            }
            count += 1;
        }
        reported
    }

    #[wasm_bindgen_test]
    fn an_open_popup_is_not_reported() {
        assert_eq!(verdicts("!..ppppppPPPPPPPpppppppppp"), []);
    }

    #[wasm_bindgen_test]
    fn a_closed_popup_is_reported_if_the_opener_gets_the_focus() {
        assert_eq!(verdicts("!.ppppppCCCCCCCC"), [(12, Verdict::Closed)]);
        // The page has just loaded, or the focus takes a moment.
        assert_eq!(verdicts("!.pccCCCCCC"), [(7, Verdict::Closed)]);
    }

    #[wasm_bindgen_test]
    fn a_popup_that_is_closed_while_its_page_loads_is_reported() {
        // Without the focus: the user has gone to another program.
        assert_eq!(verdicts("!...!cccccccc"), [(8, Verdict::Closed)]);
        assert_eq!(verdicts("!...CCCCCCCC"), [(8, Verdict::Closed)]);
    }

    #[wasm_bindgen_test]
    fn a_popup_that_is_cut_off_while_the_user_is_in_it_is_lost() {
        assert_eq!(verdicts("!..cccccccccccc"), [(7, Verdict::Lost)]);
        assert_eq!(verdicts("!..pcccccccccccc"), [(8, Verdict::Lost)]);
        // By a later page, for example of another identity provider.
        assert_eq!(verdicts("!..pppppppppcccccccccccc"), [(16, Verdict::Lost)]);
        // What the user does after that does not matter.
        assert_eq!(verdicts("!..pppppppppccccccccccccCCCCCCCCCCCCCC"), [(16, Verdict::Lost)]);
    }

    #[wasm_bindgen_test]
    fn a_popup_that_is_cut_off_while_the_user_is_in_the_app_is_lost() {
        assert_eq!(verdicts("!..ppppPPPPPPPPPCCCCCCCCCCCC"), [(20, Verdict::Lost)]);
    }

    #[wasm_bindgen_test]
    fn if_the_focus_says_nothing_a_popup_that_showed_a_page_was_closed() {
        assert_eq!(verdicts("!::PPPCCCCCCCC"), [(10, Verdict::Closed)]);
        assert_eq!(verdicts("!::PPCCCCCCCC"), [(9, Verdict::Lost)]);
        assert_eq!(verdicts("!::!CCCCCCCC"), [(7, Verdict::Closed)]);
    }

    #[wasm_bindgen_test]
    fn a_popup_that_looks_closed_for_a_moment_is_not_reported() {
        assert_eq!(verdicts("!.ppppCCCCPPPPPCCCCPPP"), []);
    }
}
