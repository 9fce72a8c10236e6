/**
 * `StorageManager` in a pipeline's logic, which has no files.
 *
 * @module
 */
import { NotInLogicError } from '../not-in-logic-error.ts';
import { explainSnakeCase } from '../snake-case.ts';
import { MOVE_TO_COMPONENT } from './unavailable-globals.ts';

export const StorageManager = Object.freeze(
  /* @__PURE__ */ explainSnakeCase('StorageManager', {
    getLocalCopy(): never {
      throw new NotInLogicError(
        'StorageManager.getLocalCopy',
        `${MOVE_TO_COMPONENT}, or pass inputFile(address) to one`,
      );
    },
  }),
);
