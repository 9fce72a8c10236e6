import { atob, btoa } from '../base64-text.ts';
import { makeGlobal } from '../globals.ts';

makeGlobal({ atob, btoa });
