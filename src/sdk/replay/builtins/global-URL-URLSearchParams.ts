import { defineGlobals } from '../define-globals.ts';
import { URL, URLSearchParams } from './url.ts';

defineGlobals({ URL, URLSearchParams });
