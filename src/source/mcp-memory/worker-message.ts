import type { ErrorCode } from "../../errors.ts";
import type { FileMeasurement, MeasureRequest } from "./measure-file.ts";

/** What the main thread asks of the worker. */
export interface Question {
  readonly id: number;
  readonly request: MeasureRequest;
}

/** What the worker answers. An error travels as its parts: a class would not survive the way. */
export type Answer =
  | { readonly id: number; readonly measurement: FileMeasurement }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean } };
