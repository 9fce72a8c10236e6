/**
 * The files that the process that starts a run uploads for `inputFile`: a machine in AWS has no
 * files of the project.
 *
 * A run refers to one object, the list of its inputs, which names an object for each path. All of
 * them are identified by their hash, and belong to the project.
 *
 * This module is part of the runner, and therefore reads lists without a schema validator.
 *
 * @module
 */
import { MAX_RUN_INPUTS } from './limits.ts';

/** The object with the list. */
export interface RunInputs {
  readonly key: string;
  readonly size: number;
}

/** A path that `inputFile` may name. */
export interface RunInput {
  /** As `inputPath` returns it. */
  readonly path: string;
  /** The object of a folder is its archive. */
  readonly kind: 'file' | 'folder';
  readonly key: string;
  readonly size: number;
  readonly executable?: boolean;
}

/** A path in its only form; undefined for a URL. Two letters at least: `C:` starts a path. */
export function inputPath(address: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]+:/i.test(address)) return undefined;
  const parts: string[] = [];
  for (const part of address.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  const path = parts.join('/');
  return address.startsWith('/') ? `/${path}` : path === '' ? '.' : path;
}

/** The hash in the key of an input, or of a list. */
export const hashOfInput = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

export const inputListText = (inputs: readonly RunInput[]): string => JSON.stringify({ inputs });

/** @returns undefined for another text */
export function readInputList(text: string): readonly RunInput[] | undefined {
  const list = parseObject(text)?.inputs;
  return Array.isArray(list) && list.length <= MAX_RUN_INPUTS && list.every(isRunInput)
    ? list
    : undefined;
}

function isRunInput(value: unknown): value is RunInput {
  if (typeof value !== 'object' || value === null) return false;
  const { path, kind, key, size, executable }: Partial<Record<keyof RunInput, unknown>> = value;
  return (
    typeof path === 'string' &&
    (kind === 'file' || kind === 'folder') &&
    typeof key === 'string' &&
    /^[0-9a-f]{64}$/.test(hashOfInput(key)) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    (executable === undefined || typeof executable === 'boolean')
  );
}

function parseObject(text: string): { readonly inputs?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
