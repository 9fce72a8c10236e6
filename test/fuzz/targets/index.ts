/**
 * All targets. A decoder of data that a user, a step or a caller of the API may have written has a
 * target here.
 *
 * @module
 */
import type { Target } from '../target.ts';
import { API_TARGETS } from './api.ts';
import { CODEC_TARGETS } from './codec.ts';
import { DOCUMENT_TARGETS } from './documents.ts';
import { EVALUATION_TARGETS } from './evaluation.ts';
import { FOLDER_TARGETS } from './folders.ts';
import { MESSAGE_TARGETS } from './messages.ts';
import { PREVIEW_TARGETS } from './previews.ts';
import { SETTING_TARGETS } from './settings.ts';

export const TARGETS: readonly Target[] = [
  ...CODEC_TARGETS,
  ...DOCUMENT_TARGETS,
  ...FOLDER_TARGETS,
  ...MESSAGE_TARGETS,
  ...PREVIEW_TARGETS,
  ...EVALUATION_TARGETS,
  ...API_TARGETS,
  ...SETTING_TARGETS,
];
