/**
 * Compares two calls of a component part by part of their cache keys. Nothing is stored for this:
 * the parts are in the records of the calls and their runs.
 *
 * @module
 */
import { parameterName } from './argument-previews.ts';
import type { KeyDifference } from './cache-explanation.ts';
import { contentIdentity, keyedOptions } from './cache-key.ts';
import type { Package, PipelineCode, Signature } from './code.ts';
import type { ComponentDeclaration } from './options.ts';
import type { PlacedValue } from './placed-values.ts';
import type { Step } from './step.ts';
import { truncate } from './truncate.ts';
import { type UsedModel, usedModelText } from './use-model.ts';
import { isStored } from './value.ts';

/** A call with what its key depends on. */
export interface KeyedCall {
  readonly step: Step;
  readonly project: string;
  readonly code: PipelineCode;
  readonly declaration: ComponentDeclaration;
  readonly placed: readonly PlacedValue[];
  /** The versions of registered models in its arguments, each with the place of the reference. */
  readonly models: readonly (UsedModel & { readonly path: readonly (string | number)[] })[];
}

const MAX_TEXT_LENGTH = 80;

/** The differences, code first. `before` is the earlier call. */
export function keyDifferences(before: KeyedCall, now: KeyedCall): KeyDifference[] {
  const [oldCode, newCode] = [componentOf(before), componentOf(now)];
  return [
    ...(before.project === now.project
      ? []
      : [difference('project', null, before.project, now.project)]),
    ...(oldCode?.bundle.hash === newCode?.bundle.hash
      ? []
      : [difference('code', null, null, null)]),
    ...packageDifferences(oldCode?.bundle.packages ?? [], newCode?.bundle.packages ?? []),
    ...(before.code.serializers?.hash === now.code.serializers?.hash
      ? []
      : [difference('serializers', null, null, null)]),
    ...optionDifferences(before.declaration, now.declaration),
    ...argumentDifferences(before, now),
  ];
}

export const componentOf = ({ code, declaration }: KeyedCall) =>
  code.components.find(({ id }) => id === declaration.id);

const difference = (
  part: KeyDifference['part'],
  name: string | null,
  before: string | null,
  now: string | null,
  details: string[] = [],
): KeyDifference => ({ part, name, before, now, details });

/** A package with other dependencies is named with them. */
function packageDifferences(before: readonly Package[], now: readonly Package[]): KeyDifference[] {
  const old = new Map(before.map((each) => [each.name, each]));
  const fresh = new Map(now.map((each) => [each.name, each]));
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().flatMap((name) => {
    const [a, b] = [old.get(name), fresh.get(name)];
    if (JSON.stringify(a) === JSON.stringify(b)) return [];
    const dependencies = changedEntries(a?.dependencies ?? {}, b?.dependencies ?? {});
    return [difference('package', name, a?.version ?? null, b?.version ?? null, dependencies)];
  });
}

const MAX_DETAILS = 10;

const changedEntries = (
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => before[name] !== now[name])
    .sort()
    .slice(0, MAX_DETAILS)
    .map((name) => `${name} ${before[name] ?? 'absent'} → ${now[name] ?? 'absent'}`);

function optionDifferences(
  before: ComponentDeclaration,
  now: ComponentDeclaration,
): KeyDifference[] {
  const old = new Map<string, unknown>(Object.entries(keyedOptions(before)));
  return Object.entries(keyedOptions(now)).flatMap(([option, value]) => {
    const [a, b] = [optionText(old.get(option)), optionText(value)];
    return a === b ? [] : [difference('option', optionName(option), shortened(a), shortened(b))];
  });
}

/** Of `cache`, only the salt is part of the key. */
const optionName = (option: string): string => (option === 'cache' ? 'cache.salt' : option);

const optionText = (value: unknown): string | null =>
  value === undefined || value === null
    ? null
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

const shortened = (text: string | null): string | null =>
  text === null ? null : truncate(text, MAX_TEXT_LENGTH);

/** Arguments by name. Where data cannot be divided into arguments, their previews are compared. */
function argumentDifferences(before: KeyedCall, now: KeyedCall): KeyDifference[] {
  const [old, fresh] = [argumentIdentities(before), argumentIdentities(now)];
  const [oldTexts, newTexts] = [previewsOf(before), previewsOf(now)];
  const names = [...new Set([...old.keys(), ...fresh.keys()])];
  return names
    .filter((name) => old.get(name) !== fresh.get(name))
    .flatMap((name) => {
      if (name !== UNDIVIDED)
        return [
          difference(
            'argument',
            name,
            oldTexts.get(name) ?? null,
            newTexts.get(name) ?? null,
            modelDifferences(before, now, name),
          ),
        ];
      const differing = [...new Set([...oldTexts.keys(), ...newTexts.keys()])].filter(
        (each) => oldTexts.get(each) !== newTexts.get(each) && !names.includes(each),
      );
      return differing.length === 0
        ? [difference('argument', null, null, null)]
        : differing.map((each) =>
            difference('argument', each, oldTexts.get(each) ?? null, newTexts.get(each) ?? null),
          );
    });
}

/** `iris@2 → iris@3` for an argument that holds registered models. */
function modelDifferences(before: KeyedCall, now: KeyedCall, name: string): string[] {
  const [a, b] = [before, now].map((call) => [
    ...new Set(
      call.models
        .filter(({ path }) => argumentName(path, componentOf(call)?.signature) === name)
        .map(usedModelText),
    ),
  ]);
  const [old, fresh] = [a?.join(', ') ?? '', b?.join(', ') ?? ''];
  return old === fresh ? [] : [`model ${old || 'none'} → ${fresh || 'none'}`];
}

const previewsOf = ({ step }: KeyedCall): ReadonlyMap<string, string> =>
  new Map((step.arguments ?? []).map(({ name, value }) => [name, value]));

/** Stands for arguments that are stored as one object, or that are not JSON. */
const UNDIVIDED = '';

function argumentIdentities(call: KeyedCall): ReadonlyMap<string, string> {
  const { data } = call.step.args;
  const signature = componentOf(call)?.signature;
  const found = new Map<string, string>();
  const add = (name: string, identity: string): void => {
    found.set(name, `${found.get(name) ?? ''}\n${identity}`);
  };
  const list: unknown = isStored(data) || data.format !== 'json' ? null : JSON.parse(data.text);
  if (Array.isArray(list))
    for (const [name, value] of argumentEntries(list, signature)) add(name, JSON.stringify(value));
  else add(UNDIVIDED, contentIdentity(data));
  for (const { path, value } of call.placed)
    add(argumentName(path, signature), `${JSON.stringify(path)} ${contentIdentity(value)}`);
  return found;
}

const takesProperties = (signature: Signature | undefined, only: unknown): only is object =>
  signature?.style === 'object' &&
  typeof only === 'object' &&
  only !== null &&
  !Array.isArray(only);

const argumentEntries = (
  list: readonly unknown[],
  signature: Signature | undefined,
): (readonly [string, unknown])[] =>
  takesProperties(signature, list[0])
    ? Object.entries(list[0])
    : list.map((value, index) => [positionName(signature, index), value] as const);

const argumentName = (
  path: readonly (string | number)[],
  signature: Signature | undefined,
): string =>
  signature?.style === 'object' && typeof path[1] === 'string'
    ? path[1]
    : positionName(signature, Number(path[0]));

const positionName = (signature: Signature | undefined, index: number): string =>
  parameterName(signature ?? { parameters: [], rest: false }, index);
