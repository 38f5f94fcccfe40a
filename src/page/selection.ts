import type { Address } from "./address.ts";
import type { CollectionReport, Status } from "../client/api.ts";

/** A collection that the page shows. */
export interface Selected {
  readonly name: string;
  /** Fields whose charts are shown; undefined for all. */
  readonly fields: ReadonlySet<string> | undefined;
}

/** A collection with its status. */
export interface Selectable {
  readonly report: Pick<CollectionReport, "name" | "source" | "type" | "fields">;
  readonly status: Status;
}

/** Up to so many collections are expanded at first; of more only those that are not healthy are. */
const EXPANDED_MAX = 6;

/**
 * The collections that an address selects, in their order: one, or those that contain the text in name, source or type, or in the names
 * of fields, of which then only those are shown. An address of a collection that does not exist selects as if it named none.
 */
export function selectionOf(
  collections: readonly Selectable[],
  { collection, find = "", onlyProblems = false }: Address,
): readonly Selected[] {
  const one = collections.find(({ report }) => report.name === collection);
  if (one) return [{ name: one.report.name, fields: undefined }];
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return collections.flatMap(({ report, status }): readonly Selected[] => {
    if (onlyProblems && status === "healthy") return [];
    const { name, source, type, fields } = report;
    const missing = words.filter((word) => ![name, source, type].some((text) => text.toLowerCase().includes(word)));
    if (missing.length === 0) return [{ name, fields: undefined }];
    const found = Object.entries(fields).filter(([key, { title }]) =>
      missing.every((word) => key.toLowerCase().includes(word) || title.toLowerCase().includes(word)),
    );
    return found.length === 0 ? [] : [{ name, fields: new Set(found.map(([key]) => key)) }];
  });
}

/** Whether a collection is expanded that the user has neither expanded nor collapsed. @param count of all collections */
export const isExpandedAtFirst = (count: number, status: Status, isFound: boolean): boolean =>
  count <= EXPANDED_MAX || isFound || (status !== "healthy" && status !== "unknown");
