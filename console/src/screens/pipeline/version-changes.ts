/**
 * What changed from one version of a pipeline to the next.
 *
 * @module
 */

import { expectation } from '../../../../src/model/argument-texts.ts';
import type { Parameter } from '../../../../src/model/code.ts';
import type { VersionDocument } from '../../../../src/wire/pipelines.ts';

export interface VersionChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly what: 'component' | 'parameter' | 'package' | 'queue';
  readonly name: string;
  /** As `3.5.0 → 3.6.0`; undefined if there is nothing short. */
  readonly detail: string | undefined;
}

/** The changes from `before` to `now`: components, then parameters, then packages. */
export function versionChanges(
  before: VersionDocument,
  now: VersionDocument,
): readonly VersionChange[] {
  return [
    ...differences(
      'component',
      new Map(before.components.map(({ name, codeHash }) => [name, codeHash])),
      new Map(now.components.map(({ name, codeHash }) => [name, codeHash])),
      () => 'code',
    ),
    ...differences('parameter', parametersOf(before), parametersOf(now), arrow),
    ...differences('package', packagesOf(before), packagesOf(now), arrow),
    ...(before.defaultQueue === now.defaultQueue
      ? []
      : [
          {
            kind: 'changed',
            what: 'queue',
            name: 'default queue',
            detail: arrow(before.defaultQueue ?? 'none', now.defaultQueue ?? 'none'),
          } as const,
        ]),
  ];
}

const arrow = (before: string, now: string): string => `${before} → ${now}`;

function differences(
  what: VersionChange['what'],
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  detail: (before: string, now: string) => string,
): readonly VersionChange[] {
  const names = [...new Set([...before.keys(), ...now.keys()])];
  return names.flatMap((name): VersionChange[] => {
    const [old, fresh] = [before.get(name), now.get(name)];
    if (old === fresh) return [];
    if (old === undefined) return [{ kind: 'added', what, name, detail: undefined }];
    if (fresh === undefined) return [{ kind: 'removed', what, name, detail: undefined }];
    return [{ kind: 'changed', what, name, detail: detail(old, fresh) }];
  });
}

const parametersOf = ({ signature }: VersionDocument): ReadonlyMap<string, string> =>
  new Map((signature?.parameters ?? []).map((parameter) => [parameter.name, termOf(parameter)]));

/** `number = 0.2` */
const termOf = (parameter: Parameter): string =>
  `${expectation(parameter)}${parameter.defaultText === undefined ? (parameter.optional ? ', optional' : '') : ` = ${parameter.defaultText}`}`;

const packagesOf = ({ components }: VersionDocument): ReadonlyMap<string, string> =>
  new Map(
    components.flatMap(({ packages }) => packages.map(({ name, version }) => [name, version])),
  );

const MARKS = { added: '+ ', removed: '− ', changed: '' } as const;

/** As `train (code), + parameter since, zod 4.0.0 → 4.1.0`. */
export function changesText(changes: readonly VersionChange[]): string {
  return changes
    .map(({ kind, what, name, detail }) => {
      const noun = what === 'parameter' ? 'parameter ' : '';
      if (kind !== 'changed') return `${MARKS[kind]}${noun}${name}`;
      return what === 'component' ? `${name} (code)` : `${noun}${name} ${detail ?? ''}`.trim();
    })
    .join(', ');
}
