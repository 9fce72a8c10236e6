import { atob, btoa } from '../base64-text.ts';
import { defineGlobals } from '../globals.ts';

defineGlobals({ atob, btoa });
