/**
 * `inputFile` in a pipeline's logic.
 *
 * Its component is declared with its first call, so that the logic of a pipeline without it declares
 * nothing. The bundler adds the component's code to the pipeline when the id is part of the bundle.
 *
 * @module
 */
import { INPUT_FILE_COMPONENT, INPUT_FILE_OPTIONS } from '../../model/input-file.ts';
import { inputAddress } from '../address-of.ts';
import { componentFunction } from './component.ts';

let issueCall: ReturnType<typeof componentFunction>['call'] | undefined;

/** Issues a call whose result is the file, the folder or the content of the URL. */
export function inputFile(address: unknown): unknown {
  issueCall ??= componentFunction(INPUT_FILE_OPTIONS, INPUT_FILE_COMPONENT).call;
  return issueCall(inputAddress(address));
}
