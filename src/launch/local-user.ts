/**
 * The user of this machine, who starts local runs.
 *
 * @module
 */
import { userInfo } from 'node:os';
import { recordedCreator } from '../model/run-creator.ts';

/** The name of the user of this process; undefined for a user without a name, as in a container. */
export function localUser(): string | undefined {
  try {
    return recordedCreator(userInfo().username);
  } catch {
    return undefined;
  }
}
