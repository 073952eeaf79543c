//! What was found.

use super::App;
use super::wire::{Outcome, Probe, Wire};
use crate::protocol::Url;
use crate::{Code, Step};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Pass,
    /// A sign-in works, but something is worse than it could be.
    Warning,
    /// A sign-in, or the calls after it, will fail.
    Failure,
    /// Could not be looked at, or does not matter here.
    Skipped,
}

impl Status {
    /// The name that programs compare.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Warning => "warning",
            Status::Failure => "failure",
            Status::Skipped => "skipped",
        }
    }
}

/// A check that is made.
#[derive(Clone, Copy)]
pub(super) struct Check {
    pub id: &'static str,
    pub step: Step,
    pub title: &'static str,
    pub spec: &'static str,
}

/// The result of a check.
#[derive(Debug)]
pub struct Finding {
    /// Stable: `step.what`.
    pub id: &'static str,
    /// The step of a sign-in that it belongs to.
    pub step: Step,
    /// How it ended.
    pub status: Status,
    /// What should be so.
    pub title: &'static str,
    /// What is; may be empty where that is all.
    pub detail: String,
    /// The exchange that showed it.
    pub request: Option<Asked>,
    /// The section that asks for it.
    pub spec: &'static str,
    /// What to add, literally: a header, a JSON member, a URL.
    pub remedy: Option<String>,
}

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Asked {
    /// GET, POST or HEAD.
    pub method: &'static str,
    /// Without its query.
    pub url: String,
    /// The status of an answer that could be read.
    pub status: Option<u16>,
}

/// All findings, in the order of a sign-in.
pub struct Report {
    /// The server.
    pub server: String,
    /// The origin of the pages for which it was asked.
    pub origin: String,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Makes findings.
pub(super) struct Recorder<'a, W> {
    pub wire: &'a W,
    pub app: &'a App,
    pub findings: Vec<Finding>,
    /// The exchange that the next findings are about.
    pub asked: Option<Asked>,
}

impl<'a, W: Wire> Recorder<'a, W> {
    pub fn new(wire: &'a W, app: &'a App) -> Self {
        Self { wire, app, findings: Vec::new(), asked: None }
    }

    pub async fn send(&mut self, probe: Probe) -> Outcome {
        let outcome = self.wire.send(&probe).await;
        let status = match &outcome {
            Outcome::Answer(answer) => Some(answer.status),
            _ => None,
        };
        self.about(probe.method, &probe.url, status);
        outcome
    }

    pub fn about(&mut self, method: &'static str, url: &Url, status: Option<u16>) {
        self.asked = Some(Asked { method, url: url.without_query().to_owned(), status });
    }

    fn add(&mut self, check: &Check, status: Status, detail: &str, remedy: Option<String>) {
        let Check { id, step, title, spec } = *check;
        let request = self.asked.clone();
        self.findings.push(Finding { id, step, status, title, detail: detail.to_owned(), request, spec, remedy });
    }

    pub fn pass(&mut self, check: &Check, detail: &str) {
        self.add(check, Status::Pass, detail, None);
    }

    pub fn warning(&mut self, check: &Check, detail: &str, remedy: &str) {
        self.add(check, Status::Warning, detail, Some(remedy.to_owned()));
    }

    pub fn failure(&mut self, check: &Check, detail: &str, remedy: &str) {
        self.add(check, Status::Failure, detail, Some(remedy.to_owned()));
    }

    pub fn skipped(&mut self, check: &Check, detail: &str) {
        self.asked = None;
        self.add(check, Status::Skipped, detail, None);
    }

    /// Passes or fails.
    pub fn require(&mut self, check: &Check, holds: bool, detail: &str, remedy: &str) {
        if holds { self.pass(check, "") } else { self.failure(check, detail, remedy) }
    }

    /// Passes or warns.
    pub fn prefer(&mut self, check: &Check, holds: bool, detail: &str, remedy: &str) {
        if holds { self.pass(check, "") } else { self.warning(check, detail, remedy) }
    }

    /// A failure for a page that may not read an answer. `first` is what it has to send besides.
    pub fn blocked(&mut self, check: &Check, why: &str, first: &str) {
        let remedy = [first, "Access-Control-Allow-Origin: ", &self.app.origin].concat();
        self.failure(check, &["The server answers, but the page may not read it. ", why].concat(), &remedy);
    }

    /// A failure without an answer.
    pub fn unreachable(&mut self, check: &Check, code: Code) {
        match code {
            Code::Timeout => self.failure(check, "It did not answer in time.", "Answer within the time limit."),
            Code::ResponseTooLarge => {
                self.failure(check, "It answers with more than 1 MiB.", "Answer with the document alone.");
            }
            _ => self.failure(check, "It could not be reached.", "Have a server listen there."),
        }
    }
}
