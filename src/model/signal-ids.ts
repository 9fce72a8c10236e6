/**
 * What the run head stores of the id of a signal, which users choose.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { RunHead } from './run.ts';

export const signalReceipt = (id: string): string =>
  createHash('sha256').update(id).digest('base64url').slice(0, 16);

/** Whether the run has received the signal with this id. */
export const hasReceived = ({ signals }: Pick<RunHead, 'signals'>, id: string): boolean =>
  signals?.received.includes(signalReceipt(id)) === true;
