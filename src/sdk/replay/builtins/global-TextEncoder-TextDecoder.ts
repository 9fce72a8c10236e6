import { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js';
import { defineGlobals } from '../define-globals.ts';

defineGlobals({ TextDecoder, TextEncoder });
