export { checkSource, type CheckSourceSettings } from "./source/check-source.ts";
