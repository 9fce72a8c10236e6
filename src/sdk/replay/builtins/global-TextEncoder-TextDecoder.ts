import { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js';
import { defineGlobals } from '../globals.ts';

defineGlobals({ TextDecoder, TextEncoder });
