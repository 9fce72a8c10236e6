/**
 * A check of the smoke test: a claim about a deployed Headrace, and how to find evidence for it.
 *
 * @module
 */
import type { Need, Site } from './site.ts';

export interface Check {
  /** For `--only`. */
  readonly name: string;
  /** What holds, as a sentence. */
  readonly claim: string;
  readonly needs: readonly Need[];
  /** About what it costs in us-east-1. */
  readonly dollars: number;
  /**
   * @returns the evidence: ids, ARNs, times, lines of logs
   * @throws Error if the claim does not hold; `Impossible` if it cannot be examined here
   */
  run(site: Site, signal: AbortSignal): Promise<readonly string[]>;
}

/** A claim cannot be examined, for a reason that is known only while it is examined. */
export class Impossible extends Error {}

export type Outcome =
  | { readonly status: 'held'; readonly evidence: readonly string[] }
  | { readonly status: 'failed'; readonly evidence: readonly string[] }
  | { readonly status: 'not possible here'; readonly evidence: readonly string[] };

export type Result = Outcome & {
  readonly name: string;
  readonly claim: string;
  readonly seconds: number;
  readonly dollars: number;
};

/** @throws Error with the text, unless the condition holds */
export function mustHold(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(text);
}
