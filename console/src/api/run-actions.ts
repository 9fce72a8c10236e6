/**
 * Requests that change a run.
 *
 * @module
 */
import type {
  ChangeRun,
  ChangeTags,
  Rerun,
  RunDocument,
  RunSummary,
  SendSignal,
} from '../../../src/wire/runs.ts';
import { request } from './client.ts';

const pathOf = (run: string): string => `v1/runs/${encodeURIComponent(run)}`;

/** A key for one request of the user: its repetition has no further effect. */
export const newIdempotencyKey = (): string => crypto.randomUUID();

export const abortRun = (run: string, reason: string): Promise<RunDocument> =>
  request(`${pathOf(run)}/abort`, {
    method: 'POST',
    body: reason.trim() === '' ? {} : { reason: reason.trim() },
  });

export const resumeRun = (run: string): Promise<RunDocument> =>
  request(`${pathOf(run)}/resume`, { method: 'POST' });

export const rerunRun = (run: string, body: Rerun, key: string): Promise<RunSummary> =>
  request(`${pathOf(run)}/rerun`, { method: 'POST', body, headers: { 'idempotency-key': key } });

export const changeTags = (run: string, body: ChangeTags): Promise<RunDocument> =>
  request(`${pathOf(run)}/tags`, { method: 'PATCH', body });

/** Changes the note of a run, or hides it from lists. */
export const changeRun = (run: string, body: ChangeRun): Promise<RunDocument> =>
  request(pathOf(run), { method: 'PATCH', body });

export const sendSignal = (
  run: string,
  name: string,
  body: SendSignal,
  key: string,
): Promise<RunDocument> =>
  request(`${pathOf(run)}/signals/${encodeURIComponent(name)}`, {
    method: 'POST',
    body,
    headers: { 'idempotency-key': key },
  });

export const removeRun = (run: string): Promise<null> => request(pathOf(run), { method: 'DELETE' });
