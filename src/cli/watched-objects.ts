/**
 * Reads the addresses of objects that schedules are about: `s3://bucket/prefix*suffix`, or a folder
 * of this machine, whose last part may be a pattern of names; and the address of one object.
 *
 * @module
 */
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CommandLineError } from '../launch/errors.ts';
import type { ObservedObject } from '../model/firing-message.ts';
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
  const path = resolve(folder, text.startsWith('file:') ? pathOf('--on-object', text) : text);
  if (!path.includes('*')) return { folder: path, prefix: '', suffix: '' };
  const parent = dirname(path);
  if (parent.includes('*'))
    throw new CommandLineError('--on-object: the * stands in the name of the file');
  return { folder: parent, ...partsOf(basename(path)) };
}

/**
 * One object, as a firing names it.
 *
 * @example addressedObject('./in/a.csv', '/data') // { folder: '/data/in', key: 'a.csv', address: 'file:///data/in/a.csv' }
 * @throws CommandLineError
 */
export function addressedObject(
  text: string,
  folder: string,
): Pick<ObservedObject, 'bucket' | 'folder' | 'key' | 'address'> {
  const [, bucket, key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/su.exec(text) ?? [];
  if (bucket !== undefined) return { bucket, key, address: `s3://${bucket}/${key}` };
  const path = resolve(folder, text.startsWith('file:') ? pathOf('--object', text) : text);
  return { folder: dirname(path), key: basename(path), address: pathToFileURL(path).href };
}

function partsOf(pattern: string): Pick<WatchedObjects, 'prefix' | 'suffix'> {
  const [prefix = '', suffix = ''] = pattern.split('*');
  return { prefix, suffix };
}

function pathOf(option: string, url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new CommandLineError(`${option}: ${error instanceof Error ? error.message : url}`);
  }
}
