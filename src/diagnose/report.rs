//! The findings.

use serde::Serialize;

use super::app::App;
use super::wire::{Answer, Probe, Wire};
use crate::Step;
use crate::ports::TransportError;
use crate::protocol::server_text::clean;
use crate::protocol::{Url, cors};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No problem.
    Pass,
    /// A sign-in works, but something should be better.
    Warning,
    /// A sign-in, or the calls after it, will fail.
    Failure,
    /// Could not be checked, or does not matter here.
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

/// A check.
#[derive(Clone, Copy)]
pub(super) struct Check {
    pub id: &'static str,
    pub step: Step,
    /// The title if it passes.
    pub title: &'static str,
    /// The title if it does not.
    pub fault: &'static str,
    pub spec: &'static str,
}

/// The result of a check.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// Stable: `step.what`.
    pub id: &'static str,
    /// The step of a sign-in that it belongs to.
    pub step: Step,
    /// How it ended.
    pub status: Status,
    /// What was found. In a failure or a warning, the problem.
    pub title: &'static str,
    /// More about it; may be empty.
    pub detail: String,
    /// The exchange that showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Asked>,
    /// The section that requires it.
    pub spec: &'static str,
    /// What exactly to add: a header, a JSON member, a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// A request that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// GET, POST or HEAD.
    pub method: &'static str,
    /// Without its query.
    pub url: String,
    /// The status of the response, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// All findings, in the order of a sign-in.
#[derive(Serialize)]
pub struct Report {
    /// The server.
    pub server: String,
    /// The origin of the app's pages.
    pub origin: String,
    /// The findings.
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

    pub async fn send(&mut self, probe: impl Into<Probe>) -> Result<Answer, TransportError> {
        let probe = probe.into();
        let answer = self.wire.send(&probe).await;
        self.about(probe.method, &probe.url, answer.as_ref().ok().map(|answer| answer.status));
        answer
    }

    pub fn about(&mut self, method: &'static str, url: &Url, status: Option<u16>) {
        self.asked = Some(Asked { method, url: url.without_query().to_owned(), status });
    }

    fn add(&mut self, check: &Check, status: Status, detail: &str, remedy: Option<String>) {
        let Check { id, step, title, fault, spec } = *check;
        let title = if matches!(status, Status::Failure | Status::Warning) { fault } else { title };
        let request = self.asked.clone();
        let (detail, remedy) = (clean(detail), remedy.as_deref().map(clean));
        self.findings.push(Finding { id, step, status, title, detail, request, spec, remedy });
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

    /// The header that lets the app's pages read a response.
    pub fn allow_origin(&self) -> String {
        cors::allow_origin(&self.app.origin)
    }

    /// A failure: the page may not read a response. `first` is what the server has to send as well.
    pub fn blocked(&mut self, check: &Check, why: &str, first: &str) {
        let remedy = [first, &self.allow_origin()].concat();
        self.failure(check, &["The server answers, but the page may not read the answer. ", why].concat(), &remedy);
    }

    /// The same at the token endpoint, which may be open only to registered clients.
    pub fn token_blocked(&mut self, check: &Check, why: &str) {
        if self.app.client_id.is_some() {
            return self.blocked(check, why, "");
        }
        let why = [why, " If it allows only the origins of registered clients, diagnose with the app's clientId."];
        self.blocked(check, why.concat().trim_start(), "");
    }

    /// A failure: there is no response.
    pub fn unreachable(&mut self, check: &Check, failure: &TransportError) {
        match failure {
            TransportError::TimedOut(_) => {
                self.failure(check, "It did not answer in time.", "Answer within the time limit.")
            }
            TransportError::TooLarge(_) => {
                self.failure(check, "It answers with more than 1 MiB.", "Answer with nothing but the document.");
            }
            _ => match self.wire.reason(failure) {
                None => self.failure(check, "It could not be reached.", "Have a server listen there."),
                Some((reason, remedy)) => self.failure(check, &reason, remedy),
            },
        }
    }
}
