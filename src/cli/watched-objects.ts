/**
 * Reads the addresses of objects that schedules are about: `s3://bucket/prefix*suffix`, or a folder
 * of this machine, whose last part may be a pattern of names.
 *
 * @module
 */
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandLineError } from '../launch/errors.ts';
import type { WatchedObjects } from '../model/schedule.ts';

/**
 * @example watchedObjects('s3://uploads/in/*.csv', '/') // { bucket: 'uploads', prefix: 'in/', suffix: '.csv' }
 * @throws CommandLineError
 */
export function watchedObjects(text: string, folder: string): WatchedObjects {
  if (text.split('*').length > 2)
    throw new CommandLineError('--on-object: one * is allowed, as in s3://bucket/in/*.csv');
  const [, bucket, keys = ''] = /^s3:\/\/([^/]*)\/?(.*)$/su.exec(text) ?? [];
  if (bucket !== undefined) return { bucket, ...partsOf(keys) };
  const path = resolve(folder, text.startsWith('file:') ? pathOf(text) : text);
  if (!path.includes('*')) return { folder: path, prefix: '', suffix: '' };
  const parent = dirname(path);
  if (parent.includes('*'))
    throw new CommandLineError('--on-object: the * stands in the name of the file');
  return { folder: parent, ...partsOf(basename(path)) };
}

function partsOf(pattern: string): Pick<WatchedObjects, 'prefix' | 'suffix'> {
  const [prefix = '', suffix = ''] = pattern.split('*');
  return { prefix, suffix };
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new CommandLineError(`--on-object: ${error instanceof Error ? error.message : url}`);
  }
}
