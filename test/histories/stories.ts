/**
 * The stories of the golden histories: sequences of user actions. An action starts when no run
 * makes progress any more. The fields are part of the stored histories.
 *
 * @module
 */
import { runIdSchema } from '../../src/model/ids.ts';
import type { JsonObject } from '../../src/model/json.ts';

export type Phase =
  | {
      readonly kind: 'start';
      readonly run: string;
      readonly pipeline: 'features' | 'map' | 'stuck';
      readonly args: JsonObject;
      /** An external process evaluates the logic. */
      readonly outside?: true;
    }
  | { readonly kind: 'abort' | 'resume'; readonly run: string }
  | { readonly kind: 'rerun'; readonly run: string; readonly of: string; readonly from: string };

export interface Story {
  readonly name: string;
  readonly phases: readonly Phase[];
}

/** The id of a run ends with its short name. */
export const idOf = (name: string) => runIdSchema.parse(`01gold${name.padStart(20, '0')}`);

export const STORIES: readonly Story[] = [
  {
    name: 'features',
    phases: [{ kind: 'start', run: 'a', pipeline: 'features', args: { size: 12 } }],
  },
  {
    name: 'fan-out-and-cache',
    phases: [
      { kind: 'start', run: 'a', pipeline: 'map', args: { width: 12 } },
      { kind: 'start', run: 'b', pipeline: 'map', args: { width: 3 } },
    ],
  },
  {
    name: 'abort-and-resume',
    phases: [
      { kind: 'start', run: 'a', pipeline: 'stuck', args: { size: 5 } },
      { kind: 'abort', run: 'a' },
      { kind: 'resume', run: 'a' },
    ],
  },
  {
    name: 'rerun',
    phases: [
      { kind: 'start', run: 'a', pipeline: 'features', args: { size: 4 } },
      { kind: 'rerun', run: 'b', of: 'a', from: 'watched' },
    ],
  },
  {
    name: 'external-evaluation',
    phases: [
      { kind: 'start', run: 'a', pipeline: 'features', args: { size: 4 }, outside: true },
      { kind: 'start', run: 'b', pipeline: 'stuck', args: { size: 3 }, outside: true },
      { kind: 'abort', run: 'b' },
      { kind: 'resume', run: 'b' },
    ],
  },
];
