//! The places where a metadata document may be, by priority.

use super::report::{Asked, Check, Recorder};
use super::wire::{Probe, Wire};
use crate::ports::TransportError;
use crate::protocol::Url;
use crate::protocol::json::Object;

/// A place that was checked.
pub(super) struct Place {
    check: Check,
    url: Url,
    content: Content,
    /// Why a page may not read it, if it was read all the same.
    blocked: Option<String>,
    /// Clients can use the document.
    usable: bool,
    asked: Option<Asked>,
}

enum Content {
    Document(Object),
    Missing,
    /// The document may be here later.
    Busy(u16),
    Blocked(String),
    Failed(TransportError),
    Redirected(String),
    NoJson,
}

/// The checks of a document at any place.
pub(super) struct Checks {
    pub found: Check,
    pub cors: Check,
    pub stays: Check,
    pub json: Check,
}

impl Place {
    /// Requests the document. `check` is the finding about this place, and `usable` says whether clients can use the document.
    pub async fn look<W: Wire>(
        record: &mut Recorder<'_, W>,
        check: Check,
        url: &Url,
        usable: &dyn Fn(&Object) -> bool,
    ) -> Self {
        let mut blocked = None;
        let content = match record.send(Probe::get(url).reading_on()).await {
            Err(TransportError::Blocked { why, .. }) => Content::Blocked(why),
            Err(failure) => Content::Failed(failure),
            Ok(answer) => match answer.redirected_to {
                Some(to) if Url::parse(&to).map_or(true, |to| to.origin() != url.origin()) => Content::Redirected(to),
                // 408, 425 and 429 say that it may be there later.
                _ if matches!(answer.status, 408 | 425 | 429 | 500..) => Content::Busy(answer.status),
                _ if !answer.is_success() => Content::Missing,
                _ => {
                    blocked = answer.blocked;
                    record.wire.object(&answer.body).map_or(Content::NoJson, Content::Document)
                }
            },
        };
        let usable = blocked.is_none() && matches!(&content, Content::Document(document) if usable(document));
        Self { check, url: url.clone(), content, blocked, usable, asked: record.asked.clone() }
    }

    /// The relevant place of those at `urls`: the first usable one, otherwise the first that says most about the
    /// problem.
    pub fn chosen<'a>(places: &'a [Self], urls: &[Url]) -> Option<&'a Self> {
        let first = |suits: fn(&Self) -> bool| places.iter().find(|place| urls.contains(&place.url) && suits(place));
        first(|place| place.usable)
            .or_else(|| first(|place| matches!(place.content, Content::Document(_))))
            .or_else(|| first(|place| !matches!(place.content, Content::Missing)))
    }

    /// Whether there is nothing here, or a page instead of a document. Then other places are relevant.
    pub fn is_missing(&self) -> bool {
        matches!(self.content, Content::Missing | Content::NoJson)
    }

    /// The document at this place.
    pub fn document(&self) -> Option<&Object> {
        match &self.content {
            Content::Document(document) => Some(document),
            _ => None,
        }
    }

    /// The finding about the place itself. `others` says what an unusable document here means for clients other than this
    /// one.
    pub fn tell<'a, W: Wire>(
        &self,
        record: &mut Recorder<'a, W>,
        chosen: Option<&Self>,
        others: &dyn Fn(&mut Recorder<'a, W>, &Check),
    ) {
        record.asked = self.asked.clone();
        match &self.content {
            Content::Document(_) if self.usable => record.pass(&self.check, ""),
            Content::Missing => record.skipped(&self.check, "There is no document here."),
            _ if chosen.is_some_and(|chosen| std::ptr::eq(chosen, self)) => {
                record.skipped(&self.check, "The document here can't be used; see below.");
            }
            // Many servers send a 404 here without CORS headers. That is not a problem.
            Content::Blocked(_) => {
                record.skipped(&self.check, "A page can't read the answer. There may be no document here.");
            }
            _ => others(record, &self.check),
        }
    }

    /// The URL of the first place, for the finding that there is no document anywhere.
    pub fn first<'a, W: Wire>(record: &mut Recorder<'_, W>, places: &'a [Self]) -> &'a str {
        let first = places.first();
        record.asked = first.and_then(|place| place.asked.clone());
        first.map_or("", |place| place.url.as_str())
    }

    /// The findings about the document, if this is the relevant place. `detail` says whose document it is.
    pub fn tell_document<W: Wire>(&self, record: &mut Recorder<'_, W>, checks: &Checks, detail: &str) {
        let Checks { found, cors, stays, json } = checks;
        record.asked = self.asked.clone();
        match &self.content {
            Content::Failed(failure @ TransportError::TooLarge(_)) => return record.unreachable(json, failure),
            Content::Failed(failure) => return record.unreachable(found, failure),
            Content::Busy(status) => {
                let detail = ["It answers ", &status.to_string(), " now."].concat();
                return record.failure(found, &detail, "Answer 200 with the document, or 404 where there is none.");
            }
            _ => record.pass(found, detail),
        }
        match (&self.content, &self.blocked) {
            (Content::Blocked(why), _) => return record.blocked(cors, why, ""),
            (_, Some(why)) => record.blocked(cors, why, ""),
            _ => record.pass(cors, ""),
        }
        match &self.content {
            Content::Redirected(to) => {
                record.failure(stays, &["It redirects to ", to].concat(), "Answer 200 at the URL itself.");
            }
            Content::NoJson => {
                record.failure(json, "The answer is not a JSON object.", "Content-Type: application/json")
            }
            Content::Document(_) => record.pass(json, ""),
            _ => {}
        }
    }
}
