import { stringify } from "yaml";
import type { RuleFile } from "./rules.ts";

const HEAD = `# Recording rules and alerts for Prometheus 2.42 or later, written by \`otel-vitals dashboards\`; do not edit them by hand.
# Check them with: promtool check rules
`;

/** A rule file as YAML. Lines are not folded: an expression is searched for as it stands. */
export const ruleText = (file: RuleFile): string => `${HEAD}${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`;
