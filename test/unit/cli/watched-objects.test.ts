import { describe, expect, it } from 'vitest';
import { watchedObjects } from '../../../src/cli/watched-objects.ts';

describe('addresses of objects that schedules are about', () => {
  it.each([
    ['s3://uploads', { bucket: 'uploads', prefix: '', suffix: '' }],
    ['s3://uploads/in/', { bucket: 'uploads', prefix: 'in/', suffix: '' }],
    ['s3://uploads/in/*.csv', { bucket: 'uploads', prefix: 'in/', suffix: '.csv' }],
    ['inbox', { folder: '/home/me/inbox', prefix: '', suffix: '' }],
    ['./inbox/', { folder: '/home/me/inbox', prefix: '', suffix: '' }],
    ['../inbox/day-*.csv', { folder: '/home/inbox', prefix: 'day-', suffix: '.csv' }],
    ['file:///data/in/*', { folder: '/data/in', prefix: '', suffix: '' }],
  ])('%s names a bucket with keys, or a folder with names', (text, expected) => {
    expect(watchedObjects(text, '/home/me')).toEqual(expected);
  });

  it.each([
    ['s3://uploads/*/*.csv', /one \* is allowed/],
    ['in*/a.csv', /the \* stands in the name of the file/],
    ['file://host/a', /--on-object/],
  ])('%s is refused with the reason', (text, reason) => {
    expect(() => watchedObjects(text, '/home/me')).toThrow(reason);
  });
});
