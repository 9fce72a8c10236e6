/**
 * The program that the logic executes. Components are declared while the bundle loads, when only
 * the seed of the run is known. The seed therefore contains the program, so that one bundle,
 * compiled once, serves all programs. This module must run before the replay SDK, which removes the
 * seed.
 *
 * @module
 */
import type { Program } from './program.ts';

const PRELUDE = '__headracePrelude';

const prelude: { readonly seed: string } = JSON.parse(String(Reflect.get(globalThis, PRELUDE)));
const combined: { readonly seed: string; readonly program: Program } = JSON.parse(prelude.seed);
Reflect.set(globalThis, PRELUDE, JSON.stringify({ ...prelude, seed: combined.seed }));

export const { program } = combined;
