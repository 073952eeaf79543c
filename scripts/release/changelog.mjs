// The sections of CHANGELOG.md, in the format of Keep a Changelog.

const HEADING = /^## \[?([^\]\s]+)\]?(?: - (\S+))?[ \t]*$/gm;

/**
 * @param {string} text
 * @returns {{ name: string, date: string | undefined, body: string }[]} "Unreleased" and the versions
 */
export function sections(text) {
  const headings = [...text.matchAll(HEADING)];
  return headings.map(({ 0: heading, 1: name, 2: date, index }, i) => ({
    name,
    date,
    body: text.slice(index + heading.length, headings[i + 1]?.index).trim(),
  }));
}

export const UNRELEASED = "Unreleased";

export const heading = (version, date) => `## ${version} - ${date}`;

/** Whether a section has an entry, and not only titles. */
export const hasEntries = ({ body }) => /^[-*] /m.test(body);

/** Whether a text is a date that exists, in the form 2026-11-29. */
export function isDate(text) {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && text.length === 10;
}

/** A section for readers outside the repository: relative links lead to the files of the tag. */
export const notes = ({ body }, repository, tag) =>
  `${body.replace(/\]\((?![a-z]+:|#)/g, `](https://github.com/${repository}/blob/${tag}/`)}\n`;
