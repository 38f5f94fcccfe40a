import { alternatives, didYouMean, quoted } from "../../base/suggest.ts";
import type { SampleType } from "../../sample/sample-type.ts";
import type { RuleOptions } from "./options.ts";

/** What is wrong with the condition of a rule, at a path from the rule on. */
export function* whileMismatches(
  { while: condition, field: judged = "" }: RuleOptions,
  { name, fields }: SampleType,
): Generator<{ readonly path: readonly string[]; readonly message: string }> {
  if (!condition) return;
  const path = ["while", "field"];
  const field = Object.hasOwn(fields, condition.field) ? fields[condition.field] : undefined;
  const subject = Object.hasOwn(fields, judged) ? fields[judged] : undefined;
  const keys = Object.keys(fields);
  if (!field) {
    const meant = didYouMean(condition.field, keys) || `; expected ${alternatives(keys)}`;
    yield { path, message: `sample type ${quoted(name)} has no field ${quoted(condition.field)}${meant}` };
  } else if (!subject) {
    yield { path: ["while"], message: "expected no condition, because the rule judges the whole collection and not the points of a field" };
  } else if (field.kind === "duration") {
    yield { path, message: `expected a field with one value at each reading, found ${quoted(condition.field)}, which is a duration` };
  } else if (field.by.some(({ attribute }, n) => attribute !== subject.by[n]?.attribute)) {
    const axes = field.by.map(({ attribute }) => attribute).join(", ");
    yield {
      path,
      message: `expected a field with no other attributes than ${quoted(judged)}, found ${quoted(condition.field)}, which is split by ${axes}`,
    };
  }
}
