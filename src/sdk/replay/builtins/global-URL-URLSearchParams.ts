import { makeGlobal } from '../globals.ts';
import { URL, URLSearchParams } from './url.ts';

makeGlobal({ URL, URLSearchParams });
