import { deserialize, serialize } from '@ungap/structured-clone';
import { defineGlobals } from '../define-globals.ts';

/** Without transfer: the logic has no other thread. */
const structuredClone = (value: unknown): unknown => deserialize(serialize(value));

defineGlobals({ structuredClone });
