// Versions by Semantic Versioning 2.0.0, and the names of their Git tags.

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

export const tagOf = (version) => `v${version}`;

/** The version in a tag's name, or null. */
export const versionOf = (tag) => (tag.startsWith("v") && VERSION.test(tag.slice(1)) ? tag.slice(1) : null);

export const isVersion = (text) => VERSION.test(text);

/** Compares two versions for `sort` (Semantic Versioning §11). */
export function compare(a, b) {
  const [first, second] = [a, b].map((version) => VERSION.exec(version));
  for (const part of [1, 2, 3]) {
    const difference = Number(first[part]) - Number(second[part]);
    if (difference !== 0) return difference;
  }
  // "a pre-release version has lower precedence than the associated normal version"
  if (!first[4] || !second[4]) return Number(Boolean(second[4])) - Number(Boolean(first[4]));
  return comparePreReleases(first[4].split("."), second[4].split("."));
}

function comparePreReleases(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    if (a[i] === b[i]) continue;
    const [first, second] = [a[i], b[i]].map((text) => (/^\d+$/.test(text) ? Number(text) : text));
    // "Numeric identifiers always have lower precedence than non-numeric identifiers."
    if (typeof first !== typeof second) return typeof first === "number" ? -1 : 1;
    return first < second ? -1 : 1;
  }
  return a.length - b.length;
}
