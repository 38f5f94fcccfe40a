import { escaped } from "./api/escaped.ts";
import type { Context } from "hono";
import type { Collector } from "../collector/collector.ts";
import { SHAPE, type Status } from "../health/status.ts";
import { componentBadge, overallBadge } from "./api/operations.ts";
import { parseQuery } from "./api/query.ts";

/** Backgrounds of the status, dark enough for white text. */
const FILL: Readonly<Record<Status, string>> = {
  healthy: "#1b7a4e",
  degraded: "#8f5f00",
  unhealthy: "#b5470a",
  critical: "#b3232f",
  unknown: "#5c6570",
};

const HEADERS = {
  "content-type": overallBadge.type,
  // GitHub's image proxy goes by `no-cache`, other caches by `no-store`.
  "cache-control": "no-cache, no-store",
  // A browser that opens the image alone runs nothing in it.
  "content-security-policy": "default-src 'none'",
};

/** `/badge.svg`: 200 whatever the status, because nothing shows an image with an error status. */
export const overall =
  (collector: Collector) =>
  (c: Context): Response => {
    const parsed = parseQuery(c, overallBadge.query);
    if ("wrong" in parsed) return parsed.wrong;
    const { status } = collector.health.report();
    return c.body(badge(parsed.query.label ?? "vitals", status, status), 200, HEADERS);
  };

/** `/badge/:component`, whose name ends in `.svg`. A component that does not exist has a badge that says so. */
export const ofComponent =
  (collector: Collector) =>
  (c: Context): Response => {
    const parsed = parseQuery(c, componentBadge.query);
    if ("wrong" in parsed) return parsed.wrong;
    const name = (c.req.param("component") ?? "").replace(/\.svg$/, "");
    const component = collector.health.report().components.find((each) => each.component === name);
    const label = parsed.query.label ?? shortened(name);
    if (!component) return c.body(badge(label, "unknown component", "unknown"), 404, HEADERS);
    return c.body(badge(label, component.status, component.status), 200, HEADERS);
  };

const MAX_NAME = 100;

const shortened = (name: string): string => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name);

const HEIGHT = 20;
const PADDING = 6;
const SHAPE_SIZE = 12;

/** A label and a status with its shape, side by side. */
function badge(label: string, word: string, status: Status): string {
  const text = escaped(`${label}: ${word}`);
  const [labelWidth, wordWidth] = [widthOf(label), widthOf(word)];
  const left = labelWidth + 2 * PADDING;
  const right = SHAPE_SIZE + wordWidth + 3 * PADDING;
  const shapeY = (HEIGHT - SHAPE_SIZE) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="${HEIGHT}" role="img" aria-label="${text}">`,
    `<title>${text}</title>`,
    `<rect width="${left + right}" height="${HEIGHT}" rx="3" fill="#3a4048"/>`,
    `<path d="M${left} 0h${right - 3}a3 3 0 0 1 3 3v${HEIGHT - 6}a3 3 0 0 1-3 3H${left}Z" fill="${FILL[status]}"/>`,
    `<path transform="translate(${left + PADDING} ${shapeY}) scale(${SHAPE_SIZE / 16})" d="${SHAPE[status]}" fill="#fff"/>`,
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">`,
    textAt(PADDING, labelWidth, label),
    textAt(left + SHAPE_SIZE + 2 * PADDING, wordWidth, word),
    "</g></svg>",
  ].join("");
}

/** `textLength` makes the text as wide as its place, whatever the font. */
const textAt = (x: number, width: number, text: string): string =>
  `<text x="${x}" y="14" textLength="${width}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`;

const NARROW = /[iljIft1.,:;'|!()[\] ]/;
const WIDE = /[mwMWQ@%&_]/;

/** About the width of a text in Verdana at 11 px. */
function widthOf(text: string): number {
  let width = 0;
  for (const each of text) width += each > "\u{ff}" ? 11 : NARROW.test(each) ? 4.2 : WIDE.test(each) ? 9.6 : /[A-Z]/.test(each) ? 7.8 : 6.9;
  return Math.max(1, Math.round(width));
}
