/**
 * `useModel` in a pipeline's logic.
 *
 * Its component is declared with its first call, so that the logic of a pipeline without it declares
 * nothing. The bundler adds the component to the pipeline when the id is part of the bundle.
 *
 * @module
 */
import { USE_MODEL_COMPONENT, USE_MODEL_OPTIONS } from '../../model/use-model.ts';
import { modelReference } from '../model-reference.ts';
import { componentFunction } from './component.ts';

let issueCall: ReturnType<typeof componentFunction>['call'] | undefined;

/** Issues a call whose results are the file or folder of a model, and what is known about it. */
export function useModel(reference: unknown): { readonly file: unknown; readonly info: unknown } {
  const text = modelReference(reference);
  issueCall ??= componentFunction(USE_MODEL_OPTIONS, USE_MODEL_COMPONENT).call;
  const results = issueCall(text);
  const [file, info] = Array.isArray(results) ? results : [];
  return { file, info };
}
