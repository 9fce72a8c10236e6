/**
 * The program that the logic executes. Components are declared while the bundle loads, when nothing of the run is known but its seed: the program travels
 * with it, so that one bundle, compiled once, serves all programs. It must be read before the replay SDK takes the seed away.
 *
 * @module
 */
import type { Program } from './program.ts';

const PRELUDE = '__headracePrelude';

const prelude: { readonly seed: string } = JSON.parse(String(Reflect.get(globalThis, PRELUDE)));
const travelled: { readonly seed: string; readonly program: Program } = JSON.parse(prelude.seed);
Reflect.set(globalThis, PRELUDE, JSON.stringify({ ...prelude, seed: travelled.seed }));

export const { program } = travelled;
