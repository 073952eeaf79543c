//! The JavaScript surface: converts and forwards, decides nothing.
