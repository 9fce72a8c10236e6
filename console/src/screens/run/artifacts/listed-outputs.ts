/**
 * Artifacts and models as lists show and select them.
 *
 * @module
 */
import type { OutputId } from '../../../api/outputs.ts';

export interface ListedOutput {
  readonly kind: OutputId['kind'];
  readonly name: string;
  readonly type: string;
  readonly size: number | null;
}

export const listed = (
  items: readonly { readonly name: string; readonly type: string; readonly size: number }[],
  kind: 'artifact' | 'model',
): readonly ListedOutput[] => items.map(({ name, type, size }) => ({ kind, name, type, size }));

/** The parameter of the address that selects an output. */
export const outputText = ({ kind, name }: Pick<ListedOutput, 'kind' | 'name'>): string =>
  `${kind}:${name}`;

/** `artifact:NAME` of the address, or a name alone, as links of other pages have it. */
export function selectedOutput(
  owner: Pick<OutputId, 'run' | 'call'>,
  text: string | undefined,
  outputs: readonly ListedOutput[],
): OutputId | undefined {
  if (text === undefined) return undefined;
  const found =
    outputs.find((output) => outputText(output) === text) ??
    outputs.find(({ name }) => name === text);
  if (found !== undefined) return { ...owner, kind: found.kind, name: found.name };
  const [, kind, name] = /^(artifact|model|result):(.+)$/su.exec(text) ?? [];
  if (name === undefined) return { ...owner, kind: 'artifact', name: text };
  return { ...owner, kind: kind === 'model' || kind === 'result' ? kind : 'artifact', name };
}
