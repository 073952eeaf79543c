// What has to be true before a version is tagged. Each check returns what is wrong, or null.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { answer, read, root } from "../run.mjs";
import { UNRELEASED, hasEntries, heading, isDate, sections } from "./changelog.mjs";
import { compare, isVersion, tagOf, versionOf } from "./version.mjs";

export const BRANCH = "main";

/** @param {string[]} args */
export const git = (...args) => answer("git", args);

const json = (file) => JSON.parse(readFileSync(join(root, file), "utf8"));

/** From package.json: `name`, `version`, the `repository` on GitHub (owner/name), and the `files` that it refers to. */
export function manifest() {
  const { name, version, repository, exports = {}, bin = {}, types } = json("package.json");
  const url = typeof repository === "string" ? repository : repository?.url;
  const [, onGitHub] =
    /^(?:github:|(?:git\+)?(?:https|ssh):\/\/(?:git@)?github\.com\/)?([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url ?? "") ??
    [];
  const targets = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry ?? {}).flatMap(targets));
  const files = [exports, bin, types].flatMap(targets).map((path) => path.replace(/^\.\//, ""));
  return { name, version, repository: onGitHub, files: [...new Set(files)] };
}

/** All files that contain the version agree. */
export function versions({ name, version }) {
  const cargo = /^\[package\][^[]*?^version = "([^"]+)"/ms.exec(read(join(root, "Cargo.toml")) ?? "")?.[1];
  const cargoLock = new RegExp(`name = "${name}"\\r?\\nversion = "([^"]+)"`).exec(read(join(root, "Cargo.lock")) ?? "");
  const found = {
    "package.json": version,
    "package-lock.json": json("package-lock.json").version,
    "Cargo.toml": cargo,
    "Cargo.lock": cargoLock?.[1],
  };
  if (new Set(Object.values(found)).size > 1)
    return `they differ: ${Object.entries(found)
      .map(([file, it]) => `${file} has ${it}`)
      .join(", ")}`;
  return isVersion(version) ? null : `"${version}" is not MAJOR.MINOR.PATCH`;
}

/** The version is newer than every tag. If it is `tagged` already, that tag does not count. */
export async function newer({ version }, { tagged }) {
  const tags = ((await git("tag", "--list", "v*")) ?? "").split("\n");
  const before = tags.map(versionOf).filter((it) => it !== null && !(tagged && it === version));
  const newest = before.sort(compare).at(-1);
  if (newest === undefined || compare(version, newest) > 0) return null;
  return `${version} is not newer than the tag ${tagOf(newest)}: give package.json and Cargo.toml a new version`;
}

/** The changelog has a dated section for the version, and no unreleased entries. With `dry`, those will become the section. */
export function changelog({ version }, { dry, today }) {
  const all = sections(read(join(root, "CHANGELOG.md")) ?? "");
  const section = all.find(({ name }) => name === version);
  const waiting = all.find((it) => it.name === UNRELEASED && hasEntries(it));
  if (section === undefined) {
    if (dry && waiting) return null;
    const rename = waiting ? `. Rename "## ${UNRELEASED}" to "${heading(version, today)}"` : "";
    return `CHANGELOG.md has no section for ${version}${rename}`;
  }
  if (!isDate(section.date ?? "")) return `the section for ${version} needs a date: "${heading(version, today)}"`;
  if (!hasEntries(section)) return `the section for ${version} has no entry`;
  return waiting
    ? `the entries under "## ${UNRELEASED}" would be released in ${version}, but are not in its section`
    : null;
}

/** No document says any more that nothing has been released. */
export function firstRelease({ dry }) {
  const says = (file) => /released yet|until the first release/i.test(read(join(root, file)) ?? "");
  const files = ["README.md", "CHANGELOG.md", "docs/guide.md"].filter(says);
  return dry || files.length === 0 ? null : `delete what is true only before the first release: ${files.join(", ")}`;
}

export async function clean() {
  const changes = await git("status", "--porcelain");
  if (changes === null) return "this is not a Git repository";
  return changes === "" ? null : `these files are not committed:\n${changes}`;
}

export async function onBranch() {
  const branch = await git("branch", "--show-current");
  return branch === BRANCH ? null : `this is ${branch ? `the branch ${branch}` : "no branch"}, not ${BRANCH}`;
}

/** For the workflow: this commit has the tag, and is part of `main`. */
export async function tagHere({ version }) {
  const tags = ((await git("tag", "--points-at", "HEAD")) ?? "").split("\n");
  if (!tags.includes(tagOf(version)))
    return `this commit does not have the tag ${tagOf(version)}, the version in package.json`;
  const known = await git("merge-base", "--is-ancestor", "HEAD", `origin/${BRANCH}`);
  return known === null ? `this commit is not in origin/${BRANCH}` : null;
}

/** npm rejects a provenance from another repository than the one in package.json. */
export function repository({ repository }) {
  if (repository === undefined) return 'package.json has no "repository" on GitHub, which npm needs for the provenance';
  const here = process.env.GITHUB_REPOSITORY;
  return here && here !== repository ? `package.json has the repository ${repository}, and this is ${here}` : null;
}
