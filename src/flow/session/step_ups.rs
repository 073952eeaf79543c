//! Counts how often a session's user was asked for each scope, or to sign in again.

use crate::protocol::StepUpDemand;

/// How often the user is asked for a scope that the server keeps demanding (MCP 2026-07-28 authorization,
/// step-up): "Clients SHOULD implement retry limits and SHOULD track scope upgrade attempts to avoid
/// repeated failures".
const TRIES: u8 = 2;

/// The step-ups of a session, by scope.
#[derive(Default)]
pub(in crate::flow) struct StepUps {
    /// What the last challenge asked for.
    pub challenged: StepUpDemand,
    done: Vec<(String, u8)>,
}

impl StepUps {
    /// Whether the user was already asked for each part of it as often as allowed.
    pub fn exhausted(&self, demand: &StepUpDemand) -> bool {
        let exhausted = |name: &String| self.done.iter().any(|(done, tries)| done == name && *tries >= TRIES);
        demand.names().iter().all(exhausted)
    }

    /// Whether the user was asked for a part of it before.
    pub fn was_asked(&self, demand: &StepUpDemand) -> bool {
        demand.names().iter().any(|name| self.done.iter().any(|(done, _)| done == name))
    }

    /// The user was asked.
    pub fn count(&mut self, demand: &StepUpDemand) {
        for name in demand.names() {
            match self.done.iter_mut().find(|(done, _)| *done == name) {
                Some((_, tries)) => *tries = tries.saturating_add(1),
                None => self.done.push((name, 1)),
            }
        }
    }
}
