import { defineGlobals } from '../globals.ts';
import { URL, URLSearchParams } from './url.ts';

defineGlobals({ URL, URLSearchParams });
