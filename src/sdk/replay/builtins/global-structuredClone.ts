import { deserialize, serialize } from '@ungap/structured-clone';
import { defineGlobals } from '../define-globals.ts';

/** Nothing is transferred: the logic has nobody to transfer to. */
const structuredClone = (value: unknown): unknown => deserialize(serialize(value));

defineGlobals({ structuredClone });
