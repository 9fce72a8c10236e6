import { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js';
import { makeGlobal } from '../globals.ts';

makeGlobal({ TextDecoder, TextEncoder });
