import { atob, btoa } from '../base64-text.ts';
import { defineGlobals } from '../define-globals.ts';

defineGlobals({ atob, btoa });
