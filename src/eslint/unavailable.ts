/**
 * What a pipeline's logic does not have, by the tables of the replay SDK.
 *
 * @module
 */
import {
  MOVE_TO_COMPONENT,
  UNAVAILABLE_CLASSES,
  UNAVAILABLE_FUNCTIONS,
  UNDEFINED_NAMES,
} from '../sdk/replay/unavailable-globals.ts';

/** Globals that the logic gets when its code mentions them: `builtins/global-….ts`. */
export const PROVIDED_GLOBALS: ReadonlySet<string> = new Set([
  'URL',
  'URLSearchParams',
  'TextEncoder',
  'TextDecoder',
  'structuredClone',
  'atob',
  'btoa',
  'performance',
]);

/** The modules of Node.js that the logic has, as far as they are pure: `builtins/….ts`. */
export const PURE_BUILTINS: ReadonlySet<string> = new Set([
  'assert',
  'assert/strict',
  'buffer',
  'path',
  'path/posix',
  'url',
  'util',
]);

export const DETERMINISTIC_PROCESS_MEMBERS: ReadonlySet<string> = new Set([
  'nextTick',
  'uptime',
  'emitWarning',
]);

/** The globals that the logic cannot use, with what to do instead. */
export const unavailableGlobals: ReadonlyMap<string, string> = new Map([
  ...[...UNDEFINED_NAMES]
    .filter((name) => !PROVIDED_GLOBALS.has(name))
    .map((name) => [name, MOVE_TO_COMPONENT] as const),
  ...UNAVAILABLE_CLASSES.map((name) => [name, MOVE_TO_COMPONENT] as const),
  ...Object.entries(UNAVAILABLE_FUNCTIONS),
  ['eval', MOVE_TO_COMPONENT],
  ['Function', MOVE_TO_COMPONENT],
  ['WebAssembly', MOVE_TO_COMPONENT],
]);
